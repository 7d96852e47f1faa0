"""Satisfaction approval: everyone has one vote, split evenly over all they agree with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approval import best, ranked
from aggregation.engine.committees.approvals import Approvals, approvals
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, tie_breaker
from aggregation.engine.ties import TieBreaker


@dataclass(frozen=True, eq=False)
class Splits:
    """How the votes of everyone were split.

    sizes : int64[S], ascending: how many statements someone agrees with.
    held  : int64[m, S], what the approvals by people of each size count, in parts of ``scale``.
    """

    sizes: NDArray[np.int64]
    held: NDArray[np.int64]
    scale: int

    @property
    def scores(self) -> NDArray[np.float64]:
        """float64[m]: what each statement got of all votes, in people."""
        parts = self.held / (self.scale * self.sizes)
        return np.asarray(parts.sum(axis=1), dtype=np.float64)

    def exact(self, column: int) -> Fraction:
        """The score of one statement without rounding."""
        pairs = zip(self.held[column].tolist(), self.sizes.tolist(), strict=True)
        parts = (Fraction(count, size) for count, size in pairs if count)
        return sum(parts, Fraction(0)) / self.scale


def splits(approved: Approvals) -> Splits:
    """Approvals counted by statement and by size of the ballot, in one pass. O(nnz)."""
    used = approved.ballot_sizes[approved.ballot_sizes > 0]
    sizes, size_of = np.unique(used, return_inverse=True)
    by_row = np.zeros(approved.n_participants, dtype=np.int64)
    by_row[approved.ballot_sizes > 0] = size_of
    key = approved.indices * np.int64(len(sizes)) + by_row[approved.rows]
    width = approved.n_statements * len(sizes)
    held = np.bincount(key, weights=approved.amounts, minlength=width)
    table = np.asarray(held, dtype=np.int64).reshape(approved.n_statements, len(sizes))
    return Splits(sizes, table, approved.scale)


def satisfaction_approval(approved: Approvals, seats: int, *, ties: TieBreaker) -> tuple[int, ...]:
    """The columns that got most of everyone's one vote, best first; at most ``seats``.

    A participant who approves of b statements gives 1 / b to each. Agreeing with much is not
    having more of a say. O(nnz + m log m).
    Brams & Kilgour 2014, Satisfaction approval voting, in Voting Power and Procedures, p. 323.
    """
    split = splits(approved)
    return best(split.scores, split.exact, seats, ties=ties)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen (a policy of ``approvals``)."""
    approved = approvals(evidence.matrix, str(params["unseen"]))
    split = splits(approved)
    ties = tie_breaker(evidence)
    columns = best(split.scores, split.exact, int(params["seats"] or 0), ties=ties)
    return ranked(
        "satisfaction_approval",
        evidence,
        params,
        approved=approved,
        columns=columns,
        scores=split.scores,
        ties=ties,
    )
