"""manage.py draft_constitution SLUG [--publish]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from aggregation.models import Run, RunStatus
from constitutions.drafting import draft_version, publish_version
from constitutions.selectors import latest_run
from deliberation.models import Deliberation
from deliberation.services.errors import ServiceError


class Command(BaseCommand):
    help = "Draft a constitution from the official run of a closed round."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="Address of the deliberation, as in /d/SLUG/.")
        parser.add_argument(
            "--run", type=int, help="Number of another run. The constitution will say so."
        )
        parser.add_argument(
            "--rule", type=int, default=0, help="Which rule of the plan, counted from 0."
        )
        parser.add_argument("--publish", action="store_true", help="Publish the draft at once.")

    def handle(self, *args: Any, **options: Any) -> None:
        deliberation = Deliberation.objects.filter(slug=options["slug"]).first()
        if deliberation is None:
            raise CommandError(f"There is no deliberation “{options['slug']}”.")
        if options["publish"] and deliberation.two_people:
            raise CommandError(
                f"“{deliberation.slug}” wants two people for publishing. Publish in the browser."
            )
        run = wanted_run(deliberation, options["run"])
        try:
            with transaction.atomic():
                version = draft_version(
                    deliberation=deliberation, run=run, actor=None, rule_index=options["rule"]
                )
                if options["publish"]:
                    version = publish_version(version=version, actor=None)
        except ServiceError as error:
            raise CommandError(error.message) from error
        count = version.principles.count()
        self.stdout.write(
            f"{deliberation.slug} version {version.number}, {version.status}: {count} principles"
        )


def wanted_run(deliberation: Deliberation, number: int | None) -> Run:
    if number is None:
        run = latest_run(deliberation)
        if run is None:
            raise CommandError(
                f"“{deliberation.slug}” has no finished run of the plan fixed at its opening."
            )
        return run
    runs = Run.objects.filter(round__deliberation=deliberation)
    run = runs.select_related("round").filter(pk=number).first()
    if run is None:
        done = runs.filter(status=RunStatus.DONE).values_list("pk", flat=True)
        raise CommandError(
            f"“{deliberation.slug}” has no run {number}. Finished: {', '.join(map(str, done))}."
        )
    return run
