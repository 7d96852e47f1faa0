"""People with equal values are interchangeable: the mathematics works on kinds of people.

A panel is then a count per kind. Kinds stand in the order of their values, whatever the order of
the rows, so that equal pools give equal numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .quotas import Quotas

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kinds:
    """What the pool looks like to the solver.

    values  : one tuple per kind, in the order of ``strata`` (alphabetical)
    people  : int, shape (kinds,): how many of each kind there are
    of_row  : int, shape (rows,): the kind of each row
    cells   : (stratum, value) with a quota, alphabetical; one row of ``member`` each
    member  : int8, shape (cells, kinds): 1 where the kind has the value
    lowest, highest : int, shape (cells,): the quotas
    """

    strata: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    people: Ints
    of_row: Ints
    cells: tuple[tuple[str, str], ...]
    member: NDArray[np.int8]
    lowest: Ints
    highest: Ints

    @classmethod
    def of(cls, features: Sequence[Mapping[str, str]], quotas: Quotas) -> Kinds:
        """Group the rows. A value without a quota makes a kind of its own, without a cell."""
        strata = tuple(sorted(quotas.strata))
        rows = [tuple(row.get(name, "") for name in strata) for row in features]
        values = tuple(sorted(set(rows)))
        place = {kind: number for number, kind in enumerate(values)}
        of_row = np.array([place[row] for row in rows], dtype=np.int64)
        cells = tuple(sorted((name, value) for name, value, _quota in quotas.bounds()))
        limits = [quotas.strata[name][value] for name, value in cells]
        return cls(
            strata=strata,
            values=values,
            people=np.bincount(of_row, minlength=len(values)).astype(np.int64),
            of_row=of_row,
            cells=cells,
            member=_member(strata, values, cells),
            lowest=np.array([limit.minimum for limit in limits], dtype=np.int64),
            highest=np.array([limit.maximum for limit in limits], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.values)

    @property
    def in_pool(self) -> Ints:
        """int, shape (cells,): people in the pool with each value."""
        counts: Ints = self.member.astype(np.int64) @ self.people
        return counts


def _member(
    strata: tuple[str, ...],
    values: tuple[tuple[str, ...], ...],
    cells: tuple[tuple[str, str], ...],
) -> NDArray[np.int8]:
    member = np.zeros((len(cells), len(values)), dtype=np.int8)
    position = {name: number for number, name in enumerate(strata)}
    for row, (name, value) in enumerate(cells):
        at = position[name]
        member[row] = [kind[at] == value for kind in values]
    return member
