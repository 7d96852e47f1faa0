"""Accept or reject statements, one or many, and take a decision back. Every line is public.

Decisions share the round's lock with votes, so that nobody who votes waits for a moderator, and
lock the rows of their statements. Only what must not meet a vote or a new statement in flight
takes the lock alone: showing a rejected text again, and taking a decision back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import (
    Appeal,
    Claim,
    ModerationDecision,
    Round,
    Statement,
    StatementLineage,
    User,
    VoteEvent,
)
from deliberation.models.moderation import NOT_BY_A_PERSON, Decision, ReasonCode
from deliberation.models.rounds import ModerationMode
from deliberation.models.statements import Origin, Status
from deliberation.phases import allows

from . import locks
from .appeals import answer_appeal
from .audit import record
from .errors import Invalid, NotAllowed, WrongPhase
from .statements import refuse_duplicate, same_statement

_STATUS = {Decision.ACCEPT: Status.ACCEPTED, Decision.REJECT: Status.REJECTED}
# Reasons that come with something else than a moderator's decision on a statement.
_NEVER_CHOSEN = (ReasonCode.FITS, ReasonCode.REPLACED, ReasonCode.MISTAKE, *NOT_BY_A_PERSON)


def reasons_of(round: Round) -> list[ReasonCode]:
    """Why a statement may be turned down in this round, always in the same order.

    One that is not in the round's ``reason_codes`` is not offered and not taken.
    """
    known = [code for code in ReasonCode if code not in _NEVER_CHOSEN]
    return [code for code in known if code in round.reason_codes]


def seen_state(statement: Statement, appeal: Appeal | None) -> str:
    """The state of a statement as a decision depends on it; what a form sends back."""
    return "appealed" if appeal else statement.status


def moderate(
    *,
    statement: Statement,
    decision: str,
    reason: str,
    note: str = "",
    actor: User | None,
    role: str,
    seen: str | None = None,
) -> ModerationDecision:
    """Accept or reject, with one of the round's reasons.

    A statement that has votes can still be rejected while the round is open; its votes stay
    in the record and no longer count. A decision answers the author's appeal, if one waits.

    seen : ``seen_state`` on which the decision is based. If it is another by now, the decision
    is refused, unless it is the same one by the same person: sent twice, it is one decision.
    Raises Invalid or WrongPhase, and NotAllowed where somebody else should answer the appeal.
    """
    _refuse_unknown(decision, reason, statement.round)
    with transaction.atomic():
        _lock([statement], decision)
        statement = Statement.objects.select_related("round__deliberation").get(pk=statement.pk)
        _refuse_when_closed(statement.round, role)
        if seen is not None and seen != seen_state(statement, _appeal(statement)):
            return _sent_before(statement, decision, reason, note, actor)
        if decision == Decision.ACCEPT and statement.status == Status.REJECTED:
            refuse_duplicate(statement.text, statement.round)
        return _decide(statement, decision, reason, note, actor, role)


def moderate_all(
    *,
    round: Round,
    seen: Mapping[int, str],
    decision: str,
    reason: str,
    note: str = "",
    actor: User | None,
    role: str,
) -> list[ModerationDecision]:
    """One decision on many statements: all or none, in one transaction with one audit entry.

    seen : number of a statement → its ``seen_state`` on which the decision is based.
    Returns a decision for each, in order of their numbers; all carry one time.
    Raises Invalid for no statement, for one that is decided like this already and for one whose
    author asks for a second look, which is given to each by itself; WrongPhase as soon as one
    of them is not as it was seen.
    """
    _refuse_unknown(decision, reason, round)
    if not seen:
        raise Invalid(_("Mark at least one statement."), field="n")
    wanted = Statement.objects.filter(round=round, number__in=seen).order_by("pk")
    with transaction.atomic():
        _lock(list(wanted.all()), decision)
        locks.hold(locks.CLAIMS, round.pk)
        round = Round.objects.select_related("deliberation").get(pk=round.pk)
        _refuse_when_closed(round, role)
        statements = list(wanted)
        _refuse_unless_as_seen(statements, seen, decision)
        if decision == Decision.ACCEPT:
            _refuse_repeated(statements, round)
        Statement.objects.filter(pk__in=[one.pk for one in statements]).update(
            status=_STATUS[Decision(decision)]
        )
        Claim.objects.filter(statement__in=statements).delete()
        record(
            deliberation=round.deliberation,
            actor=actor,
            action=f"statements.{_STATUS[Decision(decision)]}",
            subject=f"round {round.number}",
            reason=reason,
            numbers=sorted(one.number for one in statements),
        )
        return _lines(statements, decision, reason, note, actor, role, timezone.now())


def take_back(*, statement: Statement, actor: User, role: str) -> list[ModerationDecision]:
    """Take back one's own decision on this statement, with all that were made together with it.

    All of them wait again as if nothing had been decided; the log shows both lines. Sent twice,
    it is done once: the second time returns the same lines.
    Raises WrongPhase where there is nothing to take back, when somebody has voted on one of them,
    or when the round is closed; NotAllowed for a decision of somebody else.
    """
    with transaction.atomic():
        locks.hold(locks.ROUND, statement.round_id)
        round = Round.objects.select_related("deliberation").get(pk=statement.round_id)
        _refuse_when_closed(round, role)
        latest = statement.decisions.order_by("-id").first()
        if latest is not None and latest.decision == Decision.UNDO and latest.actor_id == actor.pk:
            return list(_together(latest))
        made = _to_take_back(latest, actor)
        statements = [one.statement for one in made]
        for one in made:
            _as_before(one, round)
        record(
            deliberation=round.deliberation,
            actor=actor,
            action="statements.undone",
            subject=f"round {round.number}",
            numbers=sorted(one.number for one in statements),
        )
        now = timezone.now()
        return _lines(statements, Decision.UNDO, ReasonCode.MISTAKE, "", actor, role, now)


# --- What is refused


def _refuse_unknown(decision: str, reason: str, round: Round) -> None:
    if decision not in _STATUS:
        raise Invalid(_("Choose accept or reject."), field="decision")
    if reason not in ReasonCode.values or reason in NOT_BY_A_PERSON:
        raise Invalid(_("Choose a reason."), field="reason")
    if decision == Decision.ACCEPT:
        return
    if reason == ReasonCode.FITS:
        raise Invalid(_("Say why it is not shown. The author will read it."), field="reason")
    if reason not in reasons_of(round):
        raise Invalid(_("This is not one of the reasons of this round."), field="reason")


def _refuse_when_closed(round: Round, role: str) -> None:
    if not allows(round.stage, role, "moderate"):
        raise WrongPhase(_("The round is closed. Its statements no longer change."))


def _refuse_unless_as_seen(
    statements: Sequence[Statement], seen: Mapping[int, str], decision: str
) -> None:
    if Appeal.objects.filter(statement__in=statements, decided_at=None).exists():
        raise Invalid(_("A second look is given to each statement by itself."), field="n")
    if len(statements) != len(seen) or any(one.status != seen[one.number] for one in statements):
        raise WrongPhase(_("Some of them were decided on meanwhile. Look at the list again."))
    alike = [one for one in statements if one.status == _STATUS[Decision(decision)]]
    latest = ModerationDecision.objects.filter(statement__in=alike).order_by("statement", "-id")
    if any(line.decision == decision for line in latest.distinct("statement")):
        raise Invalid(_("Some of them are decided like this already."), field="n")


def _refuse_repeated(statements: Sequence[Statement], round: Round) -> None:
    """Of texts that were turned down none may be shown twice."""
    back = [one for one in statements if one.status == Status.REJECTED]
    first: dict[str, Statement] = {}
    for one in back:
        other = same_statement(one.text, round) or first.setdefault(one.folded, one)
        if other != one:
            words = _("Statement %(n)d says the same as statement %(other)d.")
            raise Invalid(words % {"n": one.number, "other": other.number}, field="n")


# --- What is done


def _lock(statements: Sequence[Statement], decision: str) -> None:
    """The round's lock, then the rows. Alone where a text comes back that others may repeat."""
    if not statements:
        return
    back = decision == Decision.ACCEPT and any(one.status == Status.REJECTED for one in statements)
    (locks.hold if back else locks.share)(locks.ROUND, statements[0].round_id)
    rows = Statement.objects.filter(pk__in=[one.pk for one in statements]).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _appeal(statement: Statement) -> Appeal | None:
    return Appeal.objects.filter(statement=statement, decided_at=None).first()


