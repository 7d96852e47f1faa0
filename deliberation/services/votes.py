"""Cast and withdraw votes: the one way a vote comes into the database.

All checks, the vote, its event and the showing of the next card are one call of one database
function (``folkmoot_cast_vote`` in the migrations): one round trip, one transaction.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Participant, Statement
from deliberation.models.votes import VALUES

from . import limits
from .errors import Invalid, NotAllowed
from .guards import in_words

Kind = Literal["cast", "changed", "repeated", "withdrawn", "replayed"]


@dataclass(frozen=True, slots=True)
class Voter:
    """Who votes, and what is checked about them.

    ``session`` is the version in their cookie and ``consent`` the hash of the text in force;
    None for votes that do not come from a browser: simulated ones and those of services.
    """

    deliberation: int
    number: int
    session: int | None = None
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class Showing:
    """The card that is put before the voter by this very vote, as it was drawn."""

    statement: int
    probability: float


@dataclass(frozen=True, slots=True)
class CastResult:
    """What a vote did. ``replayed`` means this very request had already been stored.

    ``voted`` holds the ids of all statements the participant now has a vote on, in any round.
    """

    kind: Kind
    value: int | None
    previous: int | None
    participant: int
    routing_group: int | None
    voted: frozenset[int]


_CAST: Final = """
    SELECT kind, now_value, before_value, participant, in_group, voted FROM folkmoot_cast_vote(
        %s, %s, %s, %s, %s, %s, %s::smallint, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def cast_in_round(
    *,
    voter: Voter,
    round: int,
    statement: int,
    value: int | None,
    key: UUID,
    important: bool = False,
    source: str = "web",
    showing: Showing | None = None,
    at: datetime | None = None,
) -> CastResult:
    """Store a vote, its event and the showing of the next card; one statement to the database.

    round, statement : the round's id and the statement's number in it.
    value            : 1 agree, -1 disagree, 0 pass, None to take the vote back.
    key              : chosen by the sender; the same key again stores nothing: ``replayed``.
    Raises Invalid, NotAllowed, WrongPhase or TooMany; then nothing is stored.
    """
    if value is not None and value not in VALUES:
        raise Invalid(_("Choose agree, disagree or pass."), field="value")
    limit: tuple[bytes | None, float, int] = (None, 0.0, 0)
    if voter.session is not None:
        who = f"{voter.deliberation}.{voter.number}"
        limit = (limits.key(limits.VOTE, who), limits.VOTE.every, limits.VOTE.burst)
    with in_words(), _safely(), connection.cursor() as cursor:
        cursor.execute(
            _CAST,
            (
                voter.deliberation,
                voter.number,
                voter.session,
                voter.consent,
                round,
                statement,
                value,
                important,
                key,
                source,
                at or timezone.now(),
                *limit,
                showing.statement if showing else None,
                showing.probability if showing else None,
            ),
        )
        kind, now, before, participant, group, voted = cursor.fetchone()
    return CastResult(cast(Kind, kind), now, before, participant, group, frozenset(voted))


def _safely() -> AbstractContextManager[object]:
    """A refusal must not spoil a transaction around it; a single statement needs none."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def cast_vote(
    *,
    participant: Participant,
    statement: Statement,
    value: int,
    key: UUID,
    important: bool = False,
    source: str = "web",
    at: datetime | None = None,
) -> CastResult:
    """Store a vote of a participant who is known already. See ``cast_in_round``."""
    if participant.deliberation_id != statement.round.deliberation_id:
        raise NotAllowed(_("Your seat is in another deliberation."))
    return cast_in_round(
        voter=Voter(participant.deliberation_id, participant.number),
        round=statement.round_id,
        statement=statement.number,
        value=value,
        key=key,
        important=important,
        source=source,
        at=at,
    )


def withdraw_vote(
    *,
    participant: Participant,
    statement: Statement,
    key: UUID,
    source: str = "web",
    at: datetime | None = None,
) -> CastResult:
    """Take a vote back: the vote goes, the event of its withdrawal stays.

    The statement is put before the participant again.
    """
    return cast_in_round(
        voter=Voter(participant.deliberation_id, participant.number),
        round=statement.round_id,
        statement=statement.number,
        value=None,
        key=key,
        source=source,
        showing=Showing(statement.pk, 1.0),
        at=at,
    )
