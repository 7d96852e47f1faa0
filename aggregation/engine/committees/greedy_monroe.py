"""Greedy Monroe: each seat goes to a statement that stands for its own n / seats people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals, approval_ties, approvals
from aggregation.engine.errors import EngineError
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated
from aggregation.engine.ties import TieBreaker


@dataclass(frozen=True)
class Mandate:
    """One seat.

    column    : the statement. score : people not yet represented who agree with it, or all who
                agree with it where nobody was left (filled_by "approvals").
    filled_by : "monroe" or "approvals". assigned : people it represents from now on.
    """

    column: int
    score: int
    filled_by: str
    assigned: int


def greedy_monroe(approved: Approvals, seats: int, *, ties: TieBreaker) -> tuple[Mandate, ...]:
    """Fill seats with the statement that most people not yet represented agree with.

    It then represents n / seats of them (the first ones in order of id; one more in the first
    n mod seats rounds), who are not counted again. Once nobody unrepresented agrees with anything
    left, the other seats go to the statements with most supporters. Satisfies JR.

    People may weigh whole numbers only: there is no part of a person to be represented.
    Raises EngineError("weights_not_whole"). O(nnz + seats · m).
    Skowron, Faliszewski & Slinko 2015, doi:10.1016/j.artint.2015.01.003, algorithm A.
    """
    weights = _whole(approved)
    free = weights.copy()
    support = _support(approved, np.arange(approved.n_participants), free)
    totals = support.copy()
    quota, larger = divmod(int(weights.sum()), max(seats, 1))
    left = totals > 0
    filled: list[Mandate] = []
    while len(filled) < seats and left.any():
        by_monroe = bool(support[left].max() > 0)
        column = _most(support if by_monroe else totals, left, ties, f"seat {len(filled) + 1}")
        left[column] = False
        if not by_monroe:
            filled.append(Mandate(column, int(totals[column]), "approvals", 0))
            continue
        rows = approved.supporters(column)
        taken = _taken(free[rows], quota + (len(filled) < larger))
        filled.append(Mandate(column, int(support[column]), "monroe", int(taken.sum())))
        free[rows] -= taken
        support -= _support(approved, rows, taken)
    return tuple(filled)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen ("not_approved")."""
    approved, ids = approvals(evidence.matrix), evidence.matrix.statement_ids
    ties = approval_ties(approved, ids)
    filled = greedy_monroe(approved, int(params["seats"] or 0), ties=ties)
    return seated(
        "greedy_monroe",
        evidence,
        params,
        columns=[seat.column for seat in filled],
        scores=[float(seat.score) for seat in filled],
        steps=[
            Step(
                int(ids[seat.column]),
                float(seat.score),
                (("filled_by", seat.filled_by), ("assigned", seat.assigned)),
            )
            for seat in filled
        ],
        ties=ties,
    )


def _whole(approved: Approvals) -> NDArray[np.int64]:
    """int64[n]: how many people each row stands for."""
    if approved.weights is None:
        return np.ones(approved.n_participants, dtype=np.int64)
    people, rest = np.divmod(approved.weights, approved.unit)
    if rest.any():
        raise EngineError("weights_not_whole", rule="greedy_monroe")
    return people


def _support(
    approved: Approvals, rows: NDArray[np.integer], amounts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64[m]: the amounts of these rows, summed over who agrees with what."""
    sizes = approved.ballot_sizes[rows]
    ends = np.cumsum(sizes)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    cells = np.repeat(approved.indptr[rows], sizes) + within
    # Floats below 2^53 hold sums of whole numbers exactly.
    return np.bincount(
        approved.indices[cells], weights=np.repeat(amounts, sizes), minlength=approved.n_statements
    ).astype(np.int64)


def _most(scores: NDArray[np.int64], left: NDArray[np.bool_], ties: TieBreaker, where: str) -> int:
    level = np.flatnonzero(left & (scores == scores[left].max())).tolist()
    return ties.order(level, where)[0] if len(level) > 1 else int(level[0])


def _taken(free: NDArray[np.int64], quota: int) -> NDArray[np.int64]:
    """How much of each row is taken, from the first on, until the quota is full."""
    before = np.cumsum(free) - free
    return np.asarray(np.clip(quota - before, 0, free))
