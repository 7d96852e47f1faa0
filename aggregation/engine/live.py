"""The picture while a round is open: kept up to date vote by vote, without computing it anew.

What is exact and what is not: statistics and counts after ``refresh`` are those of a full
computation, bit for bit. Axes and places are the same to about 1e-11, because the iteration begins
at the axes before. Groups begin at the groups before, and may differ from those of a run where
several groupings are about equally good; numbers of groups stay with people as far as sizes allow.
People are not weighted here: weights to known margins belong to the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.groups import Anchor, Grouping, declared_grouping, group_people
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.opinion_space import (
    MOST_STATEMENTS,
    OpinionSpace,
    opinion_space,
    placed,
)
from aggregation.engine.plan import Plan
from aggregation.engine.randomness import checked_seed
from aggregation.engine.statistics import Statistics, statistics
from aggregation.engine.strata import strata_grouping
from aggregation.engine.upserts import Upserts, updated, upserted, widened

# Random starts of k-means beside the one from the groups before.
_STARTS = 2
# With more changes than this share of all votes it is quicker to count anew.
_MANY = 1 / 8


@dataclass(frozen=True, eq=False)
class LiveState:
    """Where an open round stands.

    matrix       : all votes so far, unweighted; n people and m statements.
    taking_part  : bool[n], whom no rule of the plan leaves out.
    statistics   : of the people taking part.
    space        : axes found from them, and everyone's place.
    grouping     : opinion groups of people taking part; label -1 for all others.
    group_counts : int64[G, m, 3], agree, disagree and pass of people in a group.
    counts       : int64[m, 3], of all taking part.
    """

    plan: Plan
    seed: int
    matrix: VoteMatrix
    taking_part: NDArray[np.bool_]
    statistics: Statistics
    space: OpinionSpace
    grouping: Grouping
    group_counts: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        return self.statistics.counts


def live_state(matrix: VoteMatrix, plan: Plan, seed: int | None = None) -> LiveState:
    """The state of an open round from all its votes so far, which may be none.

    Raises EngineError: seed_out_of_range, space_not_converged, too_few_points, and
    declared_groups_missing or characteristic_missing if the plan groups people by what is known.
    """
    start = checked_seed(plan.seed if seed is None else seed)
    bare = replace(matrix, weights=None, probabilities=None)
    part = _takes_part(bare, plan)
    known = _statistics(bare, part)
    space = _space(bare, part, known, plan, start, None)
    return _state(bare, plan, start, part, known, space, None)


def refresh(
    state: LiveState, participants: ArrayLike, statements: ArrayLike, values: ArrayLike
) -> LiveState:
    """The state after new, changed and withdrawn votes; the one before stays as it is.

    participants, statements, values : equally long; ids, ids, and 1, -1, 0 or WITHDRAWN. Of
    several entries for one cell the last counts. People and statements may be new.
    Raises EngineError: lengths_differ, id_not_whole, value_out_of_range, and as ``live_state``.
    O(nnz) to copy and to place people, O(changes · votes per person) for the statistics.
    """
    change = upserted(state.matrix, participants, statements, values)
    matrix, plan = change.matrix, state.plan
    part = _takes_part(matrix, plan)
    known = _refreshed(state, change, part)
    before = np.zeros((len(state.space.components), matrix.n_statements))
    columns = np.searchsorted(matrix.statement_ids, state.matrix.statement_ids)
    before[:, columns] = state.space.components
    space = _space(matrix, part, known, plan, state.seed, before)
    anchor = state.grouping.anchor
    kept = None if anchor is None else anchor.taking(change.row_before)
    return _state(matrix, plan, state.seed, part, known, space, kept)


def _takes_part(matrix: VoteMatrix, plan: Plan) -> NDArray[np.bool_]:
    votes = matrix.votes_by_participant
    enough = (votes >= plan.participants.min_votes) & (votes > 0)
    return enough if matrix.excluded is None else enough & ~matrix.excluded


def _statistics(matrix: VoteMatrix, part: NDArray[np.bool_]) -> Statistics:
    people = matrix if part.all() else matrix.restrict(participants=part)
    return statistics(people, gram=matrix.n_statements <= MOST_STATEMENTS)


def _refreshed(state: LiveState, change: Upserts, part: NDArray[np.bool_]) -> Statistics:
    matrix = change.matrix
    gram = matrix.n_statements <= MOST_STATEMENTS
    changed = (change.old != change.new) | (change.was != change.now)
    if np.count_nonzero(changed) > _MANY * matrix.n_votes:
        return _statistics(matrix, part)
    known = widened(state.statistics, state.matrix.statement_ids, matrix.statement_ids)
    if known.has_gram and not gram:
        known = replace(known, seen_seen=None, vote_seen=None, vote_vote=None)
    return updated(known, change, state.taking_part, part)


def _space(
    matrix: VoteMatrix,
    part: NDArray[np.bool_],
    known: Statistics,
    plan: Plan,
    seed: int,
    start: NDArray[np.float64] | None,
) -> OpinionSpace:
    """Axes of the people taking part, and everyone's place on them."""
    people = matrix
    if not known.has_gram and not part.all():  # then axes are found from the votes themselves
        people = matrix.restrict(participants=part)
    axes = opinion_space(
        people, dimensions=plan.space.dimensions, seed=seed, statistics=known, start=start
    )
    return axes if people is matrix else placed(matrix, axes)


def _state(
    matrix: VoteMatrix,
    plan: Plan,
    seed: int,
    part: NDArray[np.bool_],
    known: Statistics,
    space: OpinionSpace,
    anchor: Anchor | None,
) -> LiveState:
    grouping = _grouping(matrix, plan, seed, part, space, anchor)
    counts = matrix.group_counts(grouping.labels, grouping.n_groups)
    return LiveState(plan, seed, matrix, part, known, space, grouping, counts)


def _grouping(
    matrix: VoteMatrix,
    plan: Plan,
    seed: int,
    part: NDArray[np.bool_],
    space: OpinionSpace,
    anchor: Anchor | None,
) -> Grouping:
    settings = plan.grouping
    if settings.method != "kmeans":
        make = declared_grouping if settings.method == "declared" else strata_grouping
        found = make(matrix, source=str(settings.source))
        return replace(found, labels=np.where(part, found.labels, -1).astype(np.int32))
    needed = max(1, min(settings.min_votes, matrix.n_statements))
    return group_people(
        space.positions,
        part & (matrix.votes_by_participant >= needed),
        k=settings.k,
        k_min=settings.k_min,
        k_max=settings.k_max,
        base_clusters=settings.base_clusters,
        starts=settings.starts if anchor is None else min(settings.starts, _STARTS),
        seed=seed,
        anchor=anchor,
    )
