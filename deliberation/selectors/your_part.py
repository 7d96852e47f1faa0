"""What a participant did, and what became of it. Counts of others, never how they voted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from deliberation.models import Exclusion, Participant, ProfileQuestion, Round, Statement, Vote
from deliberation.models.rounds import Phase, RoundKind
from deliberation.models.statements import Status
from deliberation.models.votes import Choice

from .own_statements import OwnStatement, own_statements
from .public import Step, numbers, steps


@dataclass(frozen=True)
class OwnVotes:
    """Votes on statements that count, and ``set_aside`` those on statements taken out since."""

    agree: int
    disagree: int
    passed: int
    important: int
    set_aside: int

    @property
    def total(self) -> int:
        return self.agree + self.disagree + self.passed


@dataclass(frozen=True)
class YourPart:
    """All that the page says. ``goal`` is never more than there are statements to vote on."""

    votes: OwnVotes
    goal: int
    statements: list[OwnStatement]
    others: int
    all_votes: int
    steps: list[Step]
    asked_about_you: bool
    ratification: Round | None
    # Why their votes do not count, in words; empty where they do.
    left_out: str

    @property
    def reached(self) -> bool:
        return self.votes.total >= self.goal > 0

    @property
    def next_step(self) -> Step | None:
        """What comes after what happens now; None at the end."""
        return next((step for step in self.steps if step.state == "next"), None)


def opinion_round(participant: Participant) -> Round:
    """The round in which people propose and vote; the first question of all."""
    rounds = participant.deliberation.rounds
    return rounds.filter(kind=RoundKind.OPINION).latest("number")


def your_part(*, participant: Participant, round: Round) -> YourPart:
    """What the participant did in this round, as it stands now."""
    counted = numbers(round)
    return YourPart(
        votes=own_votes(participant, round),
        goal=min(round.target_votes, counted.statements),
        statements=own_statements(participant=participant, round=round),
        others=max(counted.participants - 1, 0),
        all_votes=counted.votes,
        steps=steps(participant.deliberation, round),
        asked_about_you=ProfileQuestion.objects.filter(
            panel__deliberation=participant.deliberation_id
        ).exists(),
        ratification=_ratification(participant),
        left_out=_left_out(participant),
    )


def own_votes(participant: Participant, round: Round) -> OwnVotes:
    """The participant's votes of this round by kind."""
    counts = Q(statement__in=Statement.objects.counting().filter(round=round))
    votes = Vote.objects.filter(participant=participant, round=round)
    found = votes.aggregate(
        agree=Count("pk", filter=counts & Q(value=Choice.AGREE)),
        disagree=Count("pk", filter=counts & Q(value=Choice.DISAGREE)),
        passed=Count("pk", filter=counts & Q(value=Choice.PASS)),
        important=Count("pk", filter=counts & Q(important=True)),
        set_aside=Count("pk", filter=~counts),
    )
    return OwnVotes(**found)


def _left_out(participant: Participant) -> str:
    found = Exclusion.objects.filter(participant=participant).first()
    return found.get_reason_display() if found else ""


def _ratification(participant: Participant) -> Round | None:
    """The round in which the panel votes on the wording, once it has begun."""
    rounds = participant.deliberation.rounds.filter(kind=RoundKind.RATIFICATION)
    return rounds.exclude(phase=Phase.DRAFT).order_by("-number").first()


@dataclass(frozen=True)
class Leaving:
    """What leaving would do now, for the page that asks once more."""

    votes_taken_back: int
    votes_kept: int
    statements_taken_back: int
    statements_kept: int
    has_email: bool
    has_answers: bool
    sent_by_vendor: bool


def leaving(participant: Participant) -> Leaving:
    """What services/withdrawal.py would do if called now."""
    votes, own = participant.votes, participant.statements
    open_votes = votes.filter(round__in=[r for r in _rounds(participant) if r.is_open]).count()
    seat = participant.seat
    return Leaving(
        votes_taken_back=open_votes,
        votes_kept=votes.count() - open_votes,
        statements_taken_back=own.filter(status=Status.PENDING).count(),
        statements_kept=own.counting().count(),
        has_email=hasattr(seat, "subscription") or hasattr(seat, "contact"),
        has_answers=seat.profile_answers.exists(),
        sent_by_vendor=hasattr(seat, "vendor_reference"),
    )


def _rounds(participant: Participant) -> QuerySet[Round]:
    return participant.deliberation.rounds.all()
