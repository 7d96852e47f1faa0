"""The next statement for a participant, drawn once and logged with its probability."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from deliberation import routing
from deliberation.models import Participant, Round, Statement
from deliberation.models.statements import COUNTING_SQL

_rng = secrets.SystemRandom()


@dataclass(frozen=True)
class Card:
    """A statement to vote on, as it was shown."""

    statement: Statement
    probability: float
    exposure_id: int


_SHOWN_LAST = f"""
    SELECT e.id, e.probability, e.statement_id, s.{COUNTING_SQL} AND NOT EXISTS (
        SELECT 1 FROM deliberation_vote v
        WHERE v.participant_id = e.participant_id AND v.statement_id = e.statement_id
    )
    FROM deliberation_exposure e JOIN deliberation_statement s ON s.id = e.statement_id
    WHERE e.participant_id = %s AND e.round_id = %s
    ORDER BY e.id DESC LIMIT 1
"""


def next_card(*, participant: Participant, round: Round, rng: routing.Rng = _rng) -> Card | None:
    """The card in front of the participant; None when they have voted on everything.

    A card that was shown and not voted on is shown again: reloading the page neither draws
    anew nor logs a second exposure. Two tabs opened at the same moment may show two cards;
    then both were shown, and both are logged.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN_LAST, [participant.pk, round.pk])
        last = cursor.fetchone()
    if last is not None:
        exposure_id, probability, statement_id, still_open = last
        if still_open:
            return Card(_statement(statement_id, round), probability, exposure_id)
    return _draw(participant, round, rng)


# Raw, since building this query in Python takes longer than the database takes to answer it.
_CANDIDATES = f"""
    SELECT id, routing_weight FROM deliberation_statement s
    WHERE round_id = %s AND {COUNTING_SQL} AND NOT EXISTS (
        SELECT 1 FROM deliberation_vote v WHERE v.participant_id = %s AND v.statement_id = s.id
    )
    ORDER BY number
"""


def _draw(participant: Participant, round: Round, rng: routing.Rng) -> Card | None:
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, [round.pk, participant.pk])
        candidates = cursor.fetchall()
    drawn = routing.draw([weight for _, weight in candidates], rng)
    if drawn is None:
        return None
    return _show(participant, _statement(candidates[drawn.index][0], round), drawn.probability)


def _statement(pk: int, round: Round) -> Statement:
    statement = Statement.objects.get(pk=pk)
    statement.round = round
    return statement


_LOG_EXPOSURE = """
    INSERT INTO deliberation_exposure
        (participant_id, statement_id, round_id, probability, shown_at)
    VALUES (%s, %s, %s, %s, %s) RETURNING id
"""


def _show(participant: Participant, statement: Statement, probability: float) -> Card:
    row: list[Any] = [participant.pk, statement.pk, statement.round_id, probability, timezone.now()]
    with connection.cursor() as cursor:
        cursor.execute(_LOG_EXPOSURE, row)
        (exposure_id,) = cursor.fetchone()
    return Card(statement, probability, exposure_id)


def show_again(*, participant: Participant, statement: Statement) -> Card:
    """Put one statement in front of the participant again, after an undo.

    It was not drawn but asked for, so it is logged with probability 1.
    """
    return _show(participant, statement, 1.0)


def refresh_weights(*, round: Round) -> int:
    """Set the routing weight of every counting statement from how often it was shown.

    Returns how many statements were looked at. Cards keep using the last weights while no
    worker runs this.
    """
    shown = dict(
        Statement.objects.counting()
        .filter(round=round)
        .annotate(shown=Count("exposures"))
        .values_list("pk", "shown")
    )
    weights = routing.coverage_weights(list(shown.values()))
    changed = [
        Statement(pk=pk, routing_weight=weight) for pk, weight in zip(shown, weights, strict=True)
    ]
    Statement.objects.bulk_update(changed, ["routing_weight"], batch_size=1000)
    return len(shown)
