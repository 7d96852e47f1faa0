"""How an open round goes, counted by a worker bit by bit: only what came since the last look.

Votes are never looked through as a whole. Each look adds the new events and exposures to a few
tallies, in one transaction with the marks up to which they are counted, so that nothing is counted
twice or left out however often a worker dies. Nothing here holds a lock that a vote waits for.

Events are numbered before they are committed. What is younger than ``SETTLED`` is left for the
next look: by then every vote that had its number is in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from deliberation.models import Round, RoundWatch
from deliberation.models.rounds import OPEN_PHASES, Phase

from .watch_figures import figures

SETTLED: Final = timedelta(seconds=10)
# A vote that comes this soon after its card was shown was hardly read.
QUICK_SECONDS: Final = 1.0
# Events of one step; a round with more to count takes several.
_AT_ONCE: Final = 500_000

# Before the first event of the round, and up to where all that is there is settled.
_FIRST: Final = "SELECT min(id) - 1 FROM deliberation_{table} WHERE round_id = %(round)s"
_UP_TO: Final = """
    SELECT max(id) FROM (
        SELECT id, {at} AS at FROM deliberation_{table}
        WHERE id > %(after)s ORDER BY id LIMIT %(most)s
    ) next WHERE at < %(before)s
"""
_HOURS: Final = """
    INSERT INTO deliberation_hourtally AS t (round_id, hour, votes, changes)
    SELECT round_id, date_trunc('hour', created_at, 'UTC'),
        count(*) FILTER (WHERE previous IS NULL), count(*) FILTER (WHERE previous IS NOT NULL)
    FROM deliberation_voteevent
    WHERE round_id = %(round)s AND id > %(after)s AND id <= %(upto)s
    GROUP BY 1, 2
    ON CONFLICT (round_id, hour) DO UPDATE
        SET votes = t.votes + excluded.votes, changes = t.changes + excluded.changes
"""
# A vote in a browser is timed from when its card was last shown. Withdrawals undo, changes move.
_VOTERS: Final = """
    INSERT INTO deliberation_votertally AS t
        (round_id, participant_id, agree, disagree, passes, timed, quick, last_at)
    SELECT e.round_id, e.participant_id,
        count(*) FILTER (WHERE e.value = 1) - count(*) FILTER (WHERE e.previous = 1),
        count(*) FILTER (WHERE e.value = -1) - count(*) FILTER (WHERE e.previous = -1),
        count(*) FILTER (WHERE e.value = 0) - count(*) FILTER (WHERE e.previous = 0),
        count(x.shown_at),
        count(*) FILTER (WHERE e.created_at - x.shown_at < make_interval(secs => %(quick)s)),
        max(e.created_at)
    FROM deliberation_voteevent e LEFT JOIN LATERAL (
        SELECT x.shown_at FROM deliberation_exposure x
        WHERE x.participant_id = e.participant_id AND x.statement_id = e.statement_id
            AND x.shown_at <= e.created_at
            AND e.source = 'web' AND e.previous IS NULL AND e.value IS NOT NULL
        ORDER BY x.id DESC LIMIT 1
    ) x ON true
    WHERE e.round_id = %(round)s AND e.id > %(after)s AND e.id <= %(upto)s
    GROUP BY 1, 2
    ON CONFLICT (round_id, participant_id) DO UPDATE SET
        agree = t.agree + excluded.agree, disagree = t.disagree + excluded.disagree,
        passes = t.passes + excluded.passes, timed = t.timed + excluded.timed,
        quick = t.quick + excluded.quick, last_at = greatest(t.last_at, excluded.last_at)
"""
_STATEMENTS_VOTED: Final = """
    INSERT INTO deliberation_statementtally AS t (statement_id, shown, votes)
    SELECT statement_id, 0,
        count(*) FILTER (WHERE value IS NOT NULL) - count(*) FILTER (WHERE previous IS NOT NULL)
    FROM deliberation_voteevent
    WHERE round_id = %(round)s AND id > %(after)s AND id <= %(upto)s
    GROUP BY 1
    ON CONFLICT (statement_id) DO UPDATE SET votes = t.votes + excluded.votes
"""
_STATEMENTS_SHOWN: Final = """
    INSERT INTO deliberation_statementtally AS t (statement_id, shown, votes)
    SELECT statement_id, count(*), 0 FROM deliberation_exposure
    WHERE round_id = %(round)s AND id > %(after)s AND id <= %(upto)s
    GROUP BY 1
    ON CONFLICT (statement_id) DO UPDATE SET shown = t.shown + excluded.shown
"""

log = structlog.get_logger(__name__)


def watch_rounds() -> int:
    """Look at every round that is due; returns how many were looked at."""
    return sum(_looked(round) for round in _due())


def _due() -> list[Round]:
    """Open rounds not looked at for a while, and closed ones once more for their last votes."""
    soon = timezone.now() - timedelta(seconds=settings.LIVE_SECONDS)
    unseen = Q(watch=None) | Q(watch__as_of__lt=soon)
    closed = Q(phase=Phase.CLOSED, watch__as_of__lt=F("closed_at"))
    found = Round.objects.filter(Q(phase__in=OPEN_PHASES) & unseen | closed)
    return list(found.select_related("deliberation__panel"))


def _looked(round: Round) -> bool:
    """One round that breaks keeps the worker from none of the others."""
    try:
        # Closing waited for votes in flight: there are no others.
        return watch(round=round, settled=SETTLED if round.is_open else timedelta(0))
    except Exception:
        log.exception("round not watched", round=round.pk)
        return False


def watch(*, round: Round, settled: timedelta = SETTLED) -> bool:
    """Count what came since the last look and write the figures down. False if another worker
    is at it.

    settled : how old an event must be to be counted.
    """
    as_of = timezone.now()
    RoundWatch.objects.get_or_create(round=round, defaults={"as_of": round.opened_at or as_of})
    while True:
        with transaction.atomic():
            row = RoundWatch.objects.select_for_update(skip_locked=True).filter(round=round).first()
            if row is None:
                return False
            if not _step(row, as_of - settled):
                row.as_of, row.figures = as_of, figures(round, as_of)
                row.save()
                return True
            row.save(update_fields=["last_event", "last_exposure"])


def _step(row: RoundWatch, before: datetime) -> bool:
    """Count some more; False where there was nothing."""
    upto = _count(
        row, "voteevent", "created_at", row.last_event, before,
        (_HOURS, _VOTERS, _STATEMENTS_VOTED),
    )  # fmt: skip
    row.last_event = upto or row.last_event
    seen = _count(
        row, "exposure", "shown_at", row.last_exposure, before, (_STATEMENTS_SHOWN,)
    )  # fmt: skip
    row.last_exposure = seen or row.last_exposure
    return bool(upto or seen)


def _count(
    row: RoundWatch,
    table: str,
    at: str,
    after: int | None,
    before: datetime,
    tallies: tuple[str, ...],
) -> int | None:
    """Put the next rows of a table into the tallies. The last one's number, None without any."""
    given: dict[str, Any] = {"round": row.round_id, "before": before, "most": _AT_ONCE}
    given |= {"quick": QUICK_SECONDS}
    with connection.cursor() as cursor:
        if after is None:
            cursor.execute(_FIRST.format(table=table), given)
            (after,) = cursor.fetchone()
        if after is None:
            return None
        cursor.execute(_UP_TO.format(table=table, at=at), given | {"after": after})
        (upto,) = cursor.fetchone()
        if upto is not None:
            for tally in tallies:
                cursor.execute(tally, given | {"after": after, "upto": upto})
    return int(upto) if upto is not None else None
