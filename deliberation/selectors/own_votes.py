"""Statements in a list, each with the reader's vote on it: the list view and the own votes page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from deliberation.came_from import CameFrom
from deliberation.deck import Deck, DeckStatement
from deliberation.models import Exposure, ModerationDecision, Participant, Statement, Vote
from deliberation.models.moderation import Decision
from deliberation.models.statements import Origin, Status
from deliberation.models.votes import Choice
from deliberation.selectors.lineage import WITHHELD
from deliberation.texts import direction

_PER_PAGE: Final = 50
_UNSEEN: Final = (None, False)
FILTERS: Final[dict[str, dict[str, object]]] = {
    "all": {},
    "agree": {"value": Choice.AGREE},
    "disagree": {"value": Choice.DISAGREE},
    "pass": {"value": Choice.PASS},
    "matters": {"important": True},
}
ORDERS: Final = {"newest": ("-updated_at", "-id"), "number": ("statement__number",)}


@dataclass(frozen=True, slots=True)
class Row:
    """A statement and the reader's vote on it.

    ``text`` is None where it must not be repeated. ``value`` is None where there is no vote.
    """

    number: int
    text: str | None
    language: str
    direction: str
    from_panel: bool
    value: int | None
    important: bool
    in_vote: bool = True
    came_from: CameFrom | None = None

    @property
    def agreed(self) -> bool:
        return self.value == Choice.AGREE

    @property
    def disagreed(self) -> bool:
        return self.value == Choice.DISAGREE

    @property
    def passed(self) -> bool:
        return self.value == Choice.PASS


@dataclass(frozen=True, slots=True)
class Progress:
    """Votes cast on statements that count, and how many are asked for."""

    voted: int
    goal: int

    @property
    def reached(self) -> bool:
        return self.voted >= self.goal


def progress(*, participant: Participant, deck: Deck) -> Progress:
    voted = Vote.objects.filter(participant=participant, statement__in=deck.places).count()
    return Progress(voted, deck.goal)


def listed(*, participant: Participant, deck: Deck, numbers: Sequence[int]) -> list[Row]:
    """Those of these statements that were put before the participant before, in this order.

    Others are left out: nobody picks what they are shown.
    """
    wanted = {s.number: s for s in deck.statements if s.number in set(numbers)}
    ids = [statement.id for statement in wanted.values()]
    shown = set(
        Exposure.objects.filter(participant=participant, statement__in=ids).values_list(
            "statement_id", flat=True
        )
    )
    votes = {
        pk: (value, important)
        for pk, value, important in Vote.objects.filter(
            participant=participant, statement__in=ids
        ).values_list("statement_id", "value", "important")
    }
    return [
        _in_deck(s, *votes.get(s.id, _UNSEEN))
        for s in (wanted[number] for number in dict.fromkeys(numbers) if number in wanted)
        if s.id in shown or s.id in votes
    ]


def _in_deck(s: DeckStatement, value: int | None, important: bool) -> Row:
    return Row(
        number=s.number,
        text=s.text,
        language=s.language,
        direction=s.direction,
        from_panel=s.from_panel,
        value=value,
        important=important,
        came_from=s.came_from,
    )


@dataclass(frozen=True, slots=True)
class OwnVotes:
    """One page of a participant's votes. ``counts`` has the number of rows of each filter."""

    page: Page[Vote]
    rows: list[Row]
    counts: dict[str, int]


def own_votes(
    *, participant: Participant, deck: Deck, show: str, order: str, page: str | None
) -> OwnVotes:
    """The votes of this round. ``show`` is one of FILTERS, ``order`` one of ORDERS."""
    votes = Vote.objects.filter(participant=participant, round=deck.round)
    chosen = votes.filter(**FILTERS[show]).order_by(*ORDERS[order]).select_related("statement")
    shown = Paginator(chosen, _PER_PAGE).get_page(page)
    return OwnVotes(shown, _rows(list(shown), deck), _counts(votes))


def own_vote(*, participant: Participant, deck: Deck, number: int) -> Row | None:
    """One statement of the round with the participant's vote, if there is or was one."""
    statement = Statement.objects.filter(round=deck.round, number=number).first()
    if statement is None:
        return None
    vote = Vote.objects.filter(participant=participant, statement=statement).first()
    if vote is not None:
        vote.statement = statement
        return _rows([vote], deck)[0]
    had = participant.vote_events.filter(statement=statement).exists()
    return _row(statement, None, deck, important=False, withheld=False) if had else None


def _counts(votes: QuerySet[Vote]) -> dict[str, int]:
    pairs = list(votes.values_list("value", "important"))
    of = {choice.name.lower(): sum(v == choice for v, _ in pairs) for choice in Choice}
    return {"all": len(pairs), **of, "matters": sum(important for _, important in pairs)}


def _rows(votes: list[Vote], deck: Deck) -> list[Row]:
    out = [vote.statement_id for vote in votes if vote.statement.status != Status.ACCEPTED]
    # The last decision of each, since later ones overwrite earlier ones here.
    last = dict(
        ModerationDecision.objects.filter(statement__in=out, decision=Decision.REJECT)
        .order_by("id")
        .values_list("statement_id", "reason")
    )
    return [
        _row(
            v.statement,
            v.value,
            deck,
            important=v.important,
            withheld=last.get(v.statement_id) in WITHHELD,
        )
        for v in votes
    ]


def _row(
    statement: Statement, value: int | None, deck: Deck, *, important: bool, withheld: bool
) -> Row:
    in_deck = deck.by_id(statement.pk)
    return Row(
        number=statement.number,
        text=None if withheld else statement.text,
        language=statement.language,
        direction=direction(statement.text),
        from_panel=statement.origin == Origin.PANEL,
        value=value,
        important=important,
        in_vote=statement.status == Status.ACCEPTED,
        came_from=in_deck.came_from if in_deck else None,
    )
