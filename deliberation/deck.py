"""The statements of a round as this process last read them, for the voting path.

Reading a round with hundreds of statements for every vote would cost more than the vote. So each
web process keeps what it read for ``DECK_SECONDS``. Nothing is trusted that could have changed
meanwhile: phase, seat, consent and the statement's status are checked by the database function
that stores the vote. A statement accepted or rejected is seen or gone a second later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import accumulate

from django.conf import settings

from deliberation.came_from import CameFrom, came_from
from deliberation.models import Deliberation, Round, Statement
from deliberation.models.statements import Origin
from deliberation.services.consent import text_hash
from deliberation.texts import direction

# Reading a very large round takes a while; then it is kept longer, to cost 5 % at most.
_REST = 20
_WHILE_READING = 0.5


@dataclass(frozen=True, slots=True)
class DeckStatement:
    """What a card shows of a statement."""

    id: int
    number: int
    text: str
    language: str
    direction: str
    from_panel: bool
    came_from: CameFrom | None = None


@dataclass(frozen=True, slots=True)
class Lots:
    """One weight for each statement, and the running sums of the weights (routing.py)."""

    weights: list[float]
    reach: list[float]


@dataclass(frozen=True, slots=True)
class Deck:
    """A round and the statements that count in it, in the order of their numbers.

    ``lots`` has the weights for everyone, then those for each routing group. ``places`` leads
    from a statement's id to its place, ``numbers`` from its number.
    """

    deliberation: Deliberation
    round: Round
    consent: str
    statements: tuple[DeckStatement, ...]
    places: dict[int, int]
    numbers: dict[int, int]
    lots: tuple[Lots, ...]

    def lots_for(self, group: int | None) -> Lots:
        """The weights for people of this routing group; those for everyone while it is unknown."""
        known = group is not None and group + 1 < len(self.lots)
        return self.lots[group + 1 if known else 0]  # type: ignore[operator]

    def by_number(self, number: int) -> DeckStatement | None:
        place = self.numbers.get(number)
        return None if place is None else self.statements[place]

    def by_id(self, pk: int) -> DeckStatement | None:
        place = self.places.get(pk)
        return None if place is None else self.statements[place]

    @property
    def goal(self) -> int:
        """How many votes are asked for; never more than there are statements."""
        return min(self.round.target_votes, len(self.statements))


def read_deck(round: Round) -> Deck:
    """The deck as it is in the database now. ``round`` comes with its deliberation."""
    rows = list(
        Statement.objects.counting()
        .filter(round=round)
        .order_by("number")
        .values_list(
            "id", "number", "text", "language", "origin", "routing_weight", "group_weights"
        )
    )
    made = came_from(child__round=round)
    statements = tuple(
        DeckStatement(
            pk, number, text, language, direction(text), origin == Origin.PANEL, made.get(pk)
        )
        for pk, number, text, language, origin, _, _ in rows
    )
    groups = max((len(row[6]) for row in rows), default=0)
    return Deck(
        deliberation=round.deliberation,
        round=round,
        consent=text_hash(round.consent_text),
        statements=statements,
        places={statement.id: place for place, statement in enumerate(statements)},
        numbers={statement.number: place for place, statement in enumerate(statements)},
        lots=tuple(
            Lots(weights, list(accumulate(weights)))
            for weights in (
                [row[5] for row in rows],
                # A statement too new to have weights by group weighs the same in each.
                *(
                    [row[6][group] if group < len(row[6]) else row[5] for row in rows]
                    for group in range(groups)
                ),
            )
        ),
    )


_kept: dict[str, tuple[float, Deck]] = {}


def deck_of(slug: str) -> Deck | None:
    """The deck of the newest round of a deliberation, at most ``DECK_SECONDS`` old.

    None where there is no such deliberation.
    """
    began = time.monotonic()
    kept_until, deck = _kept.get(slug, (0.0, None))
    if deck is not None and began < kept_until:
        return deck
    if deck is not None:
        # One thread reads; the others go on with what is there.
        _kept[slug] = (began + _WHILE_READING, deck)
    round = (
        Round.objects.select_related("deliberation__panel")
        .filter(deliberation__slug=slug)
        .order_by("-number")
        .first()
    )
    if round is None:
        _kept.pop(slug, None)
        return None
    deck = read_deck(round)
    took = time.monotonic() - began
    if settings.DECK_SECONDS:
        _kept[slug] = (began + max(settings.DECK_SECONDS, _REST * took), deck)
    return deck


def forget(slug: str) -> None:
    """Read this deck anew next time."""
    _kept.pop(slug, None)
