"""Which runs there are. What a run found is read by ``aggregation/report``."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from aggregation.models import Run, RunStatus
from deliberation.models import Round


@dataclass(frozen=True)
class RunRow:
    """One line of the organiser's list of runs."""

    run: Run
    official: bool
    plan: str
    requested_by: str | None


def run_rows(round: Round) -> list[RunRow]:
    """All runs of the round, newest first."""
    runs = Run.objects.filter(round=round).annotate(by=F("requested_by__email")).order_by("-pk")
    return [
        RunRow(run, run.plan_hash == round.plan_hash, run.plan["name"], run.by)
        for run in runs.defer("summary")
    ]


def newest_official(round: Round) -> Run | None:
    """The newest run of the frozen plan, whatever its status; done ones go first."""
    runs = Run.objects.filter(round=round, plan_hash=round.plan_hash).order_by("-pk")
    if round.closed_at:
        runs = runs.filter(created_at__gte=round.closed_at)
    return runs.filter(status=RunStatus.DONE).first() or runs.first()
