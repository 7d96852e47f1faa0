"""All that the report page shows of one run, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from aggregation.engine import RULES
from aggregation.models import ParticipantFinding, Run, RunStatus, SelectionStatus
from aggregation.opinion_map import UNGROUPED, OpinionMap, draw
from aggregation.report import finding, people
from aggregation.report.groups import Group, groups
from aggregation.report.lines import Line, lines
from aggregation.report.people import LeftOut, Profile
from aggregation.report.steadiness import Resampling, resampling
from aggregation.words import measure_in_words, measure_name, rule_in_words, rule_name
from deliberation.plan_words import describe
from deliberation.selectors.amendments import plan_was_amended

SHOWN = 6
UNSURE_SHOWN = 5
SELECTED_SHOWN = 12


@dataclass(frozen=True)
class RuleResult:
    """What one rule of the plan selected. ``first`` is the beginning of the selected ones.

    reference : where the rule is defined.
    """

    index: int
    name: str
    words: str
    reference: str
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
    amended      : the counting was changed in public while people voted.
    strata       : the groups are answers to a question about oneself, named by ``declared``.
    weighting    : what the run says of weights, None where everyone counts once.
    """

    official: bool
    fixed_before: bool
    amended: bool
    participants: int
    statements: int
    agree: int
    disagree: int
    passed: int
    too_few: int
    ungrouped: int
    left_out: list[LeftOut]
    profiles: list[Profile]
    weighting: Mapping[str, Any] | None
    groups: list[Group]
    declared: str
    strata: bool
    map: OpinionMap
    kept_by_map: float
    measure: str
    measure_name: str
    measure_words: str
    votes_needed: int
    uniting: list[Line]
    dividing: list[Line]
    unsure: list[Line]
    uncertain: list[Line]
    rules: list[RuleResult]
    resampling: Resampling | None
    variants: int
    above: list[Above]
    plan_words: list[str]
    ties: int
    took: timedelta

    @property
    def votes(self) -> int:
        return self.agree + self.disagree + self.passed

    @property
    def votes_each(self) -> float:
        return self.votes / self.participants if self.participants else 0.0


def report_of(run: Run) -> Report:
    """The report of a done run, from its findings. A fixed number of queries."""
    found = run.summary
    if found is None or run.status != RunStatus.DONE or not (run.finished_at and run.started_at):
        raise ValueError("the run is not done")
    statements = lines(run)
    known = groups(run, statements)
    measure, needed = finding.measure_of(run), finding.votes_needed(run)
    grouping = found["grouping"]
    official = run.plan_hash == run.round.plan_hash
    amended = plan_was_amended(run.round)
    return Report(
        official=official,
        # Imported votes are older than any plan of ours.
        fixed_before=official and not run.round.deliberation.source and not amended,
        amended=amended,
        participants=found["participants"],
        statements=found["statements"],
        agree=found["votes"]["agree"],
        disagree=found["votes"]["disagree"],
        passed=found["votes"]["pass"],
        too_few=len(found["participants_left_out"]),
        ungrouped=grouping["ungrouped"],
        left_out=people.left_out(run.round.deliberation),
        # Of one run only: the difference of two could tell of a few people.
        profiles=people.profiles(run, _("No answer")) if official else [],
        weighting=found.get("weighting"),
        groups=known,
        declared=run.plan["grouping"].get("source") or "",
        strata=is_strata(run),
        map=opinion_map(run, known),
        kept_by_map=sum(found["explained_variance"][:2]),
        measure=measure,
        measure_name=measure_name(measure),
        measure_words=measure_in_words(measure),
        votes_needed=needed,
        uniting=finding.uniting(statements, measure, needed, SHOWN),
        dividing=finding.dividing(statements, needed, SHOWN),
        unsure=finding.unsure(statements, needed, UNSURE_SHOWN),
        uncertain=finding.uncertain(statements, UNSURE_SHOWN),
        rules=[_rule(run, statements, index) for index in range(len(run.plan["rules"]))],
        resampling=resampling(run),
        variants=len(found.get("variants") or ()),
        above=[Above(100 * float(t), n) for t, n in found["all_groups_above"].items()],
        plan_words=describe(run.plan),
        ties=sum(len(one["ties"]) for one in [grouping, *found["selections"]]),
        took=run.finished_at - run.started_at,
    )


def opinion_map(run: Run, of: Sequence[Group], mine: int | None = None) -> OpinionMap:
    """The map of all people in the run; ``mine`` is the key of the participant who looks at it."""
    rows = ParticipantFinding.objects.filter(run=run)
    found = list(rows.values_list("x", "y", "group", "participant_id"))
    table = np.array([row[:3] for row in found], dtype=float).reshape(-1, 3)
    own = next((at for at, row in enumerate(found) if row[3] == mine), None)
    labels = table[:, 2].astype(np.int64)
    if is_strata(run):
        # Places are known by number: a mark of its own would say what someone answered.
        labels = np.full_like(labels, UNGROUPED)
    return draw(table[:, :2], labels, [group.label for group in of], own=own)


def is_strata(run: Run) -> bool:
    """Whether the groups are answers about oneself, and not found in the votes."""
    return bool(run.plan["grouping"]["method"] == "strata")


def _rule(run: Run, statements: Sequence[Line], index: int) -> RuleResult:
    settings = dict(run.plan["rules"][index])
    rule = settings.pop("id")
    selected = finding.chosen(statements, index, SelectionStatus.SELECTED)
    not_enough = finding.chosen(statements, index, SelectionStatus.NOT_ENOUGH_EVIDENCE)
    return RuleResult(
        index=index,
        name=rule_name(rule),
        words=rule_in_words(rule, settings),
        reference=RULES[rule].reference if rule in RULES else "",
        first=selected[:SELECTED_SHOWN],
        selected=len(selected),
        not_selected=len(statements) - len(selected) - len(not_enough),
        not_enough=len(not_enough),
    )
