"""All that the report page shows of one run, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aggregation import selectors
from aggregation.models import Run, SelectionStatus
from aggregation.opinion_map import OpinionMap
from aggregation.selectors import Group, LeftOut, Line
from aggregation.words import measure_in_words, measure_name, rule_in_words
from deliberation.plan_words import describe

SHOWN = 8
SELECTED_SHOWN = 20


@dataclass(frozen=True)
class RuleResult:
    """What one rule of the plan selected. ``first`` is the beginning of the selected ones."""

    index: int
    words: str
    first: Sequence[Line]
    selected: int
    not_selected: int
    not_enough: int


@dataclass(frozen=True)
class Above:
    """Statements with a greater share of agreement in every group. ``percent`` is the bound."""

    percent: float
    count: int


@dataclass(frozen=True)
class Report:
    """One run, ready to be read. Shares are 0 to 1.

    official     : the plan is that of the round. fixed_before : and it was fixed before voting.
    """

    official: bool
    fixed_before: bool
    participants: int
    statements: int
    agree: int
    disagree: int
    passed: int
    too_few: int
    ungrouped: int
    left_out: list[LeftOut]
    groups: list[Group]
    declared: str
    map: OpinionMap
    kept_by_map: float
    measure: str
    measure_name: str
    measure_words: str
    votes_needed: int
    uniting: list[Line]
    dividing: list[Line]
    rules: list[RuleResult]
    above: list[Above]
    plan_words: list[str]
    ties: int
    took: timedelta

    @property
    def votes(self) -> int:
        return self.agree + self.disagree + self.passed

    @property
    def votes_each(self) -> float:
        return self.votes / self.participants


def report_of(run: Run) -> Report:
    """The report of a done run, from its findings."""
    found = run.summary
    if found is None or run.finished_at is None or run.started_at is None:
        raise ValueError("the run is not done")
    statements = selectors.lines(run)
    groups = selectors.groups(run, statements)
    measure, needed = selectors.measure_of(run), selectors.votes_needed(run)
    grouping = found["grouping"]
    official = run.plan_hash == run.round.plan_hash
    return Report(
        official=official,
        # Imported votes are older than any plan of ours.
        fixed_before=official and not run.round.deliberation.source,
        participants=found["participants"],
        statements=found["statements"],
        agree=found["votes"]["agree"],
        disagree=found["votes"]["disagree"],
        passed=found["votes"]["pass"],
        too_few=len(found["participants_left_out"]),
        ungrouped=grouping["ungrouped"],
        left_out=selectors.left_out(run.round.deliberation),
        groups=groups,
        declared=run.plan["grouping"].get("source") or "",
        map=selectors.opinion_map(run, groups),
        kept_by_map=sum(found["explained_variance"][:2]),
        measure=measure,
        measure_name=measure_name(measure),
        measure_words=measure_in_words(measure),
        votes_needed=needed,
        uniting=selectors.uniting(statements, measure, needed, SHOWN),
        dividing=selectors.dividing(statements, needed, SHOWN),
        rules=[_rule(run, statements, index) for index in range(len(run.plan["rules"]))],
        above=[Above(100 * float(t), n) for t, n in found["all_groups_above"].items()],
        plan_words=describe(run.plan),
        ties=sum(len(one["ties"]) for one in [grouping, *found["selections"]]),
        took=run.finished_at - run.started_at,
    )


def _rule(run: Run, statements: Sequence[Line], index: int) -> RuleResult:
    settings = dict(run.plan["rules"][index])
    rule = settings.pop("id")
    selected = selectors.chosen(statements, index, SelectionStatus.SELECTED)
    not_enough = selectors.chosen(statements, index, SelectionStatus.NOT_ENOUGH_EVIDENCE)
    return RuleResult(
        index=index,
        words=rule_in_words(rule, settings),
        first=selected[:SELECTED_SHOWN],
        selected=len(selected),
        not_selected=len(statements) - len(selected) - len(not_enough),
        not_enough=len(not_enough),
    )
