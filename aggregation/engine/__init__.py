"""Votes in, findings out: a library on numpy and scipy that knows nothing of the web.

    matrix = VoteMatrix.from_triplets(participants, statements, values)
    outcome = aggregate(matrix, shipped("default"))
    outcome.to_dict()

Everything is a pure function: no files but the shipped plans, no clock, no global random state,
and no effect of the order of rows.
"""

from aggregation.engine.consensus import Consensus, all_groups_above, consensus, wilson_interval
from aggregation.engine.errors import EngineError, PlanError
from aggregation.engine.groups import Grouping, declared_grouping, kmeans_grouping
from aggregation.engine.matrix import AGREE, DISAGREE, PASS, VoteMatrix
from aggregation.engine.opinion_space import OpinionSpace, opinion_space
from aggregation.engine.outcome import Outcome, threshold_label
from aggregation.engine.pipeline import ENGINE_VERSION, aggregate
from aggregation.engine.plan import Plan, RuleSpec, shipped, shipped_names
from aggregation.engine.priority import priority
from aggregation.engine.registry import RULES, Rule
from aggregation.engine.representativeness import Representative, representativeness
from aggregation.engine.selection import (
    NOT_ENOUGH_EVIDENCE,
    NOT_SELECTED,
    REASONS,
    SELECTED,
    Decision,
    Evidence,
    Selection,
    Step,
)
from aggregation.engine.ties import Tie, TieBreaker

__all__ = [
    "AGREE",
    "DISAGREE",
    "ENGINE_VERSION",
    "NOT_ENOUGH_EVIDENCE",
    "NOT_SELECTED",
    "PASS",
    "REASONS",
    "RULES",
    "SELECTED",
    "Consensus",
    "Decision",
    "EngineError",
    "Evidence",
    "Grouping",
    "OpinionSpace",
    "Outcome",
    "Plan",
    "PlanError",
    "Representative",
    "Rule",
    "RuleSpec",
    "Selection",
    "Step",
    "Tie",
    "TieBreaker",
    "VoteMatrix",
    "aggregate",
    "all_groups_above",
    "consensus",
    "declared_grouping",
    "kmeans_grouping",
    "opinion_space",
    "priority",
    "representativeness",
    "shipped",
    "shipped_names",
    "threshold_label",
    "wilson_interval",
]
