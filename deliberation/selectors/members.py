"""Who works on a deliberation, who was asked to, and what waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from deliberation.models import Approval, Deliberation, MemberInvitation, Membership, User
from deliberation.models.deliberations import Role, TwoPeopleAction
from deliberation.phases import ever_allowed

# Where the act itself is done, which is how the second person agrees.
_WHERE = {
    TwoPeopleAction.OPEN: "open_round",
    TwoPeopleAction.EXCLUDE: "exclusions",
    TwoPeopleAction.PUBLISH: "constitution_workspace",
}


@dataclass(frozen=True)
class InvitationRow:
    """Someone who was asked and has not answered."""

    invitation: MemberInvitation
    # What became of the newest letter, in words; empty where none could be sent.
    letter: str
    problem: str
    run_out: bool


@dataclass(frozen=True)
class Waiting:
    """Something that waits for a second person, as ``user`` sees it."""

    approval: Approval
    words: str
    who: str
    at: datetime
    # Where the second person does the same.
    address: str
    mine: bool
    # What the reader of the page would do now is not what was asked for.
    other: bool = False


def members(deliberation: Deliberation) -> QuerySet[Membership]:
    """Everyone who works here, owners first."""
    order = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Role.values)),
        output_field=IntegerField(),
    )
    found = Membership.objects.filter(deliberation=deliberation).select_related("user")
    return found.order_by(order, "user__email")


def invitations(deliberation: Deliberation) -> list[InvitationRow]:
    """Who was asked and has not accepted, oldest first."""
    found = MemberInvitation.objects.filter(deliberation=deliberation, accepted_at=None)
    waiting = found.prefetch_related("outgoing").order_by("created_at", "pk")
    return [_invitation(row) for row in waiting]


def _invitation(row: MemberInvitation) -> InvitationRow:
    newest = max(row.outgoing.all(), key=lambda letter: letter.number, default=None)
    return InvitationRow(
        invitation=row,
        letter=str(newest.get_state_display()) if newest else "",
        problem=newest.problem if newest else "",
        run_out=row.expires_at <= timezone.now(),
    )


def who_can_agree(deliberation: Deliberation) -> list[Membership]:
    """Everyone whose role lets them do what may need two people."""
    return [
        member
        for member in members(deliberation).filter(user__is_active=True)
        if any(ever_allowed(member.role, action) for action in TwoPeopleAction.values)
    ]


def waiting_approvals(deliberation: Deliberation, user: User) -> list[Waiting]:
    """Everything that waits for a second person, oldest first."""
    found = Approval.objects.filter(deliberation=deliberation, decided_at=None)
    asked = found.select_related("asked_by", "deliberation").order_by("asked_at", "pk")
    return [_waiting(approval, user) for approval in asked]


def waiting_approval(
    deliberation: Deliberation, action: str, user: User, *, digest: str = ""
) -> Waiting | None:
    """What waits for a second person before ``action`` happens, for the page of that act.

    digest : of what would be done now; a request for something else is marked ``other``.
    """
    found = Approval.objects.filter(deliberation=deliberation, action=action, decided_at=None)
    approval = found.select_related("asked_by", "deliberation").first()
    return _waiting(approval, user, digest) if approval else None


def _waiting(approval: Approval, user: User, digest: str = "") -> Waiting:
    try:
        address = reverse(
            _WHERE[TwoPeopleAction(approval.action)], args=[approval.deliberation.slug]
        )
    except NoReverseMatch:
        address = ""
    return Waiting(
        approval=approval,
        words=str(approval.get_action_display()),
        who=approval.asked_by.email,
        at=approval.asked_at,
        address=address,
        mine=approval.asked_by_id == user.pk,
        other=bool(digest) and digest != approval.digest,
    )
