"""A run from votes to outcome: a pure function of the votes, the plan and the seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.consensus import consensus
from aggregation.engine.errors import EngineError
from aggregation.engine.groups import Grouping, declared_grouping, kmeans_grouping
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.opinion_space import opinion_space
from aggregation.engine.outcome import Outcome
from aggregation.engine.plan import Plan
from aggregation.engine.priority import priority
from aggregation.engine.randomness import checked_seed
from aggregation.engine.registry import RULES
from aggregation.engine.representativeness import representativeness
from aggregation.engine.selection import Evidence

# Part of every outcome. Raised whenever the same inputs may give other bytes.
ENGINE_VERSION = "1"

Progress = Callable[[float, str], None]


def aggregate(
    matrix: VoteMatrix, plan: Plan, seed: int | None = None, *, progress: Progress | None = None
) -> Outcome:
    """Run a plan over the votes.

    seed     : start of all random draws; the plan's own if None.
    progress : called with the share done, 0 to 1, and the name of the step that begins:
               "participants", "space", "groups", "consensus", "rules", "done".
    Raises EngineError: no_votes, nobody_left, declared_groups_missing, too_few_points,
    seed_out_of_range, space_not_converged. The same arguments give the same bytes.
    """
    say: Progress = progress or (lambda share, step: None)
    start = checked_seed(plan.seed if seed is None else seed)
    say(0.0, "participants")
    people = _taking_part(matrix, plan.participants.min_votes)
    say(0.1, "space")
    space = opinion_space(people, dimensions=plan.space.dimensions, seed=start)
    say(0.4, "groups")
    grouping = _grouping(people, plan, space.positions, start)
    say(0.7, "consensus")
    group_counts, counts = _counts(people, grouping)
    agreement = consensus(group_counts, confidence=plan.confidence)
    say(0.8, "rules")
    evidence = Evidence(people, counts, agreement, grouping.ids, start)
    selections = tuple(RULES[rule.id].select(evidence, rule.settings) for rule in plan.rules)
    outcome = Outcome(
        plan_hash=plan.hash,
        seed=start,
        input_digest=matrix.digest,
        engine_version=ENGINE_VERSION,
        confidence=plan.confidence,
        thresholds=plan.thresholds,
        left_out=np.setdiff1d(matrix.participant_ids, people.participant_ids, assume_unique=True),
        participant_ids=people.participant_ids,
        positions=space.positions,
        explained_variance=space.explained_variance,
        grouping=grouping,
        statement_ids=people.statement_ids,
        counts=counts,
        group_counts=group_counts,
        consensus=agreement,
        statement_positions=space.statement_positions,
        extremity=space.extremity,
        priority=priority(group_counts.sum(axis=0), space.extremity),
        representative=representativeness(group_counts, people.statement_ids),
        selections=selections,
    )
    say(1.0, "done")
    return outcome


def _taking_part(matrix: VoteMatrix, min_votes: int) -> VoteMatrix:
    """The matrix without people who cast fewer votes than the plan asks for."""
    if not matrix.n_votes:
        raise EngineError("no_votes")
    votes = matrix.votes_by_participant
    enough = votes >= min_votes
    if not enough.any():
        raise EngineError("nobody_left", min_votes=min_votes, most=int(votes.max()))
    return matrix if enough.all() else matrix.restrict(participants=enough)


def _grouping(
    matrix: VoteMatrix, plan: Plan, positions: NDArray[np.float64], seed: int
) -> Grouping:
    settings = plan.grouping
    if settings.method == "declared":
        return declared_grouping(matrix, source=str(settings.source))
    return kmeans_grouping(
        matrix,
        positions,
        k=settings.k,
        k_min=settings.k_min,
        k_max=settings.k_max,
        base_clusters=settings.base_clusters,
        starts=settings.starts,
        min_votes=settings.min_votes,
        seed=seed,
    )


def _counts(matrix: VoteMatrix, grouping: Grouping) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """int64[G, m, 3] by group, and int64[m, 3] of everyone, in one pass over the votes."""
    groups = grouping.n_groups
    # People in no group are counted as one more group, for the total only.
    labels = np.where(grouping.labels < 0, groups, grouping.labels).astype(np.int32)
    every = matrix.group_counts(labels, groups + 1)
    return every[:groups], every.sum(axis=0)
