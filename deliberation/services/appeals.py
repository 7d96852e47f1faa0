"""The author of a statement that was turned down asks for a second look, once.

It comes back to the moderators' queue. Their next decision answers it, and somebody else than the
one who turned it down makes that decision wherever there is somebody else.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import (
    Appeal,
    Membership,
    ModerationDecision,
    Participant,
    Statement,
    User,
)
from deliberation.models.deliberations import Role
from deliberation.models.moderation import NOT_BY_A_PERSON, Decision
from deliberation.models.statements import Status
from deliberation.phases import allows
from deliberation.texts import clean

from . import locks
from .audit import record
from .errors import Invalid, NotAllowed, WrongPhase


def ask_again(*, participant: Participant, statement: Statement, text: str) -> Appeal:
    """Ask the moderators for a second look at one's own statement. Sent twice, it is one appeal.

    text : why it should be shown, at most 500 characters.
    Raises NotAllowed for anyone but the author, WrongPhase for a statement that was not turned
    down by a moderator or when nothing is decided any more, Invalid(field "text").
    """
    text = clean(text)
    limit = Appeal._meta.get_field("text").max_length or 0
    if not text:
        raise Invalid(_("Say why it should be shown."), field="text")
    if len(text) > limit:
        raise Invalid(
            _("This is longer than %(limit)d characters.") % {"limit": limit}, field="text"
        )
    with transaction.atomic():
        # Shared with votes: only closing and decisions of moderators have to wait for us.
        locks.share(locks.ROUND, statement.round_id)
        statement = (
            Statement.objects.select_for_update(no_key=True, of=("self",))
            .select_related("round__deliberation")
            .get(pk=statement.pk)
        )
        if participant.withdrawn_at is not None or statement.author_id != participant.pk:
            raise NotAllowed(_("Only its author can ask for a second look."))
        earlier = Appeal.objects.filter(statement=statement).first()
        if earlier is not None:
            return earlier
        if not may_ask_again(statement, latest_decision(statement)):
            raise WrongPhase(_("A second look at this statement cannot be asked for now."))
        record(
            deliberation=statement.round.deliberation,
            actor=None,
            action="statement.appealed",
            subject=f"statement {statement.number}",
        )
        return Appeal.objects.create(statement=statement, text=text, created_at=timezone.now())


def may_ask_again(statement: Statement, latest: ModerationDecision | None) -> bool:
    """Whether its author may ask for a second look now, who has not done so before."""
    return (
        statement.status == Status.REJECTED
        and latest is not None
        and latest.decision == Decision.REJECT
        and latest.reason not in NOT_BY_A_PERSON
        and allows(statement.round.stage, Role.MODERATOR, "moderate")
    )


def latest_decision(statement: Statement) -> ModerationDecision | None:
    """The decision that holds."""
    return statement.decisions.order_by("-id").first()


def open_appeal(statement: Statement) -> Appeal | None:
    """The appeal that waits for a decision, if there is one."""
    return Appeal.objects.filter(statement=statement, decided_at=None).first()


def answer_appeal(*, statement: Statement, actor: User | None, at: datetime) -> bool:
    """Mark an open appeal as answered by the decision made now; whether there was one.

    Call it inside the decision's transaction, before the decision is stored. Raises NotAllowed
    for someone who has decided on the statement before, where somebody else could.
    """
    if open_appeal(statement) is None:
        return False
    if somebody_else_should_look(statement, actor):
        raise NotAllowed(_("You decided on this before; someone else should look."))
    Appeal.objects.filter(statement=statement, decided_at=None).update(decided_at=at)
    return True


def somebody_else_should_look(statement: Statement, actor: User | None) -> bool:
    """Whether the actor decided on it before, and someone may moderate who did not."""
    if actor is None or not statement.decisions.filter(actor=actor).exists():
        return False
    roles = [role for role in Role.values if allows(statement.round.stage, role, "moderate")]
    members = Membership.objects.filter(
        deliberation=statement.round.deliberation_id, role__in=roles, user__is_active=True
    )
    return members.exclude(user__moderationdecision__statement=statement).exists()
