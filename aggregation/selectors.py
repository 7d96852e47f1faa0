"""What the report pages read: findings, never votes. Dataclasses ready for templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import Count, F

from aggregation.models import (
    GroupFinding,
    ParticipantFinding,
    Run,
    RunStatus,
    SelectionFinding,
    SelectionStatus,
    StatementFinding,
    StatementGroupFinding,
)
from aggregation.opinion_map import OpinionMap, draw
from aggregation.words import group_letter, reason_in_words
from deliberation.models import Deliberation, Exclusion, Round
from deliberation.models.panels import ExclusionReason
from deliberation.models.statements import Origin

FALLBACK_MEASURE = "gac_polis"
FALLBACK_VOTES = 5


@dataclass(frozen=True)
class GroupVotes:
    """How one group voted on one statement. ``share`` is of agree votes, 0 to 1."""

    label: int
    letter: str
    agree: int
    disagree: int
    passed: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def total(self) -> int:
        return self.agree + self.disagree + self.passed


@dataclass(frozen=True)
class Decision:
    """What one rule says of one statement, in words."""

    status: str
    words: str
    rank: int | None
    score: float | None
    reason: str


@dataclass(frozen=True)
class Line:
    """One statement with everything the run found about it."""

    number: int
    text: str
    language: str
    from_panel: bool
    agree: int
    disagree: int
    passed: int
    measures: Mapping[str, float | None]
    groups: tuple[GroupVotes, ...] = ()
    decisions: Mapping[int, Decision] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.agree + self.disagree + self.passed

    @property
    def share(self) -> float | None:
        return self.agree / self.total if self.total else None

    @property
    def spread(self) -> float | None:
        """Share of agreement in the most agreeing group minus that in the least agreeing one."""
        shares = [votes.share for votes in self.groups]
        known = [share for share in shares if share is not None]
        return max(known) - min(known) if known and len(known) == len(shares) > 1 else None

    def enough(self, votes: int) -> bool:
        """Whether every group cast at least so many votes on it."""
        return bool(self.groups) and all(group.total >= votes for group in self.groups)


@dataclass(frozen=True)
class Stand:
    """A statement that a group stands for. Shares are of agree, or of disagree votes."""

    line: Line
    agrees: bool
    here: float
    elsewhere: float | None


@dataclass(frozen=True)
class Group:
    """One opinion group. ``share`` is of all people in a group."""

    label: int
    letter: str
    size: int
    share: float
    center: tuple[float, float]
    stands_for: tuple[Stand, ...]


@dataclass(frozen=True)
class LeftOut:
    """People whose votes do not count, and why."""

    count: int
    reason: str


def lines(run: Run) -> list[Line]:
    """Every statement of the run, by number."""
    groups, decisions = _votes_by_group(run), _decisions(run)
    rows = StatementFinding.objects.filter(run=run).order_by("statement__number")
    return [
        Line(
            number=row.statement.number,
            text=row.statement.text,
            language=row.statement.language,
            from_panel=row.statement.origin == Origin.PANEL,
            agree=row.agree,
            disagree=row.disagree,
            passed=row.passed,
            measures={
                "gac_polis": row.gac_polis,
                "gac_raw": row.gac_raw,
                "min_group": row.min_group,
            },
            groups=tuple(groups[row.statement_id]),
            decisions=decisions[row.statement_id],
        )
        for row in rows.select_related("statement")
    ]


def _votes_by_group(run: Run) -> dict[int, list[GroupVotes]]:
    found: dict[int, list[GroupVotes]] = defaultdict(list)
    columns = ("agree", "disagree", "passed", "share", "share_low", "share_high")
    rows = StatementGroupFinding.objects.filter(run=run).order_by("group")
    for statement, label, *votes in rows.values_list("statement_id", "group", *columns):
        found[statement].append(GroupVotes(label, group_letter(label), *votes))
    return found


def _decisions(run: Run) -> dict[int, dict[int, Decision]]:
    found: dict[int, dict[int, Decision]] = defaultdict(dict)
    rows = SelectionFinding.objects.filter(run=run)
    columns = ("statement_id", "rule_index", "status", "rank", "score", "reason")
    for statement, index, status, rank, score, reason in rows.values_list(*columns):
        found[statement][index] = Decision(
            status,
            str(SelectionStatus(status).label),
            rank,
            score,
            reason_in_words(reason["code"], reason["params"]),
        )
    return found


def groups(run: Run, statements: Sequence[Line]) -> list[Group]:
    """The opinion groups with what each stands for, largest first."""
    rows = list(GroupFinding.objects.filter(run=run).order_by("-size", "label"))
    people = sum(row.size for row in rows)
    stands = _stands(run, {line.number: line for line in statements})
    return [
        Group(
            label=row.label,
            letter=group_letter(row.label),
            size=row.size,
            share=row.size / people,
            center=(row.center_x or 0.0, row.center_y or 0.0),
            stands_for=tuple(stands[row.label]),
        )
        for row in rows
    ]


def _stands(run: Run, by_number: Mapping[int, Line]) -> dict[int, list[Stand]]:
    found: dict[int, list[Stand]] = defaultdict(list)
    rows = StatementGroupFinding.objects.filter(run=run, representative_rank__isnull=False)
    ordered = rows.order_by("group", "representative_rank")
    for label, direction, number in ordered.values_list(
        "group", "representative_for", "statement__number"
    ):
        found[label].append(_stand(by_number[number], label, direction == 1))
    return found


def _stand(line: Line, label: int, agrees: bool) -> Stand:
    def share(votes: Sequence[GroupVotes]) -> float | None:
        total = sum(group.total for group in votes)
        side = sum(group.agree if agrees else group.disagree for group in votes)
        return side / total if total else None

    here = [group for group in line.groups if group.label == label]
    elsewhere = [group for group in line.groups if group.label != label]
    return Stand(line, agrees, share(here) or 0.0, share(elsewhere))


def measure_of(run: Run) -> str:
    """The measure by which common ground is shown: that of the plan's first threshold rule."""
    return str(_threshold(run).get("measure", FALLBACK_MEASURE))


