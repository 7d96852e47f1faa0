"""What moderators read: statements to decide on, and what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from deliberation.models import Appeal, ModerationDecision, Round, Statement, User, VoteEvent
from deliberation.models.deliberations import Role
from deliberation.models.moderation import Decision
from deliberation.models.statements import Origin, Status
from deliberation.moderation_hints import Hint, hints_for
from deliberation.phases import allows
from deliberation.selectors.lineage import NOBODY, Family, families
from deliberation.services.appeals import somebody_else_should_look
from deliberation.services.claims import looked_at
from deliberation.services.moderation import seen_state
from deliberation.services.undo_rewrite import Rewrite, rewrite_of, why_not_undone

WAITING = "waiting"
TABS = (WAITING, "accepted", "rejected")
# Afterwards one decides anew instead.
TAKEN_BACK_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Item:
    """One statement with what helps to decide on it."""

    statement: Statement
    length: int
    # Statements that were turned down and say the same, word for word.
    same: list[Statement]
    hints: list[Hint]
    decisions: list[ModerationDecision]
    # What it was made from, and what it was made into.
    family: Family
    # The author's, if it waits for an answer.
    appeal: Appeal | None
    # When it came in, or the appeal did; whether that is longer ago than promised.
    since: datetime
    late: bool
    # Somebody else is looking at it at this moment.
    looked_at: bool
    # By whoever reads this, and whether they may decide all the same.
    decided_before: bool
    may_decide: bool

    @property
    def seen(self) -> str:
        """The state this decision is based on; a form sends it back."""
        return seen_state(self.statement, self.appeal)


def waiting_statements(round: Round) -> QuerySet[Statement]:
    """Statements of the panel that no moderator has decided on yet, the longest waiting first.

    Also those turned down whose author asks for a second look. Each has ``since``.
    """
    latest = ModerationDecision.objects.filter(statement=OuterRef("pk")).order_by("-id")
    undecided = Q(latest=None) | Q(latest=Decision.UNDO)
    # Where moderation comes afterwards, an accepted statement waits for its first look.
    unseen = Q(status=Status.ACCEPTED, origin=Origin.PANEL) & undecided
    appealed = Exists(Appeal.objects.filter(statement=OuterRef("pk"), decided_at=None))
    found = Statement.objects.filter(round=round).alias(
        latest=Subquery(latest.values("decision")[:1])
    )
    found = found.filter(Q(status=Status.PENDING) | unseen | appealed)
    return with_waiting_since(found).order_by("since", "number")  # type: ignore[misc]  # annotated


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many statements wait for a moderator, since when, and how many longer than promised."""

    waiting: int
    oldest_at: datetime | None
    overdue: int


def queue_state(round: Round) -> QueueState:
    """The queue in three numbers, by one query.

    A statement waits from when it was proposed, an appeal from when it was made. ``overdue``
    counts what waits longer than the round's ``moderation_hours``; nothing is overdue once
    statements are no longer decided on.
    """
    due = timezone.now() - timedelta(hours=round.moderation_hours)
    counted = waiting_statements(round).aggregate(
        waiting=Count("pk"), oldest=Min("since"), overdue=Count("pk", filter=Q(since__lt=due))
    )
    decided_on = allows(round.stage, Role.MODERATOR, "moderate")
    return QueueState(
        waiting=counted["waiting"],
        oldest_at=counted["oldest"],
        overdue=counted["overdue"] if decided_on else 0,
    )


