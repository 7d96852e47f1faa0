"""What a participant's own pages read."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from deliberation.models import Participant, Round, Statement, Vote
from deliberation.models.moderation import ReasonCode
from deliberation.models.statements import Status
from deliberation.services.cards import next_card


@dataclass(frozen=True)
class LastVote:
    """The vote that an undo would take back."""

    number: int
    text: str
    language: str
    value: int


@dataclass(frozen=True)
class Ballot:
    """The card in front of a participant and how far they have come.

    ``statement`` is None once they have voted on everything. ``choice`` is set when they look
    at a vote they have cast. ``goal`` is the number of votes asked for, never more than there
    are statements.
    """

    statement: Statement | None
    choice: int | None
    voted: int
    goal: int
    last: LastVote | None

    @property
    def reached(self) -> bool:
        return self.voted >= self.goal


def ballot(*, participant: Participant, round: Round, number: int | None = None) -> Ballot:
    """The next card, or the statement ``number`` if the participant has voted on it.

    Drawing a card logs an exposure (services/cards.py).
    """
    votes = _own_votes(participant, round)
    asked = votes.filter(statement__number=number).first() if number is not None else None
    if asked is None:
        card = next_card(participant=participant, round=round)
        statement, choice = (card.statement if card else None), None
    else:
        statement, choice = asked.statement, asked.value
    available = Statement.objects.counting().filter(round=round).count()
    last = votes.order_by("-updated_at", "-pk").first()
    return Ballot(
        statement=statement,
        choice=choice,
        voted=votes.count(),
        goal=min(round.target_votes, available),
        last=_last_vote(last) if last else None,
    )


def _own_votes(participant: Participant, round: Round) -> QuerySet[Vote]:
    counting = Statement.objects.counting().filter(round=round)
    return Vote.objects.filter(participant=participant, statement__in=counting).select_related(
        "statement"
    )


def _last_vote(vote: Vote) -> LastVote:
    statement = vote.statement
    return LastVote(statement.number, statement.text, statement.language, vote.value)


@dataclass(frozen=True)
class Contribution:
    """A statement by the reader: where it stands, and why if it was turned down."""

    number: int
    text: str
    language: str
    status: str
    status_words: str
    reason: str
    note: str


def contributions(*, participant: Participant, round: Round) -> list[Contribution]:
    """The participant's own statements, newest first."""
    own = (
        Statement.objects.filter(round=round, author=participant)
        .prefetch_related("decisions")
        .order_by("-number")
    )
    return [_contribution(statement) for statement in own]


def _contribution(statement: Statement) -> Contribution:
    rejected = statement.status == Status.REJECTED
    decisions = sorted(statement.decisions.all(), key=lambda decision: decision.pk)
    last = decisions[-1] if decisions and rejected else None
    return Contribution(
        number=statement.number,
        text=statement.text,
        language=statement.language,
        status=statement.status,
        status_words=str(Status(statement.status).label),
        reason=str(ReasonCode(last.reason).label) if last else "",
        note=last.note if last else "",
    )
