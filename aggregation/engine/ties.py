"""Ties: found exactly, broken by a declared rule, and written down.

Scores are compared as floats only where they are far apart. Scores that lie closer than rounding
could move them are compared as exact fractions, so that 1/3 + 1/6 and 1/2 are one score and two
scores that differ in the last digit stay two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# Relative distance below which floats are not trusted. Sums of 1e6 terms are good to 1e-10.
CLOSE = 1e-9

Exact = Callable[[int], Fraction]
"""Exact score of the statement at a position."""


@dataclass(frozen=True)
class Tie:
    """One tie and how it was broken.

    where      : what was being decided, as in ``k`` or ``seat 3``.
    candidates : what was level (statement ids, numbers of groups, starts), best first.
    rule       : the rule that decided, in plain words.
    """

    where: str
    candidates: tuple[int, ...]
    rule: str


class TieBreaker:
    """Puts level statements in order: more agree votes first, then the lower statement id.

    agree         : int64[m], agree votes of each statement.
    statement_ids : int64[m], ascending.
    ``found`` holds every tie met so far.
    """

    RULE = "more agree votes first, then the lower statement id"

    def __init__(self, agree: NDArray[np.int64], statement_ids: NDArray[np.int64]) -> None:
        self._agree = agree
        self._ids = statement_ids
        self.found: list[Tie] = []

    def order(self, level: Sequence[int], where: str) -> list[int]:
        """Positions of level statements, best first; a tie of two or more is recorded."""
        ordered = sorted(level, key=lambda at: (-int(self._agree[at]), int(self._ids[at])))
        self.record(ordered, where, self.RULE)
        return ordered

    def record(self, ordered: Sequence[int], where: str, rule: str) -> None:
        """Write down a tie of two or more positions, best first, and the rule that broke it."""
        if len(ordered) > 1:
            self.found.append(Tie(where, tuple(int(self._ids[at]) for at in ordered), rule))

    def places(self) -> NDArray[np.int64]:
        """int64[m]: place of every position if all were level, 0 first. Nothing is recorded."""
        places = np.empty(len(self._ids), dtype=np.int64)
        places[np.lexsort((self._ids, -self._agree))] = np.arange(len(self._ids))
        return places

    def best(self, scores: NDArray[np.float64], exact: Exact, where: str) -> int:
        """Position of the highest score. O(m); fractions only for those close to the top."""
        top = float(scores.max())
        close = np.flatnonzero(scores >= top - CLOSE * max(1.0, abs(top)))
        if len(close) == 1:
            return int(close[0])
        fractions = {int(at): exact(int(at)) for at in close}
        highest = max(fractions.values())
        return self.order([at for at, value in fractions.items() if value == highest], where)[0]

    def ranking(
        self, chosen: NDArray[np.int64], scores: NDArray[np.float64], exact: Exact, where: str
    ) -> list[int]:
        """The chosen positions by falling score, ties broken and recorded."""
        falling = chosen[np.argsort(-scores[chosen], kind="stable")]
        result: list[int] = []
        for run in _runs(falling, scores[falling]):
            result.extend(self._exactly(run, exact, where) if len(run) > 1 else run)
        return result

    def _exactly(self, run: list[int], exact: Exact, where: str) -> list[int]:
        by_score: dict[Fraction, list[int]] = {}
        for at in run:
            by_score.setdefault(exact(at), []).append(at)
        return [at for score in sorted(by_score, reverse=True) for at in
                self.order(by_score[score], where)]  # fmt: skip


def exceeds(scores: NDArray[np.float64], bound: float, exact: Exact) -> NDArray[np.bool_]:
    """bool[m]: score > bound, decided exactly where rounding could decide it; NaN gives False.

    The bound is taken as the decimal number that was written, so 0.723 means 723/1000.
    """
    above = scores > bound
    limit = Fraction(repr(float(bound)))
    for at in np.flatnonzero(np.abs(scores - bound) <= CLOSE * max(1.0, abs(bound))):
        above[at] = exact(int(at)) > limit
    return above


def level(first: float, second: float) -> bool:
    """Two floats that rounding could swap. For quantities that have no exact form."""
    return abs(first - second) <= CLOSE * max(abs(first), abs(second), CLOSE)


def _runs(positions: NDArray[np.int64], falling: NDArray[np.float64]) -> list[list[int]]:
    """Positions cut where two neighbouring scores are clearly apart."""
    apart = falling[:-1] - falling[1:] > CLOSE * np.maximum(1.0, np.abs(falling[:-1]))
    pieces = np.split(positions, np.flatnonzero(apart) + 1)
    return [[int(at) for at in piece] for piece in pieces if len(piece)]
