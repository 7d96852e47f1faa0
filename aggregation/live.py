"""What is known of a round while it is open: kept up to date by a worker, and never in the way.

A worker process keeps the state of each open round (``engine/live.py``) and puts new votes into
it; a process that has none reads the round anew. Looked at are only rounds with new votes, at most
every ``LIVE_SECONDS``, one worker at a time. Votes are read by plain queries that lock nothing;
what is written is one row of coverage facts, and the opinion groups that steer routing, a few
people at a time. What the votes say stays in the worker until the round is closed, unless the plan
shows it to everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from numpy.typing import NDArray

from aggregation.coverage import has_newer_votes
from aggregation.engine import EngineError, Plan
from aggregation.engine.live import LiveState, live_state, refresh
from aggregation.engine.upserts import WITHDRAWN
from aggregation.live_results import group_coverage, results
from aggregation.loading import load_matrix
from aggregation.models import LiveFinding
from deliberation.models import Exclusion, Participant, Round, Statement
from deliberation.models.rounds import OPEN_PHASES
from deliberation.services.weights import MIN_PEOPLE, keep_groups

_LOCK = 7011
_CLOCK = "SELECT statement_timestamp(), coalesce((SELECT max(id) FROM deliberation_voteevent), 0)"
# Whatever was cast, changed or taken back since, as it is now; and all votes on statements that
# count only since then.
_CHANGES = """
    SELECT p.number, s.number, coalesce(v.value, %(withdrawn)s)
    FROM (
        SELECT participant_id, statement_id FROM deliberation_voteevent
        WHERE round_id = %(round)s AND id > %(after)s
        UNION
        SELECT participant_id, statement_id FROM deliberation_vote
        WHERE round_id = %(round)s AND statement_id = ANY(%(added)s)
    ) c
    JOIN deliberation_statement s ON s.id = c.statement_id AND s.id = ANY(%(counting)s)
    JOIN deliberation_participant p ON p.id = c.participant_id
    LEFT JOIN deliberation_vote v
        ON v.participant_id = c.participant_id AND v.statement_id = c.statement_id
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Known:
    """What this process knows of a round.

    seen  : newest vote event there was when the votes were read.
    after : the same one look earlier. Events are numbered before they are committed, so the next
            look reads from here; by then every vote that had its number is in.
    """

    state: LiveState
    statements: frozenset[int]
    exclusions: int
    seen: int
    after: int


_known: dict[int, _Known] = {}


def watch_open_rounds() -> int:
    """Look at every open round that has new votes. Returns how many were looked at."""
    rounds = list(Round.objects.filter(phase__in=OPEN_PHASES).select_related("deliberation__panel"))
    for gone in _known.keys() - {round.pk for round in rounds}:
        del _known[gone]
    return sum(_looked(round) for round in rounds)


def _looked(round: Round) -> bool:
    """One round that breaks does not keep the worker from the others; it is read anew next time."""
    try:
        return look(round)
    except Exception:
        log.exception("open round not looked at", round=round.pk)
        _known.pop(round.pk, None)
        return False


def look(round: Round) -> bool:
    """Bring what is known of the round up to date. False if there is nothing new, or another
    worker is at it."""
    with _alone(round) as alone:
        found = LiveFinding.objects.filter(round=round).first()
        if not alone or not _is_due(round, found):
            return False
        as_of, newest = _clock()
        try:
            known = _read(round, newest, found.last_event if found else 0)
        except EngineError as error:
            log.warning("open round not analysed", round=round.pk, error=str(error))
            return False
        _known[round.pk] = known
        _write(round, known, as_of)
        return True


@contextmanager
def _alone(round: Round) -> Iterator[bool]:
    """Whether no other worker looks at this round. The database lets go of the lock by itself if
    the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, round.pk])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, round.pk])


def _is_due(round: Round, found: LiveFinding | None) -> bool:
    """Whether there are new votes and the last look is long enough ago."""
    soon = Now() - timedelta(seconds=settings.LIVE_SECONDS)
    if found and LiveFinding.objects.filter(pk=found.pk, as_of__gt=soon).exists():
        return False
    return has_newer_votes(round, found)


def _clock() -> tuple[datetime, int]:
    """The database's time, and the newest vote event there is."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK)
        now, newest = cursor.fetchone()
    return now, newest


def _read(round: Round, newest: int, last: int) -> _Known:
    """What is known now: new votes put into what was known, or everything anew.

    newest, last : the newest vote event there is, and the one at the last look of any worker.
    """
    before = _known.get(round.pk)
    counting = Statement.objects.counting().filter(round=round)
    statements = frozenset(counting.values_list("pk", flat=True))
    exclusions = Exclusion.objects.filter(participant__deliberation=round.deliberation_id).count()
    if before is None or before.exclusions != exclusions or before.statements - statements:
        plan = Plan.from_dict(round.plan)
        state = live_state(load_matrix(round, plan), plan)
        return _Known(state, statements, exclusions, newest, last)
    changes = _changes(round, before, statements)
    return _Known(refresh(before.state, *changes), statements, exclusions, newest, before.seen)


def _changes(
    round: Round, before: _Known, statements: frozenset[int]
) -> tuple[NDArray[np.int64], ...]:
    """int64 each: people and statements by number, and how each cell stands now."""
    given: dict[str, Any] = {
        "round": round.pk,
        "after": before.after,
        "added": list(statements - before.statements),
        "counting": list(statements),
        "withdrawn": WITHDRAWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, given)
        table = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _write(round: Round, known: _Known, as_of: datetime) -> None:
    """The row that pages may show, and the groups that steer routing."""
    state = known.state
    cast = state.matrix.votes_by_participant[_counts(state)]
    grouped = int((state.grouping.labels >= 0).sum())
    votes = np.zeros(len(known.statements), dtype=np.int64)
    votes[: state.matrix.n_statements] = state.counts.sum(axis=1)  # others have none yet
    LiveFinding.objects.update_or_create(
        round=round,
        defaults={
            "as_of": as_of,
            "last_event": known.seen,
            "participants": int(np.count_nonzero(cast)),
            "statements": len(votes),
            "votes": int(cast.sum()),
            "grouped": grouped,
            "group_sizes": list(state.grouping.sizes),
            "least_votes": int(votes.min()) if len(votes) else 0,
            "median_votes": float(np.median(votes)) if len(votes) else 0.0,
            "group_coverage": group_coverage(state),
            "results": results(state) if round.show_results else None,
        },
    )
    if grouped >= MIN_PEOPLE:
        people = _keys(round, state.matrix.participant_ids)
        still = people > 0
        keep_groups(round=round, people=people[still], labels=state.grouping.labels[still])


def _counts(state: LiveState) -> NDArray[np.bool_]:
    """bool[n]: people who are not excluded."""
    excluded = state.matrix.excluded
    everyone = np.ones(state.matrix.n_participants, dtype=bool)
    return everyone if excluded is None else ~excluded


def _keys(round: Round, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n]: primary keys of people by number, 0 for those who have left."""
    people = Participant.objects.of_round(None).filter(deliberation=round.deliberation_id)
    known = dict(people.values_list("number", "pk"))
    return np.array([known.get(number, 0) for number in numbers.tolist()], dtype=np.int64)
