"""What was fixed at opening changes in public only: what, why, by which role.

The trigger on rounds lets a frozen column change only together with an amendment that leads from
the fingerprint it had to the one it gets. So fingerprints form a chain: each is taken over the
columns as they are now and the fingerprint before, and the first one over the seeds as well.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from aggregation.engine import Plan
from deliberation.models import Round, User
from deliberation.models.rounds import Amendment, AmendmentKind, Phase
from deliberation.plan_check import plan_problems
from deliberation.texts import clean

from . import locks
from .audit import record
from .consent import keep_version
from .deliberations import OF_ROUND
from .errors import Invalid, WrongPhase
from .guards import in_words

LONGEST_REASON = 1000


def record_amendment(
    *,
    round: Round,
    kind: str,
    actor: User | None,
    role: str,
    reason: str,
    before: dict[str, Any],
    after: dict[str, Any],
    closed_before: datetime | None = None,
    hash_after: str | None = None,
) -> Amendment:
    """Append an amendment; call it in the transaction of the change, with the round locked.

    before, after : names of columns → JSON values. hash_after : the new fingerprint of what is
    fixed, for ``kind`` "changed"; otherwise it stays. Raises Invalid without a reason.
    """
    numbers = Amendment.objects.filter(round=round).aggregate(highest=Max("number"))
    return Amendment.objects.create(
        round=round,
        number=(numbers["highest"] or 0) + 1,
        kind=kind,
        reason=_checked(reason),
        before=before,
        after=after,
        hash_before=round.frozen_hash,
        hash_after=hash_after or round.frozen_hash,
        closed_before=closed_before,
        actor=actor,
        actor_role=role,
        created_at=timezone.now(),
    )


def amend(*, round: Round, actor: User | None, role: str, reason: str, **changes: Any) -> Amendment:
    """Change what was fixed when the round opened. Votes that were cast stay as they are.

    changes : columns of ``OF_ROUND``; ``plan`` is a Plan. Who agreed to another consent text is
    asked again. Raises Invalid without a reason, without a change or for a plan that cannot be
    run, WrongPhase before opening and after closing, TypeError for an unknown name.
    """
    if unknown := set(changes) - OF_ROUND:
        raise TypeError(f"there is no setting {sorted(unknown)}")
    with in_words(), transaction.atomic():
        locks.hold(locks.ROUND, round.pk)
        round = Round.objects.select_for_update().select_related("deliberation").get(pk=round.pk)
        _refuse_phase(round)
        before = _apply(round, changes)
        _refuse_result(round, before)
        amendment = record_amendment(
            round=round,
            kind=AmendmentKind.CHANGED,
            actor=actor,
            role=role,
            reason=reason,
            before=before,
            after={name: getattr(round, name) for name in before},
            hash_after=amended_hash(round),
        )
        round.frozen_hash = amendment.hash_after
        hashes = {"frozen_hash", "plan_hash"} if "plan" in before else {"frozen_hash"}
        round.save(update_fields=[*before, *hashes])
        keep_version(deliberation=round.deliberation, text=round.consent_text)
        record(
            deliberation=round.deliberation,
            actor=actor,
            action="round.amended",
            subject=f"round {round.number}",
            amendment=amendment.number,
            fields=sorted(before),
            frozen_hash=amendment.hash_after,
        )
    return amendment


def what_would_change(round: Round, changes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Column → what stands there and what would stand there, of what differs. Saves nothing."""
    copy = Round.objects.select_related("deliberation__panel").get(pk=round.pk)
    before = _apply(copy, changes)
    return {name: (before[name], getattr(copy, name)) for name in before}


def amended_hash(round: Round) -> str:
    """SHA-256 over the fixed columns as this object has them, and the fingerprint before."""
    fixed = {name: getattr(round, name) for name in sorted(OF_ROUND - {"plan"})}
    fixed |= {"plan_hash": round.plan_hash, "amends": round.frozen_hash}
    canonical = json.dumps(fixed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _apply(round: Round, changes: dict[str, Any]) -> dict[str, Any]:
    """Set what differs on the object. Returns what stood there before."""
    before: dict[str, Any] = {}
    for name, wanted in changes.items():
        value = wanted.to_dict() if isinstance(wanted, Plan) else wanted
        same = wanted.hash == round.plan_hash if isinstance(wanted, Plan) else False
        if same or getattr(round, name) == value:
            continue
        before[name] = getattr(round, name)
        setattr(round, name, value)
        if isinstance(wanted, Plan):
            round.plan_hash = wanted.hash
    return before


def _refuse_phase(round: Round) -> None:
    if round.phase == Phase.DRAFT:
        raise WrongPhase(_("Nothing is fixed yet. Change the plan itself."))
    if round.phase == Phase.CLOSED:
        raise WrongPhase(_("The round is closed. What it was decided by no longer changes."))


def _refuse_result(round: Round, before: dict[str, Any]) -> None:
    if not before:
        raise Invalid(_("This is what is fixed already. Change something first."))
    if not round.question.strip():
        raise Invalid(_("Write the question."), field="question")
    if not round.consent_text.strip():
        raise Invalid(_("Write what people agree to."), field="consent_text")
    if problems := plan_problems(round):
        raise Invalid(" ".join(problems))


def _checked(reason: str) -> str:
    if not reason.strip():
        raise Invalid(_("Say why. Everyone will read it."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            _("The reason may have at most %(n)d characters.") % {"n": LONGEST_REASON},
            field="reason",
        )
    return clean(reason)
