"""The opinion groups: who they are called by, what each stands for, how alike two of them vote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregation.models import GroupFinding, GroupName, Run, StatementGroupFinding
from aggregation.report.lines import GroupVotes, Line, by_number
from aggregation.words import group_letter


@dataclass(frozen=True, slots=True)
class Stand:
    """A statement that a group stands for. Shares are of agree, or of disagree votes."""

    line: Line
    agrees: bool
    here: float
    elsewhere: float | None


@dataclass(frozen=True, slots=True)
class Named:
    """What the organisers call a group, and since when."""

    name: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Group:
    """One opinion group. ``share`` is of all people in a group."""

    label: int
    letter: str
    size: int
    share: float
    center: tuple[float, float]
    stands_for: tuple[Stand, ...]
    named: Named | None = None

    @property
    def name(self) -> str:
        """What the organisers call it; empty if they do not."""
        return self.named.name if self.named else ""


@dataclass(frozen=True, slots=True)
class Alike:
    """How often two groups are on the same side, among ``of`` statements that can be compared."""

    other: Group
    same: int
    of: int

    @property
    def share(self) -> float | None:
        return self.same / self.of if self.of else None


def groups(run: Run, statements: Sequence[Line]) -> list[Group]:
    """The opinion groups with what each stands for, largest first."""
    rows = list(GroupFinding.objects.filter(run=run).order_by("-size", "label"))
    people = sum(row.size for row in rows) or 1
    stands, names = _stands(run, by_number(statements)), names_of(run)
    return [
        Group(
            label=row.label,
            letter=group_letter(row.label),
            size=row.size,
            share=row.size / people,
            center=(row.center_x or 0.0, row.center_y or 0.0),
            stands_for=tuple(stands[row.label]),
            named=names.get(row.label),
        )
        for row in rows
    ]


def names_of(run: Run) -> dict[int, Named]:
    """Label → name. A run with the very same result has the very same groups, and their names."""
    same = GroupName.objects.filter(
        run__round=run.round_id,
        run__plan_hash=run.plan_hash,
        run__outcome_digest=run.outcome_digest,
    )
    newest_last = same.order_by("at", "pk").values_list("label", "name", "text", "at")
    return {label: Named(name, text, at) for label, name, text, at in newest_last if name}


def alike(group: Group, others: Sequence[Group], statements: Sequence[Line]) -> list[Alike]:
    """With each other group: on how many statements both have a majority on the same side."""
    found = []
    for other in others:
        if other.label == group.label:
            continue
        sides = [(_side(line, group.label), _side(line, other.label)) for line in statements]
        both = [(here, there) for here, there in sides if here and there]
        found.append(Alike(other, sum(here == there for here, there in both), len(both)))
    return found


def _side(line: Line, label: int) -> int:
    """1 if more than half of the group's votes agree, -1 if more than half disagree, else 0."""
    votes = votes_of(line, label)
    if votes is None or 2 * max(votes.agree, votes.disagree) <= votes.total:
        return 0
    return 1 if votes.agree > votes.disagree else -1


def votes_of(line: Line, label: int) -> GroupVotes | None:
    return next((votes for votes in line.groups if votes.label == label), None)


@dataclass(frozen=True, slots=True)
class Beside:
    """One statement as a group sees it, beside everyone else in a group. Shares of agree votes."""

    line: Line
    here: GroupVotes
    elsewhere: float | None

    @property
    def gap(self) -> float | None:
        """How much more the group agrees than the others, -1 to 1."""
        if self.here.share is None or self.elsewhere is None:
            return None
        return self.here.share - self.elsewhere

    @property
    def shared(self) -> float | None:
        """The smaller of both shares: high where the group and the others agree."""
        if self.here.share is None or self.elsewhere is None:
            return None
        return min(self.here.share, self.elsewhere)


def beside(statements: Sequence[Line], label: int) -> list[Beside]:
    """Every statement on which the group voted."""
    found = ((line, votes_of(line, label)) for line in statements)
    return [
        Beside(line, here, _share([v for v in line.groups if v.label != label], agrees=True))
        for line, here in found
        if here is not None and here.total
    ]


def _stands(run: Run, lines: Mapping[int, Line]) -> dict[int, list[Stand]]:
    found: dict[int, list[Stand]] = defaultdict(list)
    rows = StatementGroupFinding.objects.filter(run=run, representative_rank__isnull=False)
    ordered = rows.order_by("group", "representative_rank")
    for label, direction, number in ordered.values_list(
        "group", "representative_for", "statement__number"
    ):
        found[label].append(_stand(lines[number], label, agrees=direction == 1))
    return found


def _stand(line: Line, label: int, *, agrees: bool) -> Stand:
    here = [group for group in line.groups if group.label == label]
    elsewhere = [group for group in line.groups if group.label != label]
    return Stand(line, agrees, _share(here, agrees) or 0.0, _share(elsewhere, agrees))


def _share(votes: Sequence[GroupVotes], agrees: bool) -> float | None:
    total = sum(group.total for group in votes)
    side = sum(group.agree if agrees else group.disagree for group in votes)
    return side / total if total else None
