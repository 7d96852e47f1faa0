"""Leave a panel: votes are taken back where they still can be, and the person is forgotten.

What stays is what others rely on: the append-only record that a number voted and took it back,
the votes of closed rounds, and accepted statements without their author.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import (
    Appeal,
    Contact,
    ModerationDecision,
    Participant,
    ProfileAnswer,
    Round,
    Seat,
    Statement,
    Subscription,
    VendorReference,
)
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.rounds import OPEN_PHASES
from deliberation.models.statements import Status

from . import locks
from .audit import record
from .errors import NoSeat
from .guards import in_words

# All votes of one person in open rounds, each with the event that says it was taken back. A round
# whose announced end is over counts as closed, though no worker has closed it yet.
_TAKE_BACK: Final = """
    WITH gone AS (
        DELETE FROM deliberation_vote v USING deliberation_round r
        WHERE v.participant_id = %(who)s AND r.id = v.round_id AND r.phase = ANY(%(open)s)
            AND (r.closes_at IS NULL OR r.closes_at > clock_timestamp())
        RETURNING v.participant_id, v.statement_id, v.round_id, v.value
    )
    INSERT INTO deliberation_voteevent (participant_id, statement_id, round_id, value,
        important, previous, key, source, created_at)
    SELECT participant_id, statement_id, round_id, NULL, false, value, gen_random_uuid(),
        'web', %(at)s
    FROM gone ORDER BY statement_id
"""


@dataclass(frozen=True)
class Withdrawal:
    """What leaving did. Kept are votes of closed rounds, and accepted statements by nobody."""

    votes_taken_back: int
    votes_kept: int
    statements_taken_back: int
    statements_kept: int


def withdraw(*, participant: Participant) -> Withdrawal:
    """Take the participant off the panel. All of it happens, or nothing.

    Locks the rounds shared, so that none closes meanwhile, then the participant's row: a vote
    in flight holds that row and ends first; a later one finds that there is no seat.
    Raises NoSeat for someone who has left already.
    """
    with in_words(), transaction.atomic():
        for round in participant.deliberation.rounds.order_by("pk"):
            locks.share(locks.ROUND, round.pk)
        now = timezone.now()  # under the locks: before or after closing, never in between
        locked = Participant.objects.select_for_update().select_related("seat")
        who = locked.get(pk=participant.pk)
        if who.withdrawn_at is not None:
            raise NoSeat(_("You have left this panel already."))
        votes_taken_back = _take_back_votes(who, now)
        done = Withdrawal(
            votes_taken_back=votes_taken_back,
            votes_kept=who.votes.count(),
            statements_taken_back=_take_back_statements(who, now),
            statements_kept=who.statements.counting().count(),
        )
        _forget(who, now)
        record(
            deliberation=who.deliberation,
            actor=None,
            action="participant.withdrew",
            votes_taken_back=done.votes_taken_back,
        )
    return done


def take_back_votes_of_the_gone(*, round: Round, at: datetime) -> int:
    """Take back what people who have left voted in a round that was closed and is open again.

    Their votes had stayed because the count was frozen. Part of reopening; returns how many.
    """
    gone = Participant.objects.filter(
        deliberation=round.deliberation_id, withdrawn_at__isnull=False, votes__round=round
    )
    return sum(_take_back_votes(who, at) for who in gone.distinct().order_by("pk"))


def _take_back_votes(who: Participant, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, {"who": who.pk, "open": list(OPEN_PHASES), "at": now})
        return int(cursor.rowcount)


def _take_back_statements(who: Participant, now: datetime) -> int:
    """Statements that still wait for a moderator are never shown; the log says why, not what."""
    waiting = list(who.statements.filter(status=Status.PENDING).select_for_update())
    Statement.objects.filter(pk__in=[one.pk for one in waiting]).update(status=Status.REJECTED)
    ModerationDecision.objects.bulk_create(
        ModerationDecision(
            statement=one,
            decision=Decision.REJECT,
            reason=ReasonCode.TAKEN_BACK,
            created_at=now,
        )
        for one in waiting
    )
    return len(waiting)


def _forget(who: Participant, now: datetime) -> None:
    """Delete what is known of the person, and every way back to the seat."""
    Appeal.objects.filter(statement__author=who).delete()
    who.statements.update(author=None)
    for table in (Contact, VendorReference, ProfileAnswer, Subscription):
        table.objects.filter(seat=who.seat_id).delete()
    Seat.objects.filter(pk=who.seat_id).update(token_hash=None, xid_hash=None, revoked_at=now)
    who.return_hash = None
    who.routing_group = None
    who.session_version = 0
    who.withdrawn_at = now
    who.save(update_fields=["return_hash", "routing_group", "session_version", "withdrawn_at"])
