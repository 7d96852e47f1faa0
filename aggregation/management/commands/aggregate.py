"""``manage.py aggregate SLUG``: one run in the foreground, by the code that workers use."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aggregation.document import outcome_document
from aggregation.engine import EngineError, Plan, shipped, shipped_names
from aggregation.models import Run, RunStatus
from aggregation.runs import create_run, execute
from aggregation.words import measure_in_words, step_in_words
from deliberation.models import Deliberation, Round
from deliberation.models.rounds import Phase


class Command(BaseCommand):
    help = "Aggregate the votes of a closed round, save the run and print what it found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="address of the deliberation")
        parser.add_argument(
            "--plan",
            metavar="NAME|FILE",
            help=f"a shipped plan ({', '.join(shipped_names())}) or a TOML file; "
            "default: the plan of the round",
        )
        parser.add_argument(
            "--json", action="store_true", help="print the outcome as JSON on standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        round = _closed_round(options["slug"])
        plan = _plan(options["plan"]) if options["plan"] else None
        run = create_run(round=round, plan=plan)
        execute(run.pk, "manage.py aggregate", progress=self._say)
        run.refresh_from_db()
        if run.status != RunStatus.DONE:
            raise CommandError(f"Run {run.pk} failed: {run.error or run.get_status_display()}")
        outcome = {"run": run.pk} | outcome_document(run)
        if options["json"]:
            self.stdout.write(json.dumps(outcome, ensure_ascii=False, indent=2, sort_keys=True))
        else:
            self.stdout.write("\n".join(_summary(run, outcome)))

    def _say(self, share: float, step: str) -> None:
        self.stderr.write(f"{100 * share:3.0f} %  {step_in_words(step)}")


def _closed_round(slug: str) -> Round:
    deliberation = Deliberation.objects.filter(slug=slug).first()
    if deliberation is None:
        raise CommandError(f"There is no deliberation “{slug}”.")
    closed = deliberation.rounds.filter(phase=Phase.CLOSED).order_by("-number").first()
    if closed is None:
        raise CommandError(f"No round of “{slug}” is closed yet, so there is nothing to count.")
    return closed


def _plan(name: str) -> Plan:
    path = Path(name)
    try:
        if name in shipped_names() or not path.is_file():
            return shipped(name)
        return Plan.from_toml(path.read_text(encoding="utf-8"))
    except (EngineError, UnicodeDecodeError, OSError) as error:
        raise CommandError(f"{name}: {error}") from error


def _summary(run: Run, outcome: dict[str, Any]) -> list[str]:
    votes = outcome["votes"]
    total = sum(votes.values())
    groups = ", ".join(f"{group['size']:,}" for group in outcome["groups"])
    above = ", ".join(f"{t}: {n:,}" for t, n in outcome["all_groups_above"].items())
    return [
        f"Run {run.pk} of plan “{run.plan['name']}” ({outcome['plan_hash'][:12]}), "
        f"votes {outcome['input_digest'][:12]}, outcome {run.outcome_digest[:12]}",
        f"{outcome['participants']:,} participants, {outcome['statements']:,} statements, "
        f"{total:,} votes ({votes['agree']:,} agree, {votes['disagree']:,} disagree, "
        f"{votes['pass']:,} pass)",
        f"Opinion groups of {groups} people" if groups else "No opinion groups",
        *(_measure(name, values) for name, values in outcome["consensus"].items()),
        f"Statements with more agreement than this in every group: {above}",
        f"Selected: {len(outcome['selected']):,} statements",
    ]


def _measure(name: str, values: dict[str, float | None]) -> str:
    known = ", ".join(f"{key} {v:.4f}" for key, v in values.items() if v is not None)
    return f"{name} ({measure_in_words(name)}): {known or 'not defined'}"
