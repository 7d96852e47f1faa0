"""What tests of runs share: a closed round, a run that is ready, and a lease that is over."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from django.db import connection
from django.db.models.functions import Now
from django.utils.timezone import now

from aggregation import runs
from aggregation.models import (
    GroupFinding,
    ParticipantFinding,
    Run,
    SelectionFinding,
    StatementFinding,
    StatementGroupFinding,
)
from deliberation.copying import copy_in
from deliberation.models import Deliberation, Round
from deliberation.services.rounds import close_round
from tests.factories import accepted, join, make_open, the_round, vote_row

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


_SEATS = """
    INSERT INTO deliberation_seat (panel_id, number, kind, created_at, taken_at, link_version)
    SELECT %s, n, 'open', now(), now(), 1 FROM generate_series(2, %s) n
"""
# Keys and numbers in different orders, as after an import.
_SEATED = """
    INSERT INTO deliberation_participant
        (deliberation_id, seat_id, number, joined_at, consent_hash, consented_at, session_version)
    SELECT d.id, s.id, s.number, now(), %s, now(), 1
    FROM deliberation_seat s JOIN deliberation_panel p ON p.id = s.panel_id
    JOIN deliberation_deliberation d ON d.id = p.deliberation_id
    WHERE d.id = %s AND s.number > 1 ORDER BY (s.number * 7919) %% 1009
"""


def large_open(people: int = 600, seen: float = 0.9) -> Deliberation:
    """Open, with many people in two camps, who have voted on this share of the seeds."""
    deliberation = make_open("vote")
    first = join(deliberation)
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, [first.seat.panel_id, people])
        cursor.execute(_SEATED, [first.consent_hash, deliberation.pk])
    rng = np.random.default_rng(3)
    who = list(deliberation.participants.order_by("number").values_list("pk", flat=True))
    camp, rows = rng.choice([-1, 1], size=people), []
    for at, statement in enumerate(accepted(deliberation)):
        of_camp, voted = rng.random(people) < 0.8, rng.random(people) < seen
        votes = np.where(of_camp, camp * (-1) ** at, rng.integers(-1, 2, size=people))
        rows += [
            (who[n], statement.pk, statement.round_id, int(votes[n]), now())
            for n in np.flatnonzero(voted)
        ]
    copy_in(
        "deliberation_vote (participant_id, statement_id, round_id, value, updated_at)",
        ["int8", "int8", "int8", "int2", "timestamptz"],
        rows,
    )
    return deliberation


def large_round(people: int = 600, seen: float = 0.9) -> Round:
    """``large_open``, closed: three ranges of 256 people, the last one short."""
    return close_round(round=the_round(large_open(people, seen)), actor=None)
