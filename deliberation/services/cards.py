"""The next statement for a participant, drawn once and logged with its probability."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from deliberation import routing
from deliberation.models import Exposure, Participant, Round, Statement

from . import locks

_rng = secrets.SystemRandom()


@dataclass(frozen=True)
class Card:
    """A statement to vote on, as it was shown."""

    statement: Statement
    probability: float
    exposure_id: int


def next_card(*, participant: Participant, round: Round, rng: routing.Rng = _rng) -> Card | None:
    """The card in front of the participant; None when they have voted on everything.

    A card that was shown and not voted on is shown again: reloading the page neither draws
    anew nor logs a second exposure.
    """
    return _shown_but_open(participant, round) or _draw(participant, round, rng)


def _shown_but_open(participant: Participant, round: Round) -> Card | None:
    last = (
        Exposure.objects.filter(participant=participant, round=round)
        .select_related("statement")
        .order_by("-id")
        .first()
    )
    if last is None or last.statement.status != "accepted":
        return None
    if participant.votes.filter(statement=last.statement_id).exists():
        return None
    return Card(last.statement, last.probability, last.pk)


def _draw(participant: Participant, round: Round, rng: routing.Rng) -> Card | None:
    with transaction.atomic():
        locks.hold(locks.PARTICIPANT, participant.pk)
        # A request that came at the same moment may have drawn already.
        open_card = _shown_but_open(participant, round)
        if open_card is not None:
            return open_card
        candidates = list(
            Statement.objects.counting()
            .filter(round=round)
            .exclude(votes__participant=participant)
            .order_by("number")
        )
        drawn = routing.draw([s.routing_weight for s in candidates], rng)
        if drawn is None:
            return None
        statement = candidates[drawn.index]
        exposure = Exposure.objects.create(
            participant=participant,
            statement=statement,
            round=round,
            probability=drawn.probability,
            shown_at=timezone.now(),
        )
    return Card(statement, drawn.probability, exposure.pk)


def show_again(*, participant: Participant, statement: Statement) -> Card:
    """Put one statement in front of the participant again, after an undo.

    It was not drawn but asked for, so it is logged with probability 1.
    """
    exposure = Exposure.objects.create(
        participant=participant,
        statement=statement,
        round_id=statement.round_id,
        probability=1.0,
        shown_at=timezone.now(),
    )
    return Card(statement, 1.0, exposure.pk)


def refresh_weights(*, round: Round) -> int:
    """Set the routing weight of every counting statement from how often it was shown.

    Returns how many statements were looked at. Cards keep using the last weights while no
    worker runs this.
    """
    statements = list(
        Statement.objects.counting().filter(round=round).annotate(shown=Count("exposures"))
    )
    weights = routing.coverage_weights([s.shown for s in statements])
    for statement, weight in zip(statements, weights, strict=True):
        statement.routing_weight = weight
    Statement.objects.bulk_update(statements, ["routing_weight"], batch_size=1000)
    return len(statements)
