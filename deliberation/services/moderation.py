"""Accept or reject a statement. Every decision is a public line."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import ModerationDecision, Statement, User
from deliberation.models.moderation import NOT_BY_A_PERSON, Decision, ReasonCode
from deliberation.models.statements import Status
from deliberation.phases import allows

from . import locks
from .appeals import answer_appeal
from .audit import record
from .errors import Invalid, WrongPhase
from .statements import refuse_duplicate


def moderate(
    *,
    statement: Statement,
    decision: str,
    reason: str,
    note: str = "",
    actor: User | None,
    role: str,
) -> ModerationDecision:
    """Accept or reject, with a reason code that a person can give.

    A statement that has votes can still be rejected while the round is open; its votes stay
    in the record and no longer count. A decision answers the author's appeal, if one waits.
    Raises Invalid or WrongPhase, and NotAllowed where somebody else should answer the appeal.
    """
    if decision not in Decision.values:
        raise Invalid(_("Choose accept or reject."), field="decision")
    if reason not in ReasonCode.values or reason in NOT_BY_A_PERSON:
        raise Invalid(_("Choose a reason."), field="reason")
    if decision == Decision.REJECT and reason == ReasonCode.FITS:
        raise Invalid(_("Say why it is not shown. The author will read it."), field="reason")
    with transaction.atomic():
        locks.hold(locks.ROUND, statement.round_id)
        statement = Statement.objects.select_related("round__deliberation").get(pk=statement.pk)
        if not allows(statement.round.stage, role, "moderate"):
            raise WrongPhase(_("The round is closed. Its statements no longer change."))
        if decision == Decision.ACCEPT and statement.status == Status.REJECTED:
            refuse_duplicate(statement.text, statement.round)
        return _decide(statement, decision, reason, note, actor, role)


def _decide(
    statement: Statement, decision: str, reason: str, note: str, actor: User | None, role: str
) -> ModerationDecision:
    now = timezone.now()
    appealed = answer_appeal(statement=statement, actor=actor, at=now)
    statement.status = Status.ACCEPTED if decision == Decision.ACCEPT else Status.REJECTED
    statement.save(update_fields=["status"])
    record(
        deliberation=statement.round.deliberation,
        actor=actor,
        action=f"statement.{statement.status}",
        subject=f"statement {statement.number}",
        reason=reason,
        **({"second_look": "yes"} if appealed else {}),
    )
    return ModerationDecision.objects.create(
        statement=statement,
        decision=decision,
        reason=reason,
        note=note.strip(),
        actor=actor,
        actor_role=role,
        created_at=now,
    )
