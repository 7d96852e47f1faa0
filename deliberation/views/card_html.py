"""The answer to a vote as HTML, quickly.

Rendering the card's template costs more than everything else about a vote together, and hardly
anything in it changes. So each variant is rendered once, by the same template, with marks in
the places of statements and secrets; an answer fills the marks in.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

from deliberation.deck import Deck, DeckStatement
from deliberation.models.votes import Choice
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.participant import Ballot, LastVote

# Characters of Unicode's private use area stand around a mark: no text we store holds any, since
# texts.clean() drops them.
_MARK = re.compile("\ue000([a-z_]+)\ue001")

# Direction, whether it is from the panel, and whether it was made from another.
_Look = tuple[str, bool, bool]


def card_context(deck: Deck, ballot: Ballot | None) -> dict[str, Any]:
    """What the card's template reads. ``ballot`` is None when the round takes no votes."""
    return {
        "deliberation": deck.deliberation,
        "round": deck.round,
        "may_vote": ballot is not None,
        "may_propose": allows(deck.round.stage, PARTICIPANT, "propose"),
        "ballot": ballot,
        "key": uuid.uuid4(),
        "undo_key": uuid.uuid4(),
        "choices": Choice,
    }


def saved_card(request: HttpRequest, deck: Deck, ballot: Ballot) -> str:
    """The card after a vote that was stored."""
    last = ballot.last
    filled = {
        "sealed": ballot.sealed,
        "key": str(uuid.uuid4()),
        "undo_key": str(uuid.uuid4()),
        # The token that came with the vote and was found right: a new mask for the same secret
        # takes longer than drawing the card.
        "csrf": escape(request.POST.get("csrfmiddlewaretoken", "") or get_token(request)),
        **_texts("statement", ballot.statement),
        **_texts("upcoming", ballot.upcoming),
        **_texts("last", last.statement if last else None),
    }
    return _variant(_Variant.of(deck, ballot))(filled)


class _Variant(NamedTuple):
    """All that the card shows beside the marks. Equal variants look the same.

    ``made_of`` takes no part in comparing: what the card shows of a deck is frozen with the
    round, and of a ballot it is named here.
    """

    language: str | None
    round: int
    phase: str
    slug: str
    voted: int
    goal: int
    last: int | None
    statement: _Look | None
    upcoming: _Look | None
    last_direction: str
    made_of: _MadeOf

    @classmethod
    def of(cls, deck: Deck, ballot: Ballot) -> _Variant:
        last = ballot.last
        return cls(
            get_language(),
            deck.round.pk,
            deck.round.stage,
            deck.deliberation.slug,
            ballot.voted,
            ballot.goal,
            last.value if last else None,
            _look(ballot.statement),
            _look(ballot.upcoming),
            last.statement.direction if last else "",
            _MadeOf(deck, ballot),
        )


def _look(statement: DeckStatement | None) -> _Look | None:
    if statement is None:
        return None
    return (statement.direction, statement.from_panel, statement.came_from is not None)


class _Made(NamedTuple):
    """In the place of a ``CameFrom``: what the card shows of it."""

    words: str
    log: str


class _MadeOf:
    """A deck and a ballot, equal to all others."""

    __slots__ = ("ballot", "deck")

    def __init__(self, deck: Deck, ballot: Ballot) -> None:
        self.deck = deck
        self.ballot = ballot

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _MadeOf)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=2000)
def _variant(variant: _Variant) -> Callable[[dict[str, str]], str]:
    """The template of one variant, as a function of what its marks stand for."""
    deck, ballot = variant.made_of.deck, variant.made_of.ballot
    last = ballot.last
    marked = replace(
        ballot,
        statement=_marked("statement", ballot.statement) if ballot.statement else None,
        upcoming=_marked("upcoming", ballot.upcoming) if ballot.upcoming else None,
        last=last and LastVote(_marked("last", last.statement), last.value),
        sealed=_mark("sealed") if ballot.sealed else "",
    )
    context = card_context(deck, marked) | {
        "saved": True,
        "key": _mark("key"),
        "undo_key": _mark("undo_key"),
        "csrf_token": _mark("csrf"),
    }
    parts = _MARK.split(render_to_string("deliberation/vote.html#card", context))
    texts, names = parts[::2], parts[1::2]

    def fill(filled: dict[str, str]) -> str:
        answer = [texts[0]]
        for name, text in zip(names, texts[1:], strict=True):
            answer += (filled[name], text)
        return "".join(answer)

    return fill


def _mark(name: str) -> str:
    return f"\ue000{name}\ue001"


def _marked(name: str, statement: DeckStatement) -> DeckStatement:
    made = _Made(_mark(f"{name}_made"), _mark(f"{name}_log")) if statement.came_from else None
    return replace(
        statement,
        id=0,
        number=_mark(f"{name}_number"),  # type: ignore[arg-type]  # shown, not counted with
        text=_mark(f"{name}_text"),
        language=_mark(f"{name}_language"),
        came_from=made,  # type: ignore[arg-type]  # its words, marked
    )


def _texts(name: str, statement: DeckStatement | None) -> dict[str, str]:
    if statement is None:
        return {}
    texts = {
        f"{name}_number": str(statement.number),
        f"{name}_text": escape(statement.text),
        f"{name}_language": escape(statement.language),
    }
    if made := statement.came_from:
        texts |= {f"{name}_made": escape(made.words), f"{name}_log": made.log}
    return texts
