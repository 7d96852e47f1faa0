"""What moderators read: statements to decide on, and what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from deliberation.models import Appeal, ModerationDecision, Round, Statement, User
from deliberation.models.deliberations import Role
from deliberation.models.statements import Origin, Status
from deliberation.phases import allows
from deliberation.services.appeals import somebody_else_should_look

WAITING = "waiting"
TABS = (WAITING, "accepted", "rejected")


@dataclass(frozen=True)
class Item:
    """One statement with what helps to decide on it."""

    statement: Statement
    length: int
    same: list[Statement]
    decisions: list[ModerationDecision]
    # The author's, if it waits for an answer.
    appeal: Appeal | None
    # By whoever reads this, and whether they may decide all the same.
    decided_before: bool
    may_decide: bool

    @property
    def seen(self) -> str:
        """The state this decision is based on; a form sends it back."""
        return seen(self.statement, self.appeal)


def seen(statement: Statement, appeal: Appeal | None) -> str:
    """The state of a statement as a decision depends on it."""
    return "appealed" if appeal else statement.status


def waiting_statements(round: Round) -> QuerySet[Statement]:
    """Statements of the panel that no moderator has decided on yet, oldest first.

    Also those turned down whose author asks for a second look.
    """
    undecided = ~Exists(ModerationDecision.objects.filter(statement=OuterRef("pk")))
    # Where moderation comes afterwards, an accepted statement waits for its first look.
    unseen = Q(status=Status.ACCEPTED, origin=Origin.PANEL) & undecided
    appealed = Exists(Appeal.objects.filter(statement=OuterRef("pk"), decided_at=None))
    found = Statement.objects.filter(Q(status=Status.PENDING) | unseen | appealed, round=round)
    return found.order_by("number")


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
    counted = with_waiting_since(waiting_statements(round)).aggregate(
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
    """The statements of one tab of the queue, in the order in which they came."""
    if tab == WAITING:
        return waiting_statements(round)
    return Statement.objects.filter(round=round, status=tab).order_by("number")


def tab_counts(round: Round) -> dict[str, int]:
    """How many statements each tab holds."""
    return {tab: tab_statements(round, tab).count() for tab in TABS}


def items(statements: Iterable[Statement], *, reader: User) -> list[Item]:
    """The statements with exact duplicates, earlier decisions and open appeals.

    Three queries in all, and three for each appeal.
    """
    statements = list(statements)
    appeals = {
        appeal.statement_id: appeal
        for appeal in Appeal.objects.filter(statement__in=statements, decided_at=None)
    }
    decisions = defaultdict(list)
    for decision in ModerationDecision.objects.filter(statement__in=statements).order_by("-id"):
        decisions[decision.statement_id].append(decision)
    same = defaultdict(list)
    rounds = {s.round_id for s in statements}
    for other in Statement.objects.filter(
        round__in=rounds, folded__in=[s.folded for s in statements]
    ).order_by("number"):
        same[other.round_id, other.folded].append(other)
    return [
        Item(
            statement=s,
            length=len(s.text),
            same=[other for other in same[s.round_id, s.folded] if other.pk != s.pk],
            decisions=decisions[s.pk],
            appeal=appeals.get(s.pk),
            decided_before=any(made.actor_id == reader.pk for made in decisions[s.pk]),
            may_decide=s.pk not in appeals or not somebody_else_should_look(s, reader),
        )
        for s in statements
    ]


def in_round(round: Round, number: int) -> Statement | None:
    """The statement with this public number."""
    return Statement.objects.filter(round=round, number=number).first()
