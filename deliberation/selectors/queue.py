"""What moderators read: statements to decide on, and what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from deliberation.models import ModerationDecision, Round, Statement
from deliberation.models.statements import Origin, Status

WAITING = "waiting"
TABS = (WAITING, "accepted", "rejected")


@dataclass(frozen=True)
class Item:
    """One statement with what helps to decide on it."""

    statement: Statement
    length: int
    same: list[Statement]
    decisions: list[ModerationDecision]

    @property
    def seen(self) -> str:
        """The status this decision is based on; a form sends it back."""
        return self.statement.status


def waiting_statements(round: Round) -> QuerySet[Statement]:
    """Statements of the panel that no moderator has decided on yet, oldest first."""
    undecided = ~Exists(ModerationDecision.objects.filter(statement=OuterRef("pk")))
    # Where moderation comes afterwards, an accepted statement waits for its first look.
    unseen = Q(status=Status.ACCEPTED, origin=Origin.PANEL) & undecided
    found = Statement.objects.filter(Q(status=Status.PENDING) | unseen, round=round)
    return found.order_by("number")


def tab_statements(round: Round, tab: str) -> QuerySet[Statement]:
    """The statements of one tab of the queue, in the order in which they came."""
    if tab == WAITING:
        return waiting_statements(round)
    return Statement.objects.filter(round=round, status=tab).order_by("number")


def tab_counts(round: Round) -> dict[str, int]:
    """How many statements each tab holds."""
    return {tab: tab_statements(round, tab).count() for tab in TABS}


def items(statements: Iterable[Statement]) -> list[Item]:
    """The statements with exact duplicates and earlier decisions; three queries in all."""
    statements = list(statements)
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
        )
        for s in statements
    ]


def in_round(round: Round, number: int) -> Statement | None:
    """The statement with this public number."""
    return Statement.objects.filter(round=round, number=number).first()
