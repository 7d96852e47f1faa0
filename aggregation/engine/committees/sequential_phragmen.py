"""Phragmén's sequential rule: the work of carrying the seats is shared as evenly as can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, gcd
from operator import mul

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals, approvals
from aggregation.engine.committees.exact import Remembered
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated, tie_breaker
from aggregation.engine.ties import TieBreaker

_NOTHING = 1e-300


@dataclass(frozen=True)
class Carried:
    """One seat: the column that won it, and what each supporter carries from then on.

    load        : of one person, in statements. With s supporters who carry nothing yet it is 1 / s.
    supporters, newly_represented : people who agree with it, and those who carried nothing yet.
    """

    column: int
    load: float
    supporters: int
    newly_represented: int


def sequential_phragmen(
    approved: Approvals, seats: int, *, ties: TieBreaker
) -> tuple[Carried, ...]:
    """Fill seats one after the other, so that the most anyone carries rises least.

    Every seat is a load of 1 that its supporters carry, all of them up to the same height: a
    statement whose s supporters carry l_1 ... l_s would leave each with (1 + l_1 + ... + l_s) / s.
    The lowest height wins the seat, until the seats are filled or nobody agrees with any
    statement left. A person of weight w counts as w people.

    Loads are floats; statements whose heights come close are compared as exact fractions.
    O(nnz + seats · (m + seats)) and the ballots of each winner's supporters.
    Phragmén 1894; Brill, Freeman, Janson & Lackner 2024, Phragmén's voting methods and justified
    representation, Mathematical Programming 203, p. 47.
    """
    people_of, unit = approved.totals, approved.unit
    history = _Loads(unit, seats)
    last = np.zeros(approved.n_participants, dtype=np.int64)
    carried = np.zeros(approved.n_statements)
    # Heights are taken times the largest support: of the order of 1, as closeness expects.
    slope = np.full(len(people_of), -np.inf)
    np.divide(-float(people_of.max(initial=1)), people_of, out=slope, where=people_of > 0)
    filled: list[Carried] = []

    def height(column: int) -> Fraction:
        held = approved.counted(column, last[approved.supporters(column)])
        return -history.height(held, int(people_of[column]))

    exact = Remembered(height, approved.n_statements)

    for number in range(1, min(seats, int(np.count_nonzero(people_of))) + 1):
        winner = ties.best(slope * (carried + unit), exact, f"seat {number}")
        people = approved.supporters(winner)
        before = last.take(people)
        load = history.add(approved.counted(winner, before), int(people_of[winner]))
        fresh = len(people) - int(np.count_nonzero(before))
        filled.append(Carried(winner, load, len(people), fresh))
        # More than nothing, so that every statement touched is known to have changed.
        rise = np.maximum(load - history.floats.take(before), _NOTHING)
        changes = approved.column_sums(people, rise)
        exact.forget(changes)
        carried += changes
        last[people] = number
        slope[winner] = -np.inf
    return tuple(filled)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats. The score of a statement is its load."""
    approved = approvals(evidence.matrix)
    ids = evidence.matrix.statement_ids
    ties = tie_breaker(evidence)
    seats = sequential_phragmen(approved, int(params["seats"] or 0), ties=ties)
    return seated(
        "sequential_phragmen",
        evidence,
        params,
        columns=[seat.column for seat in seats],
        scores=[seat.load for seat in seats],
        steps=[_step(int(ids[seat.column]), seat) for seat in seats],
        ties=ties,
    )


class _Loads:
    """What those carry whom each step covered last, as floats and, when asked for, exactly.

    A person carries what the last step that covered them left everybody with, so one number per
    step tells all loads. The exact ones are ``_numerators[step] / _common``.
    """

    def __init__(self, unit: int, seats: int) -> None:
        self.floats: NDArray[np.float64] = np.zeros(seats + 1)
        self._unit = unit
        self._numerators, self._common = [0], 1
        self._steps: list[tuple[NDArray[np.int64], int]] = []

    def add(self, held: NDArray[np.int64], total: int) -> float:
        """The load after one more step, correctly rounded sums in a fixed order.

        held : int64, supporters by the step that covered them last. total : all of them.
        """
        self._steps.append((held, total))
        parts = held / self._unit * self.floats[: len(held)]
        load = (1.0 + fsum(parts.tolist())) / (total / self._unit)
        self.floats[len(self._steps)] = load
        return load

    def height(self, held: NDArray[np.int64], total: int) -> Fraction:
        """Exactly what the supporters would carry after one more step."""
        for step in self._steps[len(self._numerators) - 1 :]:
            self._add_exactly(*step)
        return Fraction(self._sum(held), self._common * total)

    def _sum(self, held: NDArray[np.int64]) -> int:
        carried: int = sum(map(mul, held.tolist(), self._numerators))
        return self._unit * self._common + carried

    def _add_exactly(self, held: NDArray[np.int64], total: int) -> None:
        numerator = self._sum(held)
        shared = gcd(numerator, total)
        factor = total // shared
        self._numerators = [old * factor for old in self._numerators]
        self._numerators.append(numerator // shared)
        self._common *= factor


def _step(statement: int, seat: Carried) -> Step:
    detail = (("supporters", seat.supporters), ("newly_represented", seat.newly_represented))
    return Step(statement, seat.load, (("load", seat.load), *detail))
