"""What the organiser's pages read. Counts only: never who voted what."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliberation.access import Managed, current_round
from deliberation.models import (
    Deliberation,
    Membership,
    Round,
    Statement,
    User,
    Vote,
)
from deliberation.models.panels import SeatKind
from deliberation.models.rounds import Phase
from deliberation.models.statements import Origin
from deliberation.services.rounds import what_is_missing

from .queue import waiting_statements


@dataclass(frozen=True)
class Row:
    """One of my deliberations."""

    deliberation: Deliberation
    role: str
    round: Round
    participants: int
    waiting: int
    attention: list[str]


@dataclass(frozen=True)
class Numbers:
    """How far a round has come. All are counts; shares are of counting statements."""

    participants: int
    voters: int
    votes: int
    statements: int
    from_panel: int
    waiting: int
    least_votes: int
    least_number: int | None
    least_text: str
    seats_issued: int
    seats_free: int


def my_deliberations(user: User) -> list[Row]:
    """Everything this user works on, newest first."""
    memberships = (
        Membership.objects.filter(user=user)
        .select_related("deliberation__panel")
        .annotate(people=Count("deliberation__participants", distinct=True))
        .order_by("-deliberation__created_at")
    )
    rows = []
    for membership in memberships:
        round = current_round(membership.deliberation)
        waiting = waiting_statements(round).count()
        rows.append(
            Row(
                deliberation=membership.deliberation,
                role=membership.get_role_display(),
                round=round,
                participants=membership.people,
                waiting=waiting,
                attention=_attention(membership.deliberation, round, waiting),
            )
        )
    return rows


def numbers(managed: Managed) -> Numbers:
    """Counts of the current round, by the one query that says which statements count."""
    round = managed.round
    counting = Statement.objects.counting().filter(round=round)
    votes = Vote.objects.filter(statement__in=counting)
    least = counting.annotate(n=Count("votes")).order_by("n", "number").first()
    invited = managed.deliberation.panel.seats.filter(kind=SeatKind.INVITED, revoked_at=None)
    return Numbers(
        participants=managed.deliberation.participants.count(),
        voters=votes.values("participant").distinct().count(),
        votes=votes.count(),
        statements=counting.count(),
        from_panel=counting.filter(origin=Origin.PANEL).count(),
        waiting=waiting_statements(round).count(),
        least_votes=least.n if least else 0,  # type: ignore[attr-defined]
        least_number=least.number if least else None,
        least_text=least.text if least else "",
        seats_issued=invited.count(),
        seats_free=invited.filter(taken_at=None, participant=None).count(),
    )


def _attention(deliberation: Deliberation, round: Round, waiting: int) -> list[str]:
    """What a person should do next, in plain words; empty when nothing waits."""
    found = []
    if waiting and round.phase != Phase.CLOSED:
        found.append(
            ngettext(
                "%(n)d statement waits for a moderator.",
                "%(n)d statements wait for a moderator.",
                waiting,
            )
            % {"n": waiting}
        )
    if round.phase == Phase.DRAFT:
        missing = what_is_missing(round)
        found.extend(missing or [_("Everything is ready to open.")])
    if round.phase == Phase.CLOSED and deliberation.published_at is None:
        found.append(_("The round is closed. Draft the constitution from its results."))
    return found
