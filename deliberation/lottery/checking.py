"""Whether any panel meets the quotas, and if not, why, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Final, Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from .errors import LotteryError
from .kinds import Ints, Kinds
from .panels import INFEASIBLE, OPTIMAL, Panels
from .quotas import Quotas
from .results import Change, Contradiction, Recruits, Side

# Combinations of values nobody in the pool has are looked at only up to so many.
_MOST_COMBINATIONS: Final = 5000


def check(features: Sequence[Mapping[str, str]], quotas: Quotas, seats: int) -> list[Contradiction]:
    """Why no panel of ``seats`` people meets the quotas; empty if there is one.

    features : one mapping per person in the pool, name of stratum → value; other keys are ignored.
    What arithmetic shows is said for every stratum and value at once; only if there is nothing of
    that kind, it is asked whether the quotas hold together (code "together", one contradiction).
    Takes well under a second. Raises LotteryError("unsolved").
    """
    found = [*_of_the_pool(features, quotas, seats), *_of_strata(features, quotas, seats)]
    if found:
        return found
    kinds = Kinds.of(features, quotas)
    panels = Panels(kinds, seats)
    if panels.any():
        return []
    return [
        Contradiction(
            "together",
            {"seats": seats},
            conflict=_conflict(panels),
            changes=_changes(panels),
            recruits=_recruits(kinds, seats),
        )
    ]


def _of_the_pool(
    features: Sequence[Mapping[str, str]], quotas: Quotas, seats: int
) -> Iterator[Contradiction]:
    if seats > len(features):
        yield Contradiction("seats_above_pool", {"seats": seats, "people": len(features)})
    for name, values in quotas.strata.items():
        strays = [row.get(name, "") for row in features if row.get(name, "") not in values]
        for value in sorted(set(strays)):
            where: dict[str, str | int] = {"stratum": name, "value": value}
            yield Contradiction("value_unknown", where | {"people": strays.count(value)})


def _of_strata(
    features: Sequence[Mapping[str, str]], quotas: Quotas, seats: int
) -> Iterator[Contradiction]:
    for name, values in quotas.strata.items():
        held = [row.get(name, "") for row in features]
        people = {value: held.count(value) for value in values}
        sums = {
            "least": sum(quota.minimum for quota in values.values()),
            "most": sum(quota.maximum for quota in values.values()),
            "possible": sum(min(q.maximum, people[value]) for value, q in values.items()),
        }
        yield from _of_values(name, quotas, people)
        if sums["least"] > seats:
            yield _about(name, "minimums_above_seats", total=sums["least"], seats=seats)
        if sums["most"] < seats:
            yield _about(name, "maximums_below_seats", total=sums["most"], seats=seats)
        elif sums["possible"] < seats <= len(features):
            yield _about(name, "too_few_for_seats", possible=sums["possible"], seats=seats)


def _of_values(name: str, quotas: Quotas, people: Mapping[str, int]) -> Iterator[Contradiction]:
    for value, quota in quotas.strata[name].items():
        low, high, there = quota.minimum, quota.maximum, people[value]
        if low > high:
            yield _about(name, "quota_reversed", value=value, minimum=low, maximum=high)
        if low > there:
            yield _about(name, "too_few_people", value=value, minimum=low, people=there)


def _about(stratum: str, code: str, **params: str | int) -> Contradiction:
    return Contradiction(code, {"stratum": stratum} | params)


def _conflict(panels: Panels) -> tuple[Side, ...]:
    """Leave out one side after the other; what cannot be left out contradicts the rest."""
    low, high = panels.lowest.copy(), panels.highest.copy()
    kept = []
    # Maximums are tried first, so that what is kept is told as minimums where it can be.
    for bounds, side, open_end in ((high, "maximum", float(panels.seats)), (low, "minimum", 0.0)):
        for row, cell in enumerate(panels.kinds.cells, start=1):
            as_it_is = bounds[row]
            if as_it_is == open_end:
                continue
            bounds[row] = open_end
            if panels.any((low, high)):
                bounds[row] = as_it_is
                kept.append(_side(cell, side, int(as_it_is)))
    return tuple(sorted(kept, key=lambda one: (one.stratum, one.value, one.side)))


def _side(cell: tuple[str, str], side: str, bound: int) -> Side:
    which: Literal["minimum", "maximum"] = "minimum" if side == "minimum" else "maximum"
    return Side(stratum=cell[0], value=cell[1], side=which, bound=bound)


def _changes(panels: Panels) -> tuple[Change, ...]:
    """The quotas moved least in all; of equal moves, those of large quotas, where one is little."""
    kinds, cells = panels.kinds, len(panels.kinds.cells)
    slack = eye_array(cells, format="csr")
    matrix = vstack(
        [
            hstack([csr_array(np.ones((1, len(kinds)))), csr_array((1, 2 * cells))]),
            hstack([panels.matrix[1:], slack, -slack]),
        ]
    ).tocsr()
    price = 1 + 0.01 / (1 + np.concatenate([kinds.lowest, kinds.highest]))
    most = np.concatenate([kinds.people, kinds.lowest, np.full(cells, panels.seats)])
    answer = _least(
        np.concatenate([np.zeros(len(kinds)), price]),
        most,
        LinearConstraint(matrix, panels.lowest, panels.highest),
    )
    if answer is None:
        return ()
    down, up = answer[len(kinds) : len(kinds) + cells], answer[len(kinds) + cells :]
    return tuple(
        change
        for (name, value), low, high, less, more in zip(
            kinds.cells, kinds.lowest, kinds.highest, down, up, strict=True
        )
        for change in (
            Change(name, value, "minimum", int(low), int(low - less)),
            Change(name, value, "maximum", int(high), int(high + more)),
        )
        if change.now != change.then
    )


def _recruits(kinds: Kinds, seats: int) -> tuple[Recruits, ...]:
    """The fewest people to find, of whatever combinations help."""
    of_strata = [sorted(v for n, v in kinds.cells if n == name) for name in kinds.strata]
    small = prod(len(values) for values in of_strata) <= _MOST_COMBINATIONS
    combinations = tuple(product(*of_strata)) if small else kinds.values
    there = dict(zip(kinds.values, kinds.people, strict=True))
    at = [kinds.strata.index(name) for name, _value in kinds.cells]
    member = np.array(
        [
            [combo[position] == value for combo in combinations]
            for position, (_name, value) in zip(at, kinds.cells, strict=True)
        ],
        dtype=float,
    )
    everyone = np.ones((1, len(combinations)))
    matrix = np.vstack([everyone, member])
    own = np.array([there.get(combo, 0) for combo in combinations])
    limits = LinearConstraint(
        csr_array(np.hstack([matrix, matrix])),
        np.concatenate([[seats], kinds.lowest]),
        np.concatenate([[seats], kinds.highest]),
    )
    price = np.concatenate([np.zeros(len(own)), np.ones(len(own))])
    answer = _least(price, np.concatenate([own, np.full(len(own), seats)]), limits)
    if answer is None:
        return ()
    wanted = answer[len(own) :]
    return tuple(
        Recruits(int(n), dict(zip(kinds.strata, combo, strict=True)))
        for combo, n in zip(combinations, wanted, strict=True)
        if n
    )


def _least(price: np.ndarray, most: np.ndarray, limits: LinearConstraint) -> Ints | None:
    """The cheapest whole numbers from 0 to ``most`` within the limits; None if there are none."""
    answer = milp(
        price,
        integrality=np.ones(len(price)),
        bounds=Bounds(np.zeros(len(price)), most),
        constraints=limits,
    )
    if answer.status == INFEASIBLE:
        return None
    if answer.status != OPTIMAL:
        raise LotteryError("unsolved", status=int(answer.status))
    numbers: Ints = np.rint(answer.x).astype(np.int64)
    return numbers
