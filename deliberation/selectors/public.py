"""What the public pages read. Counts and accepted statements only, no results while open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.came_from import CameFrom, came_from
from deliberation.models import (
    Deliberation,
    Participant,
    Pool,
    Round,
    Statement,
    Vote,
)
from deliberation.models.deliberations import Visibility
from deliberation.models.rounds import OPEN_PHASES, Phase
from deliberation.models.statements import Origin

_PER_PAGE: Final = 50


@dataclass(frozen=True)
class Listed:
    """One line on the home page."""

    deliberation: Deliberation
    question: str
    phase: str
    participants: int


@dataclass(frozen=True)
class Home:
    """Deliberations by what a visitor can do with them."""

    open: list[Listed]
    published: list[Listed]
    closed: list[Listed]


def home() -> Home:
    """Listed deliberations that were opened at least once, newest first."""
    newest = Round.objects.filter(deliberation=OuterRef("pk")).order_by("-number")
    rows = (
        Deliberation.objects.filter(visibility=Visibility.PUBLIC)
        .annotate(
            phase=Subquery(newest.values("phase")[:1]),
            question=Subquery(newest.values("question")[:1]),
            closed_at=Subquery(newest.values("closed_at")[:1]),
            people=Count(
                "participants",
                filter=Q(participants__withdrawn_at=None)
                | Q(participants__withdrawn_at__gte=F("closed_at")),
            ),
        )
        .exclude(phase=Phase.DRAFT)
        .order_by("-created_at")
    )
    listed = [Listed(row, row.question, row.phase, row.people) for row in rows]
    return Home(
        open=[one for one in listed if one.phase in OPEN_PHASES],
        published=[one for one in listed if one.deliberation.published_at],
        closed=[
            one for one in listed if one.phase == Phase.CLOSED and not one.deliberation.published_at
        ],
    )


@dataclass(frozen=True)
class Numbers:
    """How large a round is: people with a seat, statements that count, votes on those."""

    participants: int
    statements: int
    votes: int


def numbers(round: Round) -> Numbers:
    """Counts of one round, as they stand now."""
    counting = Statement.objects.counting().filter(round=round)
    return Numbers(
        participants=Participant.objects.of_round(round.closed_at)
        .filter(deliberation=round.deliberation_id)
        .count(),
        statements=counting.count(),
        votes=Vote.objects.filter(statement__in=counting).count(),
    )


def takes_sign_ups(deliberation: Deliberation) -> bool:
    """Whether people may put their own names in for the lottery now."""
    in_time = Q(sign_up_ends_at=None) | Q(sign_up_ends_at__gt=timezone.now())
    pools = Pool.objects.filter(in_time, panel__deliberation=deliberation)
    return pools.filter(sign_up=True, frozen_at=None).exists()


@dataclass(frozen=True)
class Step:
    """One step of the whole way. ``state`` is "done", "current" or "next"."""

    title: str
    text: str
    state: str


def steps(deliberation: Deliberation, round: Round) -> list[Step]:
    """What happened, what happens now and what comes next, for one deliberation."""
    words = [
        (_("Propose and vote"), _("People write statements and vote on each other’s.")),
        (_("Vote only"), _("No new statements, so that everyone can vote on the same list.")),
        (_("Report"), _("The votes are counted by rules that were fixed before the first vote.")),
        (_("Constitution"), _("What the panel agrees on is written down as principles.")),
    ]
    now = _step_now(deliberation, round)
    return [
        Step(title, text, "done" if i < now else "current" if i == now else "next")
        for i, (title, text) in enumerate(words)
    ]


def _step_now(deliberation: Deliberation, round: Round) -> int:
    if deliberation.published_at is not None:
        return 4
    return {Phase.DRAFT: -1, Phase.PROPOSE: 0, Phase.VOTE: 1, Phase.CLOSED: 2}[Phase(round.phase)]


@dataclass(frozen=True)
class StatementRow:
    """A statement in the public list, with the reader's own vote if they have one.

    ``came_from`` says what it was made from, if it was.
    """

    number: int
    text: str
    language: str
    from_panel: bool
    own_vote: int | None
    came_from: CameFrom | None


def statements(
    round: Round, *, page: str | None, reader: Participant | None = None
) -> tuple[Page[Statement], list[StatementRow]]:
    """One page of the statements that count, by number."""
    counting = Statement.objects.counting().filter(round=round).order_by("number")
    shown = Paginator(counting, _PER_PAGE).get_page(page)
    own: dict[int, int] = {}
    if reader is not None:
        votes = Vote.objects.filter(participant=reader, statement__in=[s.pk for s in shown])
        own = dict(votes.values_list("statement_id", "value"))
    made = came_from(child__in=[s.pk for s in shown])
    rows = [
        StatementRow(
            s.number,
            s.text,
            s.language,
            s.origin == Origin.PANEL,
            own.get(s.pk),
            made.get(s.pk),
        )
        for s in shown
    ]
    return shown, rows
