"""Cast and withdraw votes: the one way a vote comes into the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Participant, Statement
from deliberation.models.statements import Status
from deliberation.models.votes import VALUES

from .errors import Invalid, NotAllowed, WrongPhase
from .guards import in_words

Kind = Literal["cast", "changed", "repeated", "withdrawn", "replayed"]
Row = dict[str, Any]  # parameters of the queries below, by name


@dataclass(frozen=True)
class CastResult:
    """What a vote did. ``replayed`` means this very request had already been stored."""

    kind: Kind
    value: int | None
    previous: int | None


# The lock on the vote's row makes parallel votes wait in line, so that the order of events is
# the order in which the vote changed. `old` is the row as it was once that lock was held
# (PostgreSQL 18); a subquery would read what was there before the wait.
_UPSERT = """
    INSERT INTO deliberation_vote (participant_id, statement_id, round_id, value, updated_at)
    VALUES (%(participant)s, %(statement)s, %(round)s, %(value)s, %(now)s)
    ON CONFLICT (participant_id, statement_id)
    DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at
    RETURNING old.value
"""
_LATEST = """
    SELECT value FROM deliberation_voteevent
    WHERE participant_id = %(participant)s AND statement_id = %(statement)s
    ORDER BY id DESC LIMIT 1
"""
_APPEND = """
    INSERT INTO deliberation_voteevent
        (participant_id, statement_id, round_id, value, previous, key, source, created_at)
    VALUES (%(participant)s, %(statement)s, %(round)s, %(value)s, %(previous)s, %(key)s,
            %(source)s, %(now)s)
"""


def cast_vote(
    *,
    participant: Participant,
    statement: Statement,
    value: int,
    key: UUID,
    source: str = "web",
    at: datetime | None = None,
) -> CastResult:
    """Store a vote and its event in one transaction.

    value : 1 agree, -1 disagree, 0 pass.
    key   : chosen by the sender; the same key again stores nothing and says ``replayed``.
    Raises Invalid, NotAllowed or WrongPhase; then nothing is stored.
    """
    if value not in VALUES:
        raise Invalid(_("Choose agree, disagree or pass."), field="value")
    _check_may_vote(participant, statement)
    return _store(participant, statement, value, key, source, at)


def withdraw_vote(
    *,
    participant: Participant,
    statement: Statement,
    key: UUID,
    source: str = "web",
    at: datetime | None = None,
) -> CastResult:
    """Take a vote back: the vote goes, the event of its withdrawal stays."""
    return _store(participant, statement, None, key, source, at)


def _check_may_vote(participant: Participant, statement: Statement) -> None:
    if participant.withdrawn_at is not None:
        raise NotAllowed(_("You have left this deliberation."))
    if participant.deliberation_id != statement.round.deliberation_id:
        raise NotAllowed(_("Your seat is in another deliberation."))
    if statement.status != Status.ACCEPTED:
        raise WrongPhase(_("This statement is not open for votes."))


def _store(
    participant: Participant,
    statement: Statement,
    value: int | None,
    key: UUID,
    source: str,
    at: datetime | None,
) -> CastResult:
    row: Row = {
        "participant": participant.pk,
        "statement": statement.pk,
        "round": statement.round_id,
        "value": value,
        "key": key,
        "source": source,
        "now": at or timezone.now(),
    }
    try:
        with in_words(), transaction.atomic():
            return _change(row) if not _known(row) else _replayed(row)
    except IntegrityError as error:
        # The same request arrived twice at once; the other one has stored it.
        if "vote_event_once" not in str(error):
            raise
        return _replayed(row)


def _known(row: Row) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM deliberation_voteevent "
            "WHERE participant_id = %(participant)s AND key = %(key)s",
            row,
        )
        return cursor.fetchone() is not None


def _replayed(row: Row) -> CastResult:
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, row)
        (value,) = cursor.fetchone()
    return CastResult("replayed", value, value)


def _change(row: Row) -> CastResult:
    value = row["value"]
    with connection.cursor() as cursor:
        if value is None:
            cursor.execute(
                "DELETE FROM deliberation_vote WHERE participant_id = %(participant)s "
                "AND statement_id = %(statement)s RETURNING value",
                row,
            )
            found = cursor.fetchone()
            if found is None:
                raise Invalid(_("There is no vote to take back."))
            previous = found[0]
        else:
            cursor.execute(_UPSERT, row)
            previous = cursor.fetchone()[0]
        cursor.execute(_APPEND, {**row, "previous": previous})
    return CastResult(_kind(value, previous), value, previous)


def _kind(value: int | None, previous: int | None) -> Kind:
    if value is None:
        return "withdrawn"
    if previous is None:
        return "cast"
    return "repeated" if value == previous else "changed"
