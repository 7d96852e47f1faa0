"""The page for writing a statement: those like it, and what became of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from deliberation import hints
from deliberation.deck import Deck, DeckStatement
from deliberation.hint_words import hint_words
from deliberation.models import (
    Participant,
    Vote,
)
from deliberation.phases import PARTICIPANT, allows
from deliberation.services.cards import Card, seal
from deliberation.similarity import similar_statements

# From here on someone who is about to send is asked first. On the pairs of
# tests/deliberation/data/similar_pairs.toml no unrelated one comes near it.
VERY_SIMILAR: Final = 0.6
# Suggestions come while someone types: they do not wait for word vectors that are being read.
PATIENCE: Final = 0.15
# Shorter than this says too little to be compared.
_LEAST_TYPED: Final = 8


@dataclass(frozen=True, slots=True)
class Votable:
    """A statement, the reader's own vote on it if there is one, and what leads to its card.

    ``query`` goes behind the address of the page "vote"; empty where nobody can vote now.
    """

    statement: DeckStatement
    own_vote: int | None
    query: str


@dataclass(frozen=True, slots=True)
class Near(Votable):
    """An accepted statement like the one that is typed. ``score`` is at most 1."""

    score: float
    opposite: bool


@dataclass(frozen=True)
class Suggestions:
    """Statements alike, those that seem to say the opposite apart."""

    alike: list[Near]
    opposite: list[Near]

    @property
    def count(self) -> int:
        return len(self.alike) + len(self.opposite)


def suggestions(text: str, *, deck: Deck, participant: Participant) -> Suggestions:
    """The three accepted statements most like what is typed, if they are like it at all."""
    near = _near(text, deck, participant)
    return Suggestions(
        alike=[one for one in near if not one.opposite],
        opposite=[one for one in near if one.opposite],
    )


def _near(text: str, deck: Deck, participant: Participant) -> list[Near]:
    # What is longer cannot be sent; it is not read to its end either.
    text = text.strip()[: 2 * deck.round.statement_max_length]
    if len(text) < _LEAST_TYPED:
        return []
    found = similar_statements(
        text,
        [statement.text for statement in deck.statements],
        language=deck.deliberation.language,
        patience=PATIENCE,
    )
    statements = [deck.statements[one.index] for one in found]
    ways = votable(statements, deck=deck, participant=participant)
    return [
        Near(way.statement, way.own_vote, way.query, one.score, one.opposite)
        for way, one in zip(ways, found, strict=True)
    ]


def votable(
    statements: Iterable[DeckStatement], *, deck: Deck, participant: Participant
) -> list[Votable]:
    """The statements with the reader's own votes and the way to vote on each; one query."""
    statements = list(statements)
    votes = dict(
        Vote.objects.filter(
            participant=participant, statement__in=[one.id for one in statements]
        ).values_list("statement_id", "value")
    )
    return [
        Votable(one, votes.get(one.id), _query(one, one.id in votes, deck, participant))
        for one in statements
    ]


def _query(statement: DeckStatement, voted: bool, deck: Deck, participant: Participant) -> str:
    if not allows(deck.round.stage, PARTICIPANT, "vote"):
        return ""
    if voted:
        return f"?statement={statement.number}"
    # Asked for, not drawn: its probability says nothing.
    return f"?card={seal(deck, participant.number, Card(statement, 1.0), after=0)}"


# --- Before it is sent


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text; ``words`` say what it looks like, empty if like nothing."""

    text: str
    words: str


@dataclass(frozen=True)
class Check:
    """What somebody should look at before others see their statement; falsy if nothing."""

    pieces: list[Piece]
    notes: list[str]
    near: list[Near]

    @property
    def marked(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.words]

    def __bool__(self) -> bool:
        return bool(self.marked or self.notes or self.near)


def check(text: str, *, deck: Deck, participant: Participant) -> Check:
    """Personal data, several ideas, a question, and a statement that says nearly the same.

    These are hints: whoever wrote the text may send it as it is.
    """
    near = _near(text, deck, participant)
    return Check(
        pieces=_pieces(text),
        notes=_notes(text, deck.deliberation.language),
        near=[one for one in near if one.score >= VERY_SIMILAR and not one.opposite],
    )


def _pieces(text: str) -> list[Piece]:
    pieces, done = [], 0
    for hint in hints.personal_data(text):
        if done < hint.start:
            pieces.append(Piece(text[done : hint.start], ""))
        pieces.append(Piece(hint.found, hint_words(hint.kind)))
        done = hint.end
    if done < len(text):
        pieces.append(Piece(text[done:], ""))
    return pieces


def _notes(text: str, language: str) -> list[str]:
    notes = []
    if hints.several_ideas(text, language):
        notes.append(hint_words("several_ideas"))
    if hints.is_question(text):
        notes.append(hint_words("question"))
    return notes
