"""``manage.py export_bundle SLUG --out FILE``: a deliberation as one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deliberation.access import current_round
from deliberation.bundles.people import recognisable
from deliberation.bundles.writing import bundle, takes_votes_along
from deliberation.models import Deliberation
from deliberation.models.rounds import Phase
from deliberation.services.audit import record

_KEEP_IT = (
    "This file says of single people what they answered about themselves and how they voted. "
    "Bring it to the other site, then delete it. Give it to nobody."
)
_WITHOUT_VOTES = (
    "Without votes: fewer than ten people share some of the answers that the plan weights by. "
    "With --everything the file holds both."
)


class Command(BaseCommand):
    help = "Write a deliberation into a bundle: its set-up, and its votes once it is closed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the address of the deliberation")
        parser.add_argument("--out", type=Path, required=True, help="the ZIP file to write")
        parser.add_argument(
            "--everything",
            action="store_true",
            help="votes, too, where answers about oneself beside them could tell whose they are",
        )

    def handle(self, *, slug: str, out: Path, everything: bool = False, **options: Any) -> None:
        found = Deliberation.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no deliberation “{slug}”.")
        round = current_round(found)
        content = bundle(found, round, everything=everything)
        try:
            out.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}") from error
        with_votes = takes_votes_along(round, everything=everything)
        record(
            deliberation=found, actor=None, action="deliberation.exported", with_votes=with_votes
        )
        self.stdout.write(f"{len(content):,} bytes written to {out}.")
        if with_votes and recognisable(round):
            self.stderr.write(_KEEP_IT)
        elif round.phase == Phase.CLOSED and not with_votes:
            self.stderr.write(_WITHOUT_VOTES)
