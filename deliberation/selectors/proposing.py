"""The page for writing a statement: those like it, and what became of one's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from deliberation import hints
from deliberation.deck import Deck, DeckStatement
from deliberation.hint_words import hint_words
from deliberation.models import (
    Appeal,
    ModerationDecision,
    Participant,
    Round,
    Statement,
    StatementLineage,
    Vote,
)
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.statements import LineageKind, Status
from deliberation.phases import PARTICIPANT, allows
from deliberation.services.appeals import may_ask_again
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
    if not allows(deck.round.phase, PARTICIPANT, "vote"):
        return ""
    if voted:
        return f"?statement={statement.number}"
    # Asked for, not drawn: its probability says nothing.
    return f"?card={seal(deck, participant.number, Card(statement, 1.0))}"


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


# --- One's own


@dataclass(frozen=True, slots=True)
class Successor:
    """What a statement of one's own was made into. ``votable`` is None if it does not count."""

    kind: str
    number: int
    text: str
    language: str
    votable: Votable | None

    @property
    def merged(self) -> bool:
        return self.kind == LineageKind.MERGED


@dataclass(frozen=True)
class OwnStatement:
    """A statement of one's own: where it stands, why, and what can still be done.

    ``looked_again`` is the decision that answered the appeal.
    """

    statement: Statement
    latest: ModerationDecision | None
    appeal: Appeal | None
    may_ask_again: bool
    successors: list[Successor]

    @property
    def reason(self) -> str:
        """Why it is not shown; empty while it is."""
        if self.statement.status != Status.REJECTED or self.latest is None:
            return ""
        return str(ReasonCode(self.latest.reason).label)

    @property
    def looked_again(self) -> ModerationDecision | None:
        return self.latest if self.appeal and self.appeal.decided_at else None

    @property
    def accepted_again(self) -> bool:
        return self.looked_again is not None and self.looked_again.decision == Decision.ACCEPT


def own_statements(*, participant: Participant, round: Round, deck: Deck) -> list[OwnStatement]:
    """The participant's own statements, newest first."""
    own = (
        Statement.objects.filter(round=round, author=participant)
        .select_related("round", "appeal")
        .prefetch_related("decisions")
        .order_by("-number")
    )
    made = _successors(own, deck, participant)
    return [_own_statement(one, made.get(one.pk, [])) for one in own]


def own_statement(*, participant: Participant, round: Round, number: int) -> OwnStatement | None:
    """One statement of the participant's own; None if there is none of this number."""
    own = Statement.objects.filter(round=round, author=participant, number=number)
    found = own.select_related("round", "appeal").prefetch_related("decisions").first()
    return _own_statement(found, []) if found else None


def _own_statement(statement: Statement, made: list[Successor]) -> OwnStatement:
    latest = max(statement.decisions.all(), key=lambda decision: decision.pk, default=None)
    appeal = getattr(statement, "appeal", None)
    return OwnStatement(
        statement=statement,
        latest=latest,
        appeal=appeal,
        may_ask_again=appeal is None and may_ask_again(statement, latest),
        successors=made,
    )


def _successors(
    own: Collection[Statement], deck: Deck, participant: Participant
) -> dict[int, list[Successor]]:
    """Statement id → what was made from it."""
    lines = list(
        StatementLineage.objects.filter(parent__in=own)
        .select_related("child")
        .order_by("child__number")
    )
    counting = [one for line in lines if (one := deck.by_id(line.child_id))]
    ways = votable(counting, deck=deck, participant=participant) if counting else []
    by_id = {way.statement.id: way for way in ways}
    found: dict[int, list[Successor]] = {}
    for line in lines:
        child = line.child
        after = Successor(
            line.kind, child.number, child.text, child.language, by_id.get(line.child_id)
        )
        found.setdefault(line.parent_id, []).append(after)
    return found
