"""Who works on a deliberation, and whether two of them are needed for what cannot be undone.

Changes of roles hold the row of the deliberation, so that of two owners who remove each other at
the same moment one stays. In the audit trail a member is a number: addresses stay out of it.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from deliberation.models import Deliberation, Draw, Membership, User
from deliberation.models.deliberations import Role
from deliberation.models.recruiting import DrawState
from deliberation.models.rounds import Phase

from .approvals import drop_requests_of, refuse
from .audit import record
from .errors import Invalid, WrongPhase


def change_role(*, membership: Membership, role: str, actor: User) -> Membership:
    """Give a member another role; the same role changes nothing.

    Raises Invalid(field "role") for the last owner, WrongPhase if they are gone already.
    """
    with transaction.atomic():
        held = _held(membership)
        if held.role == role:
            return held
        before = held.role
        _refuse_last_owner(held)
        held.role = role
        held.save(update_fields=["role"])
        drop_requests_of(user=held.user, deliberation=held.deliberation, actor=actor)
        record(
            deliberation=held.deliberation,
            actor=actor,
            action="member.role_changed",
            subject=f"member {held.pk}",
            before=before,
            after=role,
        )
    return held


def remove_member(*, membership: Membership, actor: User) -> None:
    """Take a member's role away, at once and on all their devices.

    Raises Invalid for the last owner, WrongPhase if they are gone already.
    """
    with transaction.atomic():
        held = _held(membership)
        _refuse_last_owner(held)
        number, own = held.pk, held.user_id == actor.pk
        held.delete()
        drop_requests_of(user=held.user, deliberation=held.deliberation, actor=actor)
        record(
            deliberation=held.deliberation,
            actor=actor,
            action="member.left" if own else "member.removed",
            subject=f"member {number}",
            role=held.role,
        )


def may_switch_off_two_people(deliberation: Deliberation) -> bool:
    """Only before it could matter: no lottery is drawn and no round was ever opened."""
    opened = deliberation.rounds.exclude(phase=Phase.DRAFT).exists()
    drawn = Draw.objects.filter(pool__panel__deliberation=deliberation, state=DrawState.DONE)
    return not (opened or drawn.exists())


def set_two_people(*, deliberation: Deliberation, on: bool, actor: User) -> None:
    """Ask for two people from now on, or not. The same again changes nothing.

    Raises WrongPhase for switching off once a lottery was drawn or a round was opened: whoever
    could switch it off alone would need nobody's agreement.
    """
    with transaction.atomic():
        held = hold_members(deliberation)
        if held.two_people == on:
            return
        if not on and not may_switch_off_two_people(held):
            raise WrongPhase(
                _("Two people stay necessary once a lottery was drawn or the round was opened.")
            )
        held.two_people = on
        held.save(update_fields=["two_people"])
        if not on:
            _drop_all_requests(held, actor)
        record(
            deliberation=held,
            actor=actor,
            action="deliberation.two_people_on" if on else "deliberation.two_people_off",
        )


def hold_members(deliberation: Deliberation) -> Deliberation:
    """The deliberation, locked against other changes of its members; votes go on meanwhile."""
    return Deliberation.objects.select_for_update(no_key=True).get(pk=deliberation.pk)


def _held(membership: Membership) -> Membership:
    hold_members(membership.deliberation)
    found = Membership.objects.select_related("deliberation", "user").filter(pk=membership.pk)
    held = found.first()
    if held is None:
        raise WrongPhase(_("This person does not work here any more."))
    return held


def _refuse_last_owner(member: Membership) -> None:
    others = Membership.objects.filter(
        deliberation=member.deliberation_id, role=Role.OWNER, user__is_active=True
    ).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise Invalid(
            _("Every deliberation needs an owner. Make somebody else owner first."), field="role"
        )


def _drop_all_requests(deliberation: Deliberation, actor: User) -> None:
    waiting = deliberation.approvals.filter(decided_at=None).select_related("asked_by")
    for approval in waiting.order_by("pk"):
        refuse(approval=approval, actor=actor)
