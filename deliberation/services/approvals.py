"""Two people for what cannot be undone, where the deliberation asks for it.

The first who asks leaves a request that names exactly what was asked for. Whoever else does the
same afterwards agrees, and it happens. A request for something else takes the place of the one
before: nobody agrees to what they have not seen.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Approval, Deliberation, Membership, User
from deliberation.phases import ever_allowed

from .audit import record
from .errors import WrongPhase


def agreed(*, deliberation: Deliberation, action: str, digest: str, actor: User) -> bool:
    """Whether ``action`` may happen now: one person is enough, or this is the second.

    Otherwise the request of ``actor`` is stored and the answer is False; asking again changes
    nothing. Call it inside the transaction of the act itself, so that the agreement and the act
    hold or fall together, and let that transaction end well when the answer is False.
    ``deliberation`` is read again, so that a switch that was turned meanwhile counts.

    action : of TwoPeopleAction. digest : up to 64 characters that name exactly what is done.
    """
    if not Deliberation.objects.filter(pk=deliberation.pk, two_people=True).exists():
        return True
    with transaction.atomic():
        waiting = _locked(deliberation, action) or _ask_first(deliberation, action, digest, actor)
        if waiting is None or (waiting.digest == digest and waiting.asked_by_id == actor.pk):
            return False
        if waiting.digest == digest and _still_works_here(waiting):
            _close(waiting, actor, agreed=True, as_="approval.agreed")
            return True
        _close(waiting, actor, agreed=False, as_="approval.replaced")
        _ask(deliberation, action, digest, actor)
    return False


def open_approval(deliberation: Deliberation, action: str) -> Approval | None:
    """The request that waits for a second person, if there is one."""
    found = Approval.objects.filter(deliberation=deliberation, action=action, decided_at=None)
    return found.select_related("asked_by").first()


def refuse(*, approval: Approval, actor: User) -> None:
    """Say no to a request, or take back one's own. Raises WrongPhase if it is settled already."""
    with transaction.atomic():
        waiting = _locked(approval.deliberation, approval.action)
        if waiting is None or waiting.pk != approval.pk:
            raise WrongPhase(_("This request was settled in the meantime."))
        own = waiting.asked_by_id == actor.pk
        name = "approval.taken_back" if own else "approval.refused"
        _close(waiting, actor, agreed=False, as_=name)


def drop_requests_of(*, user: User, deliberation: Deliberation, actor: User) -> None:
    """Close what someone asked for who may not ask for it any more. Part of taking a role."""
    waiting = Approval.objects.select_for_update(of=("self",)).filter(
        deliberation=deliberation, asked_by=user, decided_at=None
    )
    for approval in waiting.order_by("pk"):
        if not _still_works_here(approval):
            _close(approval, actor, agreed=False, as_="approval.refused")


def _locked(deliberation: Deliberation, action: str) -> Approval | None:
    found = Approval.objects.select_for_update(of=("self",))
    return found.filter(deliberation=deliberation, action=action, decided_at=None).first()


def _ask_first(
    deliberation: Deliberation, action: str, digest: str, actor: User
) -> Approval | None:
    """Ask. None when that is done; the other request where somebody asked at the same moment."""
    try:
        with transaction.atomic():
            _ask(deliberation, action, digest, actor)
    except IntegrityError:
        waiting = _locked(deliberation, action)
        # Settled already, by a third: then this is the first request again.
        return waiting or _ask_first(deliberation, action, digest, actor)
    return None


def _ask(deliberation: Deliberation, action: str, digest: str, actor: User) -> None:
    Approval.objects.create(
        deliberation=deliberation,
        action=action,
        digest=digest,
        asked_by=actor,
        asked_at=timezone.now(),
    )
    record(
        deliberation=deliberation,
        actor=actor,
        action="approval.asked",
        subject=action,
        digest=digest,
    )


def _close(approval: Approval, actor: User, *, agreed: bool, as_: str) -> None:
    approval.decided_by = actor
    approval.decided_at = timezone.now()
    approval.agreed = agreed
    approval.save(update_fields=["decided_by", "decided_at", "agreed"])
    record(
        deliberation=approval.deliberation,
        actor=actor,
        action=as_,
        subject=approval.action,
        digest=approval.digest,
    )


def _still_works_here(approval: Approval) -> bool:
    """Whoever asked has to be someone who could do it themselves, today."""
    roles = Membership.objects.filter(
        deliberation=approval.deliberation_id,
        user=approval.asked_by_id,
        user__is_active=True,
    ).values_list("role", flat=True)
    return any(ever_allowed(role, approval.action) for role in roles)
