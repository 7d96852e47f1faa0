"""Exact scores where rounding could decide: sums of 1/j as whole numbers, kept while they hold."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from operator import mul

import numpy as np
from numpy.typing import NDArray


class Shares:
    """The parts 1, 1/2, 1/3 ... of a person's support, added up exactly.

    ``parts[j]`` is 1 / (j + 1), for j up to ``most``.
    """

    def __init__(self, most: int) -> None:
        self.parts: NDArray[np.float64] = 1.0 / np.arange(1, most + 2)
        self._common = 1
        self._cofactors: list[int] = []

    def exact(self, held: NDArray[np.int64]) -> tuple[int, int]:
        """(numerator, denominator) of the sum over j of held[j] / (j + 1)."""
        if len(held) > len(self._cofactors):
            self._common = lcm(self._common, *range(len(self._cofactors) + 1, len(held) + 1))
            self._cofactors = [self._common // part for part in range(1, len(held) + 1)]
        return sum(map(mul, held.tolist(), self._cofactors)), self._common


class Remembered:
    """Exact scores by column, computed when asked for and kept until the column changes."""

    def __init__(self, compute: Callable[[int], Fraction], n_columns: int) -> None:
        self._compute = compute
        self._values: dict[int, Fraction] = {}
        self._holds = np.zeros(n_columns, dtype=np.bool_)

    def __call__(self, column: int) -> Fraction:
        if not self._holds[column]:
            self._values[column] = self._compute(column)
            self._holds[column] = True
        return self._values[column]

    def forget(self, changes: NDArray[np.float64]) -> None:
        """Drop what is known of the columns whose score changed. changes : float64[m]."""
        if self._values:
            self._holds[changes != 0] = False