def with_waiting_since(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """The statements, each with ``since``: when it, or the appeal that waits, came in."""
    appealed = Appeal.objects.filter(statement=OuterRef("pk"), decided_at=None)
    return statements.annotate(
        since=Coalesce(Subquery(appealed.values("created_at")[:1]), "created_at")
    )


def tab_statements(round: Round, tab: str) -> QuerySet[Statement]:
    """The statements of one tab of the queue: what waits longest first, else by number."""
    if tab == WAITING:
        return waiting_statements(round)
    found = Statement.objects.filter(round=round, status=tab)
    return with_waiting_since(found).order_by("number")


def tab_counts(round: Round) -> dict[str, int]:
    """How many statements each tab holds, by one query."""
    waits = Count("pk", filter=Q(pk__in=waiting_statements(round).order_by().values("pk")))
    by_status = {tab: Count("pk", filter=Q(status=tab)) for tab in TABS if tab != WAITING}
    return Statement.objects.filter(round=round).aggregate(waiting=waits, **by_status)


def items(statements: Iterable[Statement], *, reader: User, round: Round) -> list[Item]:
    """The statements with hints, duplicates that were turned down, earlier decisions and appeals.

    statements : of this round, with ``since`` (``with_waiting_since``).
    Ten queries at most, and three for each appeal.
    """
    statements = list(statements)
    appeals = {
        appeal.statement_id: appeal
        for appeal in Appeal.objects.filter(statement__in=statements, decided_at=None)
    }
    decisions = defaultdict(list)
    for decision in ModerationDecision.objects.filter(statement__in=statements).order_by("-id"):
        decisions[decision.statement_id].append(decision)
    same = _turned_down(statements, round)
    hints = hints_for(round, statements)
    elsewhere = looked_at(statements, reader)
    kin = families(statements)
    due = timezone.now() - timedelta(hours=round.moderation_hours)
    return [
        Item(
            statement=s,
            length=len(s.text),
            same=[other for other in same[s.folded] if other.pk != s.pk],
            hints=hints.get(s.pk, []),
            decisions=decisions[s.pk],
            family=kin.get(s.pk, NOBODY),
            appeal=appeals.get(s.pk),
            since=s.since,  # type: ignore[attr-defined]
            late=s.since < due,  # type: ignore[attr-defined]
            looked_at=s.pk in elsewhere,
            decided_before=any(made.actor_id == reader.pk for made in decisions[s.pk]),
            may_decide=s.pk not in appeals or not somebody_else_should_look(s, reader),
        )
        for s in statements
    ]


def _turned_down(statements: list[Statement], round: Round) -> dict[str, list[Statement]]:
    """Folded text → statements of the round that say so and were turned down."""
    found = defaultdict(list)
    texts = {s.folded for s in statements}
    for other in Statement.objects.filter(
        round=round, folded__in=texts, status=Status.REJECTED
    ).order_by("number"):
        found[other.folded].append(other)
    return found


def in_round(round: Round, number: int) -> Statement | None:
    """The statement with this public number, with ``since``."""
    found = with_waiting_since(Statement.objects.filter(round=round, number=number)).first()
    if found is not None:
        found.round = round
    return found


@dataclass(frozen=True)
class LastDecision:
    """What somebody decided last and can still take back; ``count`` statements in one go.

    decision : a ``Decision``, or "rewrite" for originals that were put in other words.
    """

    statement: Statement
    decision: str
    count: int


def last_decision(round: Round, user: User) -> LastDecision | None:
    """The newest decision of the user within the hour that still holds, if it can be taken back.

    Decisions on seeds are not taken back, nor is anything that somebody has voted on.
    """
    newer = ModerationDecision.objects.filter(
        statement=OuterRef("statement"), pk__gt=OuterRef("pk")
    )
    held = ModerationDecision.objects.filter(
        ~Exists(newer),
        statement__round=round,
        actor=user,
        created_at__gt=timezone.now() - TAKEN_BACK_WITHIN,
    ).exclude(decision=Decision.UNDO)
    # What held before a rewrite that was taken back was not decided by whoever took it back.
    together = ModerationDecision.objects.filter(
        statement=OuterRef("statement"), created_at=OuterRef("created_at"), decision=Decision.UNDO
    )
    last = held.filter(~Exists(together)).select_related("statement").order_by("-id").first()
    if last is None:
        return None
    rewrite = rewrite_of(last.statement)
    if rewrite is not None and rewrite.undone_at is None:
        return _last_rewrite(rewrite, last)
    if last.statement.origin == Origin.SEED:
        return None
    voted = Exists(VoteEvent.objects.filter(statement=OuterRef("statement")))
    votes = list(held.filter(created_at=last.created_at).values_list(voted, flat=True))
    if any(votes):
        return None
    return LastDecision(last.statement, last.decision, len(votes))


def _last_rewrite(rewrite: Rewrite, last: ModerationDecision) -> LastDecision | None:
    if last.created_at != rewrite.at or why_not_undone(rewrite):
        return None
    return LastDecision(rewrite.old[0], "rewrite", len(rewrite.old))
