"""The steps of a run, each a pure function. ``pipeline.aggregate`` takes them one after another;
a run that is cut into ranges of participants takes them apart: what ranges give adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.consensus import MEASURES, Weighted, consensus
from aggregation.engine.errors import EngineError
from aggregation.engine.groups import Grouping, declared_grouping, kmeans_grouping
from aggregation.engine.matrix import AGREE, VoteMatrix
from aggregation.engine.opinion_space import OpinionSpace, opinion_space
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan
from aggregation.engine.plan_sections import WeightsPlan
from aggregation.engine.priority import priority
from aggregation.engine.registry import RULES
from aggregation.engine.representativeness import representativeness
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.strata import strata_grouping
from aggregation.engine.weights import rake

# Part of every outcome. Raised whenever the same inputs may give other bytes.
ENGINE_VERSION = "2"


@dataclass(frozen=True, eq=False)
class People:
    """Who takes part. matrix : their votes, with weights if the plan has any.
    left_out : ids of people with too few votes. excluded : ids of people whom a rule leaves out.
    weighting : how weights were found, plain data, or None.
    """

    matrix: VoteMatrix
    left_out: NDArray[np.int64]
    excluded: NDArray[np.int64]
    weighting: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Tally:
    """Votes counted; ranges of participants add up.

    group_counts : int64[G, m, 3], people. counts : int64[m, 3], people in no group included.
    support      : int64[m], agree votes, in thousandths if there are weights.
    weighted     : counts by weight, None without.
    """

    group_counts: NDArray[np.int64]
    counts: NDArray[np.int64]
    support: NDArray[np.int64]
    weighted: Weighted | None = None

    def __add__(self, other: Tally) -> Tally:
        mine, others = self.weighted, other.weighted
        both = None
        if mine is not None and others is not None:
            both = Weighted(mine.counts + others.counts, mine.squares + others.squares)
        return Tally(
            self.group_counts + other.group_counts,
            self.counts + other.counts,
            self.support + other.support,
            both,
        )


def takes_part(matrix: VoteMatrix, plan: Plan) -> NDArray[np.bool_]:
    """bool[n]: whom no rule of the plan leaves out. Each row for itself."""
    enough = matrix.votes_by_participant >= plan.participants.min_votes
    return enough if matrix.excluded is None else enough & ~matrix.excluded


def taking_part(matrix: VoteMatrix, plan: Plan) -> People:
    """Everyone whom no rule of the plan leaves out.

    Raises EngineError: no_votes, nobody_left, and those of ``weights.rake``.
    """
    kept, votes = takes_part(matrix, plan), matrix.votes_by_participant
    if not votes.any():
        raise EngineError("no_votes")
    if not votes[kept].any():
        least = plan.participants.min_votes
        raise EngineError("nobody_left", min_votes=least, most=int(votes.max()))
    people = matrix if kept.all() else matrix.restrict(participants=kept)
    weighting = None
    if plan.weights is not None:
        people, weighting = _weighed(people, plan.weights)
    out = np.zeros(len(kept), dtype=bool) if matrix.excluded is None else matrix.excluded
    ids = matrix.participant_ids
    return People(people, ids[~kept & ~out], ids[out], weighting)


def _weighed(people: VoteMatrix, settings: WeightsPlan) -> tuple[VoteMatrix, Mapping[str, Any]]:
    margins = {name: dict(shares) for name, shares in settings.margins}
    raking = rake(people.characteristics, margins, low=settings.low, high=settings.high)
    return people.weighted(raking.weights), raking.to_dict()


def place(people: VoteMatrix, plan: Plan, seed: int) -> OpinionSpace:
    """The axes of opinion and everyone's place. Raises EngineError("space_not_converged")."""
    return opinion_space(people, dimensions=plan.space.dimensions, seed=seed)


def group(
    people: VoteMatrix, plan: Plan, positions: NDArray[np.float64], seed: int, k: int | None = None
) -> Grouping:
    """The opinion groups of the plan. k : a number of groups other than the plan's.

    Raises EngineError: declared_groups_missing, characteristic_missing, too_few_points.
    """
    settings = plan.grouping
    if settings.method == "declared":
        return declared_grouping(people, source=str(settings.source))
    if settings.method == "strata":
        return strata_grouping(people, source=str(settings.source))
    return kmeans_grouping(
        people,
        positions,
        k=k or settings.k,
        k_min=settings.k_min,
        k_max=settings.k_max,
        base_clusters=settings.base_clusters,
        starts=settings.starts,
        min_votes=settings.min_votes,
        seed=seed,
    )


