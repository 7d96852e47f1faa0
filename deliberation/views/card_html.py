"""The answer to a vote as HTML, quickly.

Rendering the card's template costs more than everything else about a vote together, and hardly
anything in it changes. So each variant is rendered once, by the same template, with marks in
the places of statements and secrets; an answer fills the marks in.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

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


def card_context(deck: Deck, ballot: Ballot | None) -> dict[str, Any]:
    """What the card's template reads. ``ballot`` is None when the round takes no votes."""
    return {
        "deliberation": deck.deliberation,
        "round": deck.round,
        "may_vote": ballot is not None,
        "may_propose": allows(deck.round.phase, PARTICIPANT, "propose"),
        "ballot": ballot,
        "key": uuid.uuid4(),
        "undo_key": uuid.uuid4(),
        "choices": Choice,
    }


def saved_card(request: HttpRequest, deck: Deck, ballot: Ballot) -> str:
    """The card after a vote that was stored."""
    last = ballot.last
    marked = replace(
        ballot,
        statement=_marked("statement", ballot.statement) if ballot.statement else None,
        upcoming=_marked("upcoming", ballot.upcoming) if ballot.upcoming else None,
        last=LastVote(_marked("last", ballot.last.statement), ballot.last.value)
        if ballot.last
        else None,
        sealed=_mark("sealed") if ballot.sealed else "",
    )
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
    return _variant(_Variant.of(deck, marked))(filled)


@dataclass(frozen=True, slots=True)
class _Variant:
    """All that the card shows beside the marks. Equal variants look the same."""

    language: str | None
    round: int
    phase: str
    slug: str
    ballot: Ballot
    deck: _Unlooked

    @classmethod
    def of(cls, deck: Deck, ballot: Ballot) -> _Variant:
        phase, slug = deck.round.phase, deck.deliberation.slug
        return cls(get_language(), deck.round.pk, phase, slug, ballot, _Unlooked(deck))


class _Unlooked:
    """A deck that takes no part in comparing variants: what they show of it is frozen."""

    __slots__ = ("deck",)

    def __init__(self, deck: Deck) -> None:
        self.deck = deck

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Unlooked)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1000)
def _variant(variant: _Variant) -> Callable[[dict[str, str]], str]:
    """The template of one variant, as a function of what its marks stand for."""
    context = card_context(variant.deck.deck, variant.ballot) | {
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
    return replace(
        statement,
        id=0,
        number=_mark(f"{name}_number"),  # type: ignore[arg-type]  # shown, not counted with
        text=_mark(f"{name}_text"),
        language=_mark(f"{name}_language"),
    )


def _texts(name: str, statement: DeckStatement | None) -> dict[str, str]:
    if statement is None:
        return {}
    return {
        f"{name}_number": str(statement.number),
        f"{name}_text": escape(statement.text),
        f"{name}_language": escape(statement.language),
    }