def votes_needed(run: Run) -> int:
    """Votes that every group must have cast before a statement is compared."""
    return max(int(_threshold(run).get("min_group_votes", FALLBACK_VOTES)), 1)


def _threshold(run: Run) -> Mapping[str, Any]:
    rules = (rule for rule in run.plan["rules"] if rule["id"] == "threshold")
    return next(rules, {})


def uniting(statements: Sequence[Line], measure: str, votes: int, most: int) -> list[Line]:
    """Statements with the most common ground, best first."""
    known = [line for line in statements if line.enough(votes) and line.measures[measure]]
    return sorted(known, key=lambda line: (-(line.measures[measure] or 0), line.number))[:most]


def dividing(statements: Sequence[Line], votes: int, most: int) -> list[Line]:
    """Statements on which the groups differ most, the widest gap first."""
    known = [line for line in statements if line.enough(votes) and line.spread]
    return sorted(known, key=lambda line: (-(line.spread or 0), line.number))[:most]


def chosen(statements: Sequence[Line], rule: int, status: str) -> list[Line]:
    """Statements to which a rule gave this status; selected ones in the order of their rank."""
    found = [line for line in statements if line.decisions[rule].status == status]
    return sorted(found, key=lambda line: (line.decisions[rule].rank or 0, line.number))


# How the table can be sorted: name → (key, whether large comes first).
_SORTS: dict[str, tuple[Callable[[Line, str], float | None], bool]] = {
    "number": (lambda line, _: line.number, False),
    "agree": (lambda line, _: line.share, True),
    "common": (lambda line, measure: line.measures[measure], True),
    "divide": (lambda line, _: line.spread, True),
    "votes": (lambda line, _: line.total, True),
}
SORTS = tuple(_SORTS)


def in_order(statements: Sequence[Line], sort: str, measure: str) -> list[Line]:
    """Sorted by one of ``SORTS``; statements without a value come last."""
    key, large_first = _SORTS[sort]

    def place(line: Line) -> tuple[bool, float, int]:
        value = key(line, measure)
        missing = value is None
        number = 0.0 if value is None else float(value)
        return missing, -number if large_first else number, line.number

    return sorted(statements, key=place)


def opinion_map(run: Run, of: Sequence[Group]) -> OpinionMap:
    """The map of all people in the run."""
    rows = list(ParticipantFinding.objects.filter(run=run).values_list("x", "y", "group"))
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return draw(table[:, :2], table[:, 2].astype(np.int64), [group.label for group in of])


def left_out(deliberation: Deliberation) -> list[LeftOut]:
    """People who were excluded before the round was counted, by reason."""
    found = Exclusion.objects.filter(participant__deliberation=deliberation)
    counted = found.values("reason").annotate(n=Count("pk")).order_by("reason")
    return [LeftOut(row["n"], str(ExclusionReason(row["reason"]).label)) for row in counted]


@dataclass(frozen=True)
class RunRow:
    """One line of the organiser's list of runs."""

    run: Run
    official: bool
    plan: str
    requested_by: str | None


def run_rows(round: Round) -> list[RunRow]:
    """All runs of the round, newest first."""
    runs = Run.objects.filter(round=round).annotate(by=F("requested_by__email")).order_by("-pk")
    return [
        RunRow(run, run.plan_hash == round.plan_hash, run.plan["name"], run.by)
        for run in runs.defer("summary")
    ]


def newest_official(round: Round) -> Run | None:
    """The newest run of the frozen plan, whatever its status; done ones go first."""
    runs = Run.objects.filter(round=round, plan_hash=round.plan_hash).order_by("-pk")
    return runs.filter(status=RunStatus.DONE).first() or runs.first()