def _sent_before(
    statement: Statement, decision: str, reason: str, note: str, actor: User | None
) -> ModerationDecision:
    """The decision that holds, if it is this one; an answer that was lost is asked for again."""
    latest = statement.decisions.order_by("-id").first()
    sent = (decision, reason, note.strip(), actor.pk if actor else None)
    if latest is None or sent != (latest.decision, latest.reason, latest.note, latest.actor_id):
        raise WrongPhase(
            _("Someone else has decided on this statement meanwhile. Load the page again.")
        )
    return latest


def _decide(
    statement: Statement, decision: str, reason: str, note: str, actor: User | None, role: str
) -> ModerationDecision:
    now = timezone.now()
    appealed = answer_appeal(statement=statement, actor=actor, at=now)
    statement.status = _STATUS[Decision(decision)]
    statement.save(update_fields=["status"])
    Claim.objects.filter(statement=statement).delete()
    record(
        deliberation=statement.round.deliberation,
        actor=actor,
        action=f"statement.{statement.status}",
        subject=f"statement {statement.number}",
        reason=reason,
        **({"second_look": "yes"} if appealed else {}),
    )
    (made,) = _lines([statement], decision, reason, note, actor, role, now)
    return made


def _lines(
    statements: Sequence[Statement],
    decision: str,
    reason: str,
    note: str,
    actor: User | None,
    role: str,
    at: datetime,
) -> list[ModerationDecision]:
    return ModerationDecision.objects.bulk_create(
        ModerationDecision(
            statement=one,
            decision=decision,
            reason=reason,
            note=note.strip(),
            actor=actor,
            actor_role=role,
            created_at=at,
        )
        for one in sorted(statements, key=lambda one: one.number)
    )


