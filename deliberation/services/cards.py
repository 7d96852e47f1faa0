"""The next statement for a participant: drawn by lot, logged with its probability.

A card is drawn one step ahead: while a participant reads one statement, the next is on their
device already. It is logged when it is shown, by the vote on the card before it. Until then it
travels sealed, so that nobody can choose what they are shown or with which probability.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from deliberation import routing
from deliberation.deck import Deck, DeckStatement
from deliberation.models import Participant, Vote

from .votes import Showing


@dataclass(frozen=True, slots=True)
class Card:
    """A statement to vote on, with the probability it was drawn with."""

    statement: DeckStatement
    probability: float


# --- Drawing


def draw_card(
    *,
    deck: Deck,
    number: int,
    group: int | None,
    without: Collection[int],
    after: int,
    u: float | None = None,
) -> Card | None:
    """Draw a statement that is not in ``without``; None if there is none.

    number  : of the participant. group : their routing group, None while unknown.
    without : ids of the statements they have voted on or have before them.
    after   : id of the statement they have before them, 0 for none. The lot hangs on it and on
              the participant, so that reloading a page draws the same card again.
    """
    places = sorted({deck.places[pk] for pk in without if pk in deck.places})
    lots = deck.lots_for(group)
    lot = chance(deck.round.pk, number, after) if u is None else u
    drawn = routing.draw_without(lots.weights, lots.reach, places, lot)
    return Card(deck.statements[drawn.index], drawn.probability) if drawn else None


def chance(round: int, number: int, after: int) -> float:
    """A number in [0, 1) that nobody outside can foresee, the same for the same arguments."""
    digest = hashlib.blake2b(f"{round}.{number}.{after}".encode(), key=_secret(), digest_size=8)
    return (int.from_bytes(digest.digest()) >> 11) / 2**53


@cache
def _secret() -> bytes:
    return hashlib.blake2b(settings.SECRET_KEY.encode(), person=b"folkmoot cards").digest()


# --- Sealing


def seal(deck: Deck, number: int, card: Card, *, after: int) -> str:
    """A card to be shown later to participant ``number``, in a form that only we can make.

    after : id of the statement whose vote puts it up, 0 for a card that is asked for. It holds
            for that vote only: nobody can collect cards and choose, or pass off as drawn what
            they asked for.
    """
    content = f"{card.statement.id}_{card.probability!r}"
    return f"{content}_{_mark(deck, number, content, after)}"


def unseal(deck: Deck, number: int, sealed: str, *, after: int) -> Showing | None:
    """The card in ``sealed``, if it was made for this participant and vote and still counts."""
    content, _, mark = sealed.rpartition("_")
    if not hmac.compare_digest(mark.encode(), _mark(deck, number, content, after).encode()):
        return None
    pk, _, probability = content.partition("_")
    return Showing(int(pk), float(probability)) if int(pk) in deck.places else None


def _mark(deck: Deck, number: int, content: str, after: int) -> str:
    text = f"{deck.round.pk}.{number}.{after}.{content}".encode()
    return hashlib.blake2b(text, key=_secret(), digest_size=12).hexdigest()


# --- Showing

_SHOWN: Final = """
    SELECT e.statement_id, e.probability FROM deliberation_exposure e
    WHERE e.participant_id = %s AND e.round_id = %s AND NOT EXISTS (
        SELECT 1 FROM deliberation_vote v
        WHERE v.participant_id = e.participant_id AND v.statement_id = e.statement_id
    )
    ORDER BY e.id DESC LIMIT %s
"""
_LOG: Final = """
    INSERT INTO deliberation_exposure
        (participant_id, statement_id, round_id, probability, drawn, shown_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
_FAR_BACK = 50


def show(*, participant: Participant, deck: Deck, card: Card, drawn: bool = True) -> Card:
    """Log that a card is put before the participant.

    drawn : False if they asked for it; then its probability says nothing and is 1.
    """
    row: list[Any] = [participant.pk, card.statement.id, deck.round.pk]
    with connection.cursor() as cursor:
        cursor.execute(_LOG, [*row, card.probability, drawn, timezone.now()])
    return card


def show_asked(*, participant: Participant, deck: Deck, statement: DeckStatement) -> Card:
    """Put a statement before the participant who asked for it. Reloading logs nothing again."""
    card = Card(statement, 1.0)
    if [one.statement.id for one in _still_open(participant, deck, 1)] == [statement.id]:
        return card
    return show(participant=participant, deck=deck, card=card, drawn=False)


def hand(*, participant: Participant, deck: Deck, size: int, u: float | None = None) -> list[Card]:
    """``size`` cards before the participant, fewer if there are no more; the newest first.

    Cards that were shown and not voted on come again: reloading a page neither draws anew nor
    logs a second exposure. What is missing is drawn one after the other, each with its own
    probability, and logged. Two tabs opened at the same moment may show two cards; then both
    were shown, and both are logged.
    """
    cards = _still_open(participant, deck, size)
    voted = set(Vote.objects.filter(participant=participant).values_list("statement_id", flat=True))
    without = voted | {card.statement.id for card in cards}
    for _ in range(size - len(cards)):
        after = cards[-1].statement.id if cards else 0
        card = draw_card(
            deck=deck,
            number=participant.number,
            group=participant.routing_group,
            without=without,
            after=after,
            u=u,
        )
        if card is None:
            break
        cards.append(show(participant=participant, deck=deck, card=card))
        without.add(card.statement.id)
    return cards


def _still_open(participant: Participant, deck: Deck, size: int) -> list[Card]:
    """The cards shown and not voted on, the newest first, at most ``size``."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [participant.pk, deck.round.pk, size + _FAR_BACK])
        rows = cursor.fetchall()
    cards: dict[int, Card] = {}
    for pk, probability in rows:
        statement = deck.by_id(pk)
        if statement is not None and pk not in cards and len(cards) < size:
            cards[pk] = Card(statement, probability)
    return list(cards.values())
