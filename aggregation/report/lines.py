"""One statement with everything a run found about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aggregation.engine.consensus import wilson_interval
from aggregation.models import (
    Run,
    SelectionFinding,
    SelectionStatus,
    StatementFinding,
    StatementGroupFinding,
)
from aggregation.report.steadiness import Steady, steadiness
from aggregation.words import group_letter, reason_in_words
from deliberation.models.statements import Origin


@dataclass(frozen=True, slots=True)
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

    @property
    def width(self) -> float | None:
        """How wide the range is in which the share may lie."""
        return None if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True, slots=True)
class Decision:
    """What one rule says of one statement. Words are made when they are asked for."""

    index: int
    rule: str
    status: str
    rank: int | None
    score: float | None
    code: str
    params: Mapping[str, object]

    @property
    def words(self) -> str:
        return str(SelectionStatus(self.status).label)

    @property
    def reason(self) -> str:
        return reason_in_words(self.code, self.params) if self.code else ""

    @property
    def selected(self) -> bool:
        return self.status == SelectionStatus.SELECTED

    @property
    def undecided(self) -> bool:
        return self.status == SelectionStatus.NOT_ENOUGH_EVIDENCE


@dataclass(frozen=True)
class Line:
    """One statement. Counts are of everyone in the run; ``low`` and ``high`` bound the share.

    decisions, steady : by place of the rule in the plan; ``steady`` is empty without resampling.
    unweighted        : the measures if everyone counted once; empty without weights.
    """

    number: int
    text: str
    language: str
    from_panel: bool
    agree: int
    disagree: int
    passed: int
    low: float | None
    high: float | None
    measures: Mapping[str, float | None]
    groups: tuple[GroupVotes, ...] = ()
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    steady: Mapping[int, Steady] = field(default_factory=dict)
    unweighted: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.agree + self.disagree + self.passed

    @property
    def share(self) -> float | None:
        return self.agree / self.total if self.total else None

    @property
    def pass_share(self) -> float | None:
        return self.passed / self.total if self.total else None

    @property
    def spread(self) -> float | None:
        """Share of agreement in the most agreeing group minus that in the least agreeing one."""
        shares = [votes.share for votes in self.groups]
        known = [share for share in shares if share is not None]
        return max(known) - min(known) if known and len(known) == len(shares) > 1 else None

    @property
    def widest(self) -> float | None:
        """Width of the widest interval of any group; None where some group cast no vote."""
        widths = [votes.width for votes in self.groups]
        known = [width for width in widths if width is not None]
        return max(known) if known and len(known) == len(widths) else None

    def enough(self, votes: int) -> bool:
        """Whether every group cast at least so many votes on it."""
        return bool(self.groups) and all(group.total >= votes for group in self.groups)

    def selected_by(self, rule: int) -> bool:
        return rule in self.decisions and self.decisions[rule].selected

    def frequency(self, rule: int = 0) -> float | None:
        """How often the rule selects it when people are drawn anew."""
        return self.steady[rule].frequency if rule in self.steady else None


def lines(run: Run) -> list[Line]:
    """Every statement of the run, by number."""
    groups, decisions = _votes_by_group(run), _decisions(run)
    rows = list(_rows(run))
    bounds = _bounds(run, [row[4:7] for row in rows])
    steady = steadiness(run, len(rows))
    plain = ((run.summary or {}).get("weighting") or {}).get("unweighted", {})
    return [
        Line(
            number, text, language, origin == Origin.PANEL, agree, disagree, passed, *bounds[at],
            measures={"gac_polis": polis, "gac_raw": raw, "min_group": least},
            groups=tuple(groups[key]), decisions=decisions[key], steady=steady[at],
            unweighted={name: values[at] for name, values in plain.items()},
        )
        for at, (key, number, text, language, agree, disagree, passed, origin, polis, raw, least)
        in enumerate(rows)
    ]  # fmt: skip


def _rows(run: Run) -> Iterable[tuple[Any, ...]]:
    found = StatementFinding.objects.filter(run=run).order_by("statement__number")
    about = ("statement_id", "statement__number", "statement__text", "statement__language")
    counted = ("agree", "disagree", "passed", "statement__origin")
    return found.values_list(*about, *counted, "gac_polis", "gac_raw", "min_group")


def _bounds(run: Run, counts: Sequence[Sequence[int]]) -> list[tuple[float | None, float | None]]:
    """Wilson's interval of the share of agreement of everyone."""
    table = np.array(counts, dtype=np.int64).reshape(-1, 3)
    confidence = run.plan.get("confidence", 0.95)
    found = wilson_interval(table[:, 0], table.sum(axis=1), confidence)
    return [(None, None) if np.isnan(low) else (low, high) for low, high in found.tolist()]


def _votes_by_group(run: Run) -> dict[int, list[GroupVotes]]:
    found: dict[int, list[GroupVotes]] = defaultdict(list)
    columns = ("agree", "disagree", "passed", "share", "share_low", "share_high")
    rows = StatementGroupFinding.objects.filter(run=run).order_by("group")
    for statement, label, *votes in rows.values_list("statement_id", "group", *columns):
        found[statement].append(GroupVotes(label, group_letter(label), *votes))
    return found


def _decisions(run: Run) -> dict[int, dict[int, Decision]]:
    found: dict[int, dict[int, Decision]] = defaultdict(dict)
    rows = SelectionFinding.objects.filter(run=run).order_by("rule_index")
    columns = ("statement_id", "rule_index", "rule", "status", "rank", "score", "reason")
    for statement, index, rule, status, rank, score, reason in rows.values_list(*columns):
        code, params = reason.get("code", ""), reason.get("params", {})
        found[statement][index] = Decision(index, rule, status, rank, score, code, params)
    return found


def by_number(statements: Sequence[Line]) -> dict[int, Line]:
    return {line.number: line for line in statements}
