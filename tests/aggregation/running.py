"""What tests of runs share: a closed round, a run that is ready, and a lease that is over."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from aggregation import runs
from aggregation.models import (
    GroupFinding,
    ParticipantFinding,
    Run,
    SelectionFinding,
    StatementFinding,
    StatementGroupFinding,
)
from deliberation.models import Round
from deliberation.services.rounds import close_round
from tests.factories import join, make_open, the_round, vote_row

FINDINGS = (
    GroupFinding,
    ParticipantFinding,
    StatementFinding,
    StatementGroupFinding,
    SelectionFinding,
)


def closed_round(people: int = 12) -> Round:
    """Two camps that agree on the first seed and on nothing else."""
    deliberation = make_open("vote")
    for n in range(people):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0])
    return close_round(round=the_round(deliberation), actor=None)


def ready_run(**changes: object) -> Run:
    run = runs.create_run(round=closed_round())
    Run.objects.filter(pk=run.pk).update(**changes) if changes else None
    return run


def let_the_lease_expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))
