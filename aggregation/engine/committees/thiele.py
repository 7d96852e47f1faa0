"""The best selection of all by a Thiele score, proven by integer programming where it ends.

A person who agrees with s selected statements adds f(1) + ... + f(s) to the score: f(j) = 1 / j in
proportional approval voting; f(1) = 1 and nothing more with Chamberlin and Courant, which is the
same cut off after one.

HiGHS runs in one thread with a limit on branches, never on time, so the result depends on nothing
but the votes. It works to 1e-6 of one person; selections it finds are compared as fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, vstack

from aggregation.engine.committees.approvals import Approvals, approval_ties, approvals
from aggregation.engine.committees.swaps import swapped
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated
from aggregation.engine.ties import TieBreaker

CELLS = 400_000
"""Larger programs, in approvals and satisfied wishes of different ballots, are not begun."""
NODES = 2_000
"""A search is given up after so many branches."""
DENSE = 2**26
"""Ballots are compared with each other below this many participants times statements."""
TIE_RULE = "the selection with the first statement that only one has: {}"
# Ten times the solver's tolerance, so that level scores are never taken for lower ones.
_SLACK = 1e-5
# The solver rounds 1e-6 away, so only so many places are put in order at once.
_BLOCK = 12
_BLOCKS = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Optimum:
    """The best selection.

    columns : ascending. score : exactly, in people. levels : f(j) counts for j up to this.
    proven  : no selection has a higher score; otherwise it is the best one found.
    bound   : no selection has a higher score than this.
    unique  : no other has the same score; None if not known.
    """

    columns: tuple[int, ...]
    score: Fraction
    proven: bool
    bound: float
    unique: bool | None
    levels: int


def optimum(approved: Approvals, seats: int, levels: int, *, ties: TieBreaker) -> Optimum:
    """The selection with the highest score.

    levels : f(j) counts for j up to this. Of several, the one that has the first statement, in the
    order of ties, that the others lack (beyond the first 72 the solver chooses). What is too large
    for the solver, or not proven after NODES branches, gets the best selection found by it or by
    swapping, see ``swaps``.
    """
    supported = np.flatnonzero(approved.totals)
    seats = min(seats, len(supported))
    if not seats or seats == len(supported):
        columns = tuple(supported.tolist()) if seats else ()
        score = thiele_score(approved, columns, levels)
        return Optimum(columns, score, True, float(score), True, levels)
    program = _Program(approved, supported, seats, min(levels, seats))
    found = program.best() if program.fits else None
    if found is None or not found.proven:
        return _best_found(approved, seats, levels, found, ties)
    other = program.best(without=found.columns)
    if other is not None and other.score > found.score:
        found, other = other, found
    if other is None or other.score < found.score:
        proven = other is None or other.proven
        return Optimum(
            found.columns, found.score, True, found.bound, True if proven else None, levels
        )
    first = program.first_in_order(found, ties)
    only_one = set(first) ^ set(other.columns if other.columns != first else found.columns)
    places = ties.places()
    ties.record(sorted(only_one, key=lambda at: int(places[at])), "selection", _rule())
    return Optimum(first, found.score, True, found.bound, False, levels)


def thiele_score(approved: Approvals, columns: Sequence[int], levels: int) -> Fraction:
    """The score of a selection, exactly, in people."""
    satisfied = satisfaction(approved, columns)
    people = np.bincount(satisfied, weights=approved.weights).astype(np.int64).tolist()
    worth, total = Fraction(0), Fraction(0)
    for level, weight in enumerate(people):
        worth += Fraction(1, level) if 0 < level <= levels else 0
        total += weight * worth
    return total / approved.unit


def satisfaction(approved: Approvals, columns: Sequence[int]) -> NDArray[np.int64]:
    """int64[n]: how many of these statements each participant agrees with."""
    chosen = np.zeros(approved.n_statements, dtype=bool)
    chosen[list(columns)] = True
    hits = approved.rows[chosen[approved.indices]]
    return np.bincount(hits, minlength=approved.n_participants)


def told(
    rule: str,
    evidence: Evidence,
    params: Mapping[str, ParamValue],
    find: Callable[[Approvals, int, TieBreaker], Optimum],
) -> Selection:
    """The selection of a rule that finds an optimum; its first step says how good it is.

    Statements are put in order of what the score would lose without each of them.
    """
    approved, ids = approvals(evidence.matrix), evidence.matrix.statement_ids
    ties = approval_ties(approved, ids)
    found = find(approved, int(params["seats"] or 0), ties)
    losses = {
        column: found.score
        - thiele_score(approved, [at for at in found.columns if at != column], found.levels)
        for column in found.columns
    }
    places = ties.places()
    order = sorted(found.columns, key=lambda at: (-losses[at], int(places[at])))
    whole: tuple[tuple[str, ParamValue], ...] = (
        ("total", float(found.score)),
        ("bound", found.bound),
        ("proven", int(found.proven)),
        ("unique", None if found.unique is None else int(found.unique)),
    )
    return seated(
        rule,
        evidence,
        params,
        columns=order,
        scores=[float(losses[column]) for column in order],
        steps=[
            Step(int(ids[column]), float(losses[column]), whole if not place else ())
            for place, column in enumerate(order)
        ],
        ties=ties,
    )


def _rule() -> str:
    return TIE_RULE.format(TieBreaker.RULE)


def _best_found(
    approved: Approvals, seats: int, levels: int, found: Optimum | None, ties: TieBreaker
) -> Optimum:
    """The better one of what the solver left and what swapping finds, and the lower bound."""
    columns = swapped(approved, seats, levels, ties=ties)
    score = thiele_score(approved, columns, levels)
    bound = _simple_bound(approved, seats, levels)
    if found is not None:
        bound = min(bound, found.bound)
        if found.score > score:
            columns, score = found.columns, found.score
    return Optimum(columns, score, score >= bound, bound, None, levels)


def _simple_bound(approved: Approvals, seats: int, levels: int) -> float:
    """Nobody gets more than all their wishes, and no seat more than its supporters."""
    worth = np.cumsum([0.0] + [1 / level for level in range(1, min(seats, levels) + 1)])
    wishes = worth[np.minimum(approved.ballot_sizes, len(worth) - 1)]
    weights = 1 if approved.weights is None else approved.weights / approved.unit
    top = np.sort(approved.totals)[::-1][:seats].sum() / approved.unit
    return float(min((wishes * weights).sum(), top))


class _Program:
    """max of sum of w · f(l) · y[ballot, l]; as many y as statements of the ballot are chosen."""

    def __init__(
        self, approved: Approvals, supported: NDArray[np.int64], seats: int, levels: int
    ) -> None:
        self.approved, self.supported = approved, supported
        self.seats, self.levels = seats, levels

    @property
    def fits(self) -> bool:
        wishes = int(np.minimum(self.approved.ballot_sizes, self.levels).sum())
        cells = self.approved.n_participants * self.approved.n_statements
        return cells <= DENSE and wishes + self.approved.n_approvals <= CELLS

    @cached_property
    def _ballots(self) -> tuple[NDArray[np.bool_], Floats]:
        """Different ballots in a canonical order, and how many people hold each."""
        likes = self.approved.dense()[:, self.supported]
        likes, weights = likes[likes.any(axis=1)], self.approved.weights
        if weights is not None:
            weights = weights[self.approved.ballot_sizes > 0]
        ballots, holder = np.unique(likes, axis=0, return_inverse=True)
        people = np.bincount(holder.ravel(), weights=weights) / self.approved.unit
        return ballots, people

    @cached_property
    def _score(self) -> Floats:
        """What each variable adds: nothing for statements, w · f(l) for wishes."""
        ballots, people = self._ballots
        wishes = np.minimum(ballots.sum(axis=1), self.levels)
        first = np.cumsum(wishes) - wishes
        level = np.arange(wishes.sum()) - np.repeat(first, wishes) + 1
        return np.concatenate([np.zeros(len(self.supported)), np.repeat(people, wishes) / level])

    @cached_property
    def _rules(self) -> csr_array:
        ballots, _ = self._ballots
        wishes = np.minimum(ballots.sum(axis=1), self.levels)
        who = np.repeat(np.arange(len(ballots)), wishes)
        met = csr_array((np.ones(len(who)), (who, np.arange(len(who)))))
        seats = csr_array(np.ones((1, len(self.supported))))
        return block_array([[csr_array(ballots.astype(float)), -met], [seats, None]], format="csr")

    def best(
        self, without: tuple[int, ...] | None = None, fixed: NDArray[np.int64] | None = None
    ) -> Optimum | None:
        """The best selection other than the one given; None if there is none.

        fixed : int64[supported], 1 for statements that must be in it, 0 for those that must not.
        """
        rows: list[csr_array] = []
        if without is not None:
            row = np.zeros((1, len(self._score)))
            row[0, : len(self.supported)] = np.isin(self.supported, without)
            rows = [csr_array(row)]
        result = self._solve(-self._score, rows, [0.0], [self.seats - 1.0], fixed)
        if result is None:
            return None
        columns, proven, bound = result
        score = thiele_score(self.approved, columns, self.levels)
        # What rounding may have hidden from the solver.
        bound = max(float(score), -bound) if proven else -bound + _SLACK
        return Optimum(columns, score, proven, bound, None, self.levels)

    def first_in_order(self, found: Optimum, ties: TieBreaker) -> tuple[int, ...]:
        """Of all selections with this score, the first in the order of ties.

        Some statements at a time are fixed, the first ones first, until one selection is left or
        the first _BLOCK · _BLOCKS statements are: each round solves the program twice.
        """
        order = np.argsort(ties.places()[self.supported], kind="stable")
        columns, fixed = found.columns, np.full(len(self.supported), -1)
        rows = [csr_array(self._score[None, :])]
        for start in range(0, min(len(order), _BLOCK * _BLOCKS), _BLOCK):
            block = order[start : start + _BLOCK]
            wish = np.zeros(len(self._score))
            wish[block] = -(2.0 ** np.arange(len(block))[::-1])
            result = self._solve(wish, rows, [float(found.score) - _SLACK], [np.inf], fixed)
            if result is None or not result[1]:
                return columns
            if thiele_score(self.approved, result[0], self.levels) == found.score:
                columns = result[0]
            fixed[block] = np.isin(self.supported[block], columns)
            if np.count_nonzero(fixed == 1) == self.seats:
                return columns
            other = self.best(without=columns, fixed=fixed)
            if other is None or other.score < found.score:
                return columns
        return columns

    def _solve(
        self,
        cost: Floats,
        rows: list[csr_array],
        low: list[float],
        high: list[float],
        fixed: NDArray[np.int64] | None = None,
    ) -> tuple[tuple[int, ...], bool, float] | None:
        """(columns, proven, bound) of the cheapest selection; None if none was found."""
        m, size, extra = len(self.supported), len(self._score), len(rows)
        ballots = self._rules.shape[0] - 1
        least, most = np.zeros(size), np.ones(size)
        if fixed is not None:
            least[:m], most[:m] = fixed == 1, fixed != 0
        result = milp(
            cost,
            integrality=np.arange(size) < m,
            bounds=Bounds(least, most),
            constraints=LinearConstraint(
                vstack([self._rules, *rows], format="csr"),
                np.concatenate([np.zeros(ballots), [self.seats], low[:extra]]),
                np.concatenate([np.full(ballots, np.inf), [self.seats], high[:extra]]),
            ),
            options={"node_limit": NODES, "mip_rel_gap": 0.0},
        )
        if result.x is None:
            return None
        columns = tuple(self.supported[result.x[:m] > 0.5].tolist())
        return columns, result.status == 0, float(result.mip_dual_bound)