def tally(people: VoteMatrix, grouping: Grouping) -> Tally:
    """Votes by group and of everyone."""
    groups, weights = grouping.n_groups, people.weights
    # People in no group are counted as one more group, for the total only.
    labels = np.where(grouping.labels < 0, groups, grouping.labels).astype(np.int32)
    every = people.group_counts(labels, groups + 1)
    counts = every.sum(axis=0)
    if weights is None:
        return Tally(every[:groups], counts, counts[:, AGREE])
    heavy = people.group_counts(labels, groups + 1, weights)
    squares = people.group_counts(labels, groups + 1, weights**2).sum(axis=2)
    weighted = Weighted(heavy[:groups], squares[:groups])
    return Tally(every[:groups], counts, heavy.sum(axis=0)[:, AGREE], weighted)


def evidence_of(
    people: VoteMatrix, plan: Plan, grouping: Grouping, found: Tally, seed: int
) -> Evidence:
    """What the rules look at."""
    agreement = consensus(found.group_counts, confidence=plan.confidence, weighted=found.weighted)
    return Evidence(people, found.counts, agreement, grouping.ids, seed, found.support)


def select(plan: Plan, evidence: Evidence) -> tuple[Selection, ...]:
    """What each rule of the plan selects."""
    return tuple(RULES[rule.id].select(evidence, rule.settings) for rule in plan.rules)


def conclude(
    *,
    plan: Plan,
    seed: int,
    input_digest: str,
    people: People,
    participant_ids: NDArray[np.int64],
    space: OpinionSpace,
    grouping: Grouping,
    found: Tally,
) -> Outcome:
    """The outcome from what the steps before gave. ``people.matrix`` may be without rows if every
    rule of the plan works from counts; ``participant_ids`` are those of all."""
    evidence = evidence_of(people.matrix, plan, grouping, found, seed)
    statement_ids, counts = people.matrix.statement_ids, found.group_counts
    return Outcome(
        plan_hash=plan.hash,
        seed=seed,
        input_digest=input_digest,
        engine_version=ENGINE_VERSION,
        confidence=plan.confidence,
        thresholds=plan.thresholds,
        left_out=people.left_out,
        excluded=people.excluded,
        participant_ids=participant_ids,
        positions=space.positions,
        explained_variance=space.explained_variance,
        grouping=grouping,
        statement_ids=statement_ids,
        counts=found.counts,
        group_counts=counts,
        consensus=evidence.consensus,
        statement_positions=space.statement_positions,
        extremity=space.extremity,
        priority=priority(counts.sum(axis=0), space.extremity),
        representative=representativeness(counts, statement_ids),
        selections=select(plan, evidence),
        weighting=_beside_unweighted(plan, people.weighting, counts),
    )


def _beside_unweighted(
    plan: Plan, weighting: Mapping[str, Any] | None, counts: NDArray[np.int64]
) -> Mapping[str, Any] | None:
    """How weights were found, and every measure as it would be without them."""
    if weighting is None:
        return None
    plain = consensus(counts, confidence=plan.confidence)
    measures = {
        name: [None if np.isnan(x) else float(x) for x in plain.measure(name)] for name in MEASURES
    }
    return {**weighting, "unweighted": measures}


def run_once(matrix: VoteMatrix, plan: Plan, seed: int, k: int | None = None) -> Outcome:
    """All steps without what looks at the run as a whole (stability, variants, properties)."""
    people = taking_part(matrix, plan)
    space = place(people.matrix, plan, seed)
    grouping = group(people.matrix, plan, space.positions, seed, k)
    return conclude(
        plan=plan,
        seed=seed,
        input_digest=matrix.digest,
        people=people,
        participant_ids=people.matrix.participant_ids,
        space=space,
        grouping=grouping,
        found=tally(people.matrix, grouping),
    )