def _together(line: ModerationDecision) -> list[ModerationDecision]:
    """The lines that were written in one go with this one."""
    same = ModerationDecision.objects.filter(
        statement__round=line.statement.round_id,
        actor=line.actor_id,
        decision=line.decision,
        created_at=line.created_at,
    )
    return list(same.select_related("statement").order_by("statement__number"))


def _to_take_back(latest: ModerationDecision | None, actor: User) -> list[ModerationDecision]:
    """The decisions to take back. Raises as ``take_back`` says."""
    if latest is None or latest.decision == Decision.UNDO:
        raise WrongPhase(_("There is no decision to take back."))
    if latest.actor_id != actor.pk:
        raise NotAllowed(_("Somebody else made this decision. You can decide anew."))
    made = _together(latest)
    statements = [one.statement for one in made]
    if any(one.origin == Origin.SEED for one in statements):
        raise WrongPhase(_("Seeds do not wait for a decision. Decide anew instead."))
    kin = StatementLineage.objects.standing()
    if kin.filter(Q(parent__in=statements) | Q(child__in=statements)).exists():
        raise WrongPhase(_("It was reworded, split or merged. Decide anew on each instead."))
    newer = ModerationDecision.objects.filter(statement__in=statements, pk__gt=made[-1].pk)
    if newer.exists():
        raise WrongPhase(_("Somebody has decided anew on one of them. Decide anew instead."))
    if VoteEvent.objects.filter(statement__in=statements).exists():
        raise WrongPhase(_("Somebody has voted on it already. You can still decide anew."))
    return made


def _as_before(made: ModerationDecision, round: Round) -> None:
    """Put one statement back to waiting, with its author's appeal if that was answered."""
    statement = made.statement
    asked = Appeal.objects.filter(statement=statement, decided_at=made.created_at)
    if asked.update(decided_at=None):
        status = Status.REJECTED
    else:
        shown_at_once = round.moderation == ModerationMode.AFTER
        status = Status.ACCEPTED if shown_at_once else Status.PENDING
    if statement.status == Status.REJECTED and status != Status.REJECTED:
        refuse_duplicate(statement.text, round)
    statement.status = status
    statement.save(update_fields=["status"])
