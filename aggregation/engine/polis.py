"""What Polis would say of the same votes, in its own terms: the compatibility profile.

Everything here follows Polis's production engine (Clojure, ``math/src/polismath``) and is checked
against what that engine stored for real conversations: centre, axes, places, extremity, votes by
group, representativeness, consensus lists, group-aware consensus and priority. Not the same is how
groups are found: Polis's depend on the order of rows and on its earlier results, ours on neither.
Groups that Polis found can be given instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.consensus import consensus
from aggregation.engine.groups import group_people
from aggregation.engine.matrix import AGREE, DISAGREE, VoteMatrix
from aggregation.engine.opinion_space import OpinionSpace, opinion_space
from aggregation.engine.priority import priority
from aggregation.engine.representativeness import (
    MOST,
    Z_90,
    Representative,
    one_proportion_z,
    representativeness,
)

# Who takes part in groups: people with seven votes, or the fifteen with most votes if fewer have.
_VOTES, _LEAST_PEOPLE = 7, 15
_MOST_GROUPS, _BASE_PER_GROUP, _BASE_CLUSTERS = 5, 12, 100


@dataclass(frozen=True)
class Consensual:
    """A statement that everyone together agrees with, or disagrees with.

    successes, trials : votes in that direction, and all votes on it.
    share, share_test : (successes + 1) / (trials + 2), and its z against one half.
    """

    statement_id: int
    successes: int
    trials: int
    share: float
    share_test: float


@dataclass(frozen=True, eq=False)
class PolisView:
    """One conversation as Polis sees it. groups : int32[n], -1 for people outside the conversation.

    muted, meta : bool[m], statements moderated out, and statements about the conversation itself.
    """

    matrix: VoteMatrix
    muted: NDArray[np.bool_]
    meta: NDArray[np.bool_]
    space: OpinionSpace
    groups: NDArray[np.int32]
    group_counts: NDArray[np.int64]
    representative: tuple[tuple[Representative, ...], ...]
    agreed: tuple[Consensual, ...]
    disagreed: tuple[Consensual, ...]
    group_aware_consensus: NDArray[np.float64]
    priorities: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """Plain data under Polis's names. As in its database agree is -1, so centres and places
        have the opposite sign of ours. Members of groups are participants, not base clusters."""
        ids, space = self.matrix.statement_ids.tolist(), self.space
        people = self.matrix.participant_ids
        members = [people[self.groups == at].tolist() for at in range(len(self.group_counts))]
        return {
            "n": self.matrix.n_participants,
            "n-cmts": self.matrix.n_statements,
            "tids": ids,
            "mod-out": self.matrix.statement_ids[self.muted].tolist(),
            "meta-tids": self.matrix.statement_ids[self.meta].tolist(),
            "in-conv": people[self.groups >= 0].tolist(),
            "user-vote-counts": _by(people.tolist(), self.matrix.votes_by_participant.tolist()),
            "pca": {
                "center": (-space.center + 0.0).tolist(),
                "comps": space.components.tolist(),
                "comment-projection": (-space.statement_positions.T + 0.0).tolist(),
                "comment-extremity": space.extremity.tolist(),
            },
            "group-clusters": [
                {"id": at, "members": who, "center": self._center(at)}
                for at, who in enumerate(members)
            ],
            "group-votes": {
                str(at): {"n-members": len(who), "votes": self._votes(at)}
                for at, who in enumerate(members)
            },
            "repness": {
                str(at): [_representative(one) for one in found]
                for at, found in enumerate(self.representative)
            },
            "consensus": {
                "agree": [_consensual(one) for one in self.agreed],
                "disagree": [_consensual(one) for one in self.disagreed],
            },
            "group-aware-consensus": _by(ids, self.group_aware_consensus.tolist()),
            "comment-priorities": _by(ids, self.priorities.tolist()),
        }

    def _center(self, group: int) -> list[float]:
        middle = -self.space.positions[self.groups == group].mean(axis=0)
        return [float(x) + 0.0 for x in middle]

    def _votes(self, group: int) -> dict[str, dict[str, int]]:
        counts = self.group_counts[group]
        rows = zip(self.matrix.statement_ids.tolist(), counts.tolist(), strict=True)
        return {str(i): {"A": a, "D": d, "S": a + d + passed} for i, (a, d, passed) in rows}


def polis_view(
    matrix: VoteMatrix,
    *,
    muted: NDArray[np.bool_] | None = None,
    meta: NDArray[np.bool_] | None = None,
    groups: NDArray[np.int32] | None = None,
    seed: int = 0,
) -> PolisView:
    """Everything Polis computes from votes.

    muted, meta : bool[m], see PolisView. groups : int32[n], found elsewhere, -1 for none.
    Raises EngineError("space_not_converged"). O(nnz) per step of the axes, as a run.
    """
    none = np.zeros(matrix.n_statements, dtype=bool)
    off, about = none if muted is None else muted, none if meta is None else meta
    space = opinion_space(matrix, dimensions=2, seed=seed, muted=off)
    labels = _grouped(matrix, space, seed) if groups is None else groups
    counts = matrix.group_counts(labels, int(labels.max(initial=-1)) + 1)
    agreed, disagreed = consensus_lists(matrix.counts(), matrix.statement_ids, muted=off)
    return PolisView(
        matrix=matrix,
        muted=off,
        meta=about,
        space=space,
        groups=labels,
        group_counts=counts,
        representative=representativeness(counts, matrix.statement_ids, muted=off),
        agreed=agreed,
        disagreed=disagreed,
        group_aware_consensus=consensus(counts).gac_polis,
        priorities=priority(counts.sum(axis=0), space.extremity, meta=about),
    )


def consensus_lists(
    counts: NDArray[np.int64],
    statement_ids: NDArray[np.int64],
    *,
    most: int = MOST,
    muted: NDArray[np.bool_] | None = None,
) -> tuple[tuple[Consensual, ...], tuple[Consensual, ...]]:
    """What everyone together agrees with, and what everyone disagrees with, strongest first.

    A statement is there if more than half go one way, by the smoothed share and by its z at 90 %;
    strength is share · z. counts : int64[m, 3], of everyone, in a group or not.
    """
    seen = counts.sum(axis=1)
    lists = []
    for side in (AGREE, DISAGREE):
        share = (counts[:, side] + 1.0) / (seen + 2.0)
        test = one_proportion_z(counts[:, side], seen)
        clear = (share > 0.5) & (test > Z_90)
        if muted is not None:
            clear &= ~muted
        order = np.argsort(-(share * test), kind="stable")
        lists.append(
            tuple(
                Consensual(
                    int(statement_ids[at]), int(counts[at, side]), int(seen[at]),
                    float(share[at]), float(test[at]),
                )
                for at in order[clear[order]][:most].tolist()
            )
        )  # fmt: skip
    return lists[0], lists[1]


def in_conversation(votes: NDArray[np.int64], n_statements: int) -> NDArray[np.bool_]:
    """bool[n]: who takes part in groups. votes : int64[n], of each participant.

    Of people with as many votes the one with the lower id comes first.
    """
    enough = votes >= min(_VOTES, n_statements)
    if np.count_nonzero(enough) < _LEAST_PEOPLE:
        enough = enough.copy()
        enough[np.argsort(-votes, kind="stable")[:_LEAST_PEOPLE]] = True
    return np.asarray(enough & (votes > 0))


def _grouped(matrix: VoteMatrix, space: OpinionSpace, seed: int) -> NDArray[np.int32]:
    included = in_conversation(matrix.votes_by_participant, matrix.n_statements)
    places = min(int(np.count_nonzero(included)), _BASE_CLUSTERS)
    most = min(_MOST_GROUPS, 2 + places // _BASE_PER_GROUP)
    return group_people(space.positions, included, k_max=most, seed=seed).labels


def _by(ids: list[int], values: list[Any]) -> dict[str, Any]:
    return {str(one): value for one, value in zip(ids, values, strict=True)}


def _representative(one: Representative) -> dict[str, Any]:
    found = {
        "tid": one.statement_id,
        "n-success": one.successes,
        "n-trials": one.trials,
        "p-success": one.share,
        "p-test": one.share_test,
        "repness": one.ratio,
        "repness-test": one.ratio_test,
        "repful-for": one.direction,
    }
    return found | ({"best-agree": True, "n-agree": one.successes} if one.best_agree else {})


def _consensual(one: Consensual) -> dict[str, Any]:
    return {
        "tid": one.statement_id,
        "n-success": one.successes,
        "n-trials": one.trials,
        "p-success": one.share,
        "p-test": one.share_test,
    }
