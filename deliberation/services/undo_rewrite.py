"""Take a rewrite back: what was reworded, split or merged stands as it did before.

Only while nobody has voted on what came of it. Nothing is erased: the new statements stay on
record, no longer shown, their lineage is marked, and the log has a line for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q
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
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.rounds import ModerationMode
from deliberation.models.statements import Origin, Status
from deliberation.phases import allows

from . import locks
from .appeals import answer_appeal
from .audit import record
from .errors import WrongPhase
from .guards import in_words
from .statements import refuse_duplicate


@dataclass(frozen=True)
class Rewrite:
    """One rewording, split or merger: what it was made from and what it made, by number.

    at : when it was done; ``undone_at`` when it was taken back, None while it stands.
    """

    kind: str
    old: list[Statement]
    made: list[Statement]
    at: datetime
    undone_at: datetime | None

    @property
    def all(self) -> list[Statement]:
        return [*self.old, *self.made]


def rewrite_of(statement: Statement) -> Rewrite | None:
    """The newest rewrite that a statement took part in and that stands, else the newest of all.

    A statement that was reworded and whose new wording was split took part in one of the two;
    the new wording took part in both. Two queries.
    """
    lines = StatementLineage.objects.filter(Q(parent=statement) | Q(child=statement))
    newest = max(
        lines.select_related("child"),
        key=lambda line: (line.undone_at is None, line.child.created_at),
        default=None,
    )
    if newest is None:
        return None
    at = newest.child.created_at  # all that a rewrite makes carries one time
    parents = StatementLineage.objects.filter(child=newest.child_id).values("parent")
    whole = StatementLineage.objects.filter(parent__in=parents, child__created_at=at)
    return _rewrite(list(whole.select_related("parent", "child")), at)


def why_not_undone(rewrite: Rewrite) -> str:
    """Why it cannot be taken back now, in words; empty if it can. Four queries at most."""
    if VoteEvent.objects.filter(statement__in=rewrite.made).exists():
        return _("Somebody has voted on the new words already, so this stays as it is.")
    of_these = ModerationDecision.objects.filter(statement__in=rewrite.all)
    then = of_these.filter(created_at=rewrite.at).aggregate(last=Max("pk"))["last"]
    if then is None or of_these.filter(pk__gt=then).exclude(created_at__in=_gone(rewrite)).exists():
        return _("Somebody has decided anew on one of the statements, so this stays as it is.")
    return ""


def _gone(rewrite: Rewrite) -> set[datetime]:
    """When the new words were themselves rewritten, and that was taken back: as if it never was."""
    lines = StatementLineage.objects.filter(parent__in=rewrite.made).exclude(undone_at=None)
    return {
        at
        for line in lines.select_related("child")
        for at in (line.child.created_at, line.undone_at)
        if at
    }


def to_undo(statement: Statement) -> bool:
    """Whether taking back what holds on the statement means its rewrite, or meant that just now.

    Then ``undo_rewrite`` is to be called; else there is nothing but a moderator's decision.
    """
    rewrite = rewrite_of(statement)
    if rewrite is None:
        return False
    latest = statement.decisions.order_by("-id").first()
    return rewrite.undone_at is None or (
        latest is not None and latest.created_at == rewrite.undone_at
    )


def undo_rewrite(*, statement: Statement, actor: User | None, role: str) -> Rewrite:
    """Take back the newest rewrite of a statement, original or new: whoever may moderate may.

    The originals stand as before, with their votes; the new ones are no longer shown. Sent
    twice, it is done once.
    Raises WrongPhase in a closed round, where there is no rewrite, when somebody has voted on
    what came of it or decided anew; Duplicate where the original was proposed again meanwhile;
    NotAllowed where somebody else should answer the author's appeal.
    """
    with in_words(), transaction.atomic():
        # Alone: a vote in flight on a new statement ends first, a later one finds it gone.
        locks.hold(locks.ROUND, statement.round_id)
        round = Round.objects.select_related("deliberation").get(pk=statement.round_id)
        if not allows(round.stage, role, "moderate"):
            raise WrongPhase(_("The round is closed. Its statements no longer change."))
        rewrite = rewrite_of(statement)
        if rewrite is None:
            raise WrongPhase(_("This statement was not reworded, split or merged."))
        if rewrite.undone_at is not None:
            return rewrite
        if why_not := why_not_undone(rewrite):
            raise WrongPhase(why_not)
        by = _By(actor, role, timezone.now())
        _close(rewrite.made, by)
        for one in rewrite.old:
            _as_before(one, rewrite.at, by, round)
        return _marked(rewrite, by, round)


@dataclass(frozen=True, slots=True)
class _By:
    """Who takes it back, in which role, and when."""

    actor: User | None
    role: str
    at: datetime


def _rewrite(lines: list[StatementLineage], at: datetime) -> Rewrite:
    return Rewrite(
        kind=lines[0].kind,
        old=_by_number(line.parent for line in lines),
        made=_by_number(line.child for line in lines),
        at=at,
        undone_at=lines[0].undone_at,
    )


def _by_number(statements: Iterable[Statement]) -> list[Statement]:
    return sorted({one.pk: one for one in statements}.values(), key=lambda one: one.number)


def _close(made: list[Statement], by: _By) -> None:
    """Take the new statements out of the vote."""
    Statement.objects.filter(pk__in=[one.pk for one in made]).update(status=Status.REJECTED)
    for one in made:
        one.status = Status.REJECTED
        _line(one, by, Decision.UNDO, ReasonCode.MISTAKE)


def _as_before(old: Statement, at: datetime, by: _By, round: Round) -> None:
    """Put one original back to where it was before ``at``, with the decision that held then.

    An appeal that the rewrite answered waits again. One that was made against the rewrite is
    answered only by showing the original.
    """
    earlier = old.decisions.filter(created_at__lt=at).order_by("-id").first()
    if earlier is not None and earlier.decision == Decision.UNDO:
        earlier = None
    waits_again = Appeal.objects.filter(statement=old, decided_at=at).update(decided_at=None)
    status = Status.REJECTED if waits_again else _status_before(old, earlier, round)
    if status == Status.ACCEPTED:
        answer_appeal(statement=old, actor=by.actor, at=by.at)
    if status != Status.REJECTED:
        refuse_duplicate(old.text, round)
    old.status = status
    old.save(update_fields=["status"])
    _line(old, by, Decision.UNDO, ReasonCode.MISTAKE)
    if earlier is not None:
        _line(old, by, Decision(earlier.decision), earlier.reason, earlier.note)


def _status_before(old: Statement, earlier: ModerationDecision | None, round: Round) -> Status:
    if earlier is not None:
        return Status.ACCEPTED if earlier.decision == Decision.ACCEPT else Status.REJECTED
    if old.origin == Origin.SEED or round.moderation == ModerationMode.AFTER:
        return Status.ACCEPTED
    if old.author_id is None:
        # What waits is taken back when its author leaves (services/withdrawal.py).
        raise WrongPhase(
            _("The author of statement %(n)d has left, so it cannot wait for a decision again.")
            % {"n": old.number}
        )
    return Status.PENDING


def _line(statement: Statement, by: _By, decision: Decision, reason: str, note: str = "") -> None:
    ModerationDecision.objects.create(
        statement=statement,
        decision=decision,
        reason=reason,
        note=note,
        actor=by.actor,
        actor_role=by.role,
        created_at=by.at,
    )


def _marked(rewrite: Rewrite, by: _By, round: Round) -> Rewrite:
    StatementLineage.objects.filter(parent__in=rewrite.old, child__in=rewrite.made).update(
        undone_at=by.at
    )
    Claim.objects.filter(statement__in=rewrite.all).delete()
    record(
        deliberation=round.deliberation,
        actor=by.actor,
        action="rewrite.undone",
        subject=", ".join(f"statement {one.number}" for one in rewrite.old)[:80],
        closed=[one.number for one in rewrite.made],
    )
    return Rewrite(rewrite.kind, rewrite.old, rewrite.made, rewrite.at, by.at)
