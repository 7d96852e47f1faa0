"""Made-up pools with correlated features and quotas, and every panel of a small one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.optimize import linprog

from deliberation.lottery import Quotas

SHARES = {
    "age": [0.2, 0.25, 0.25, 0.3],
    "gender": [0.49, 0.49, 0.02],
    "education": [0.3, 0.4, 0.3],
    "region": [0.25, 0.2, 0.2, 0.15, 0.1, 0.1],
    "attitude": [0.2, 0.3, 0.3, 0.2],
}


def made_up_pool(people: int, seats: int, seed: int) -> tuple[list[dict[str, str]], Quotas]:
    """People who answered a call, not like the population; quotas like the population.

    The five features hang together by one hidden trait. Quotas are the population's share of the
    seats, rounded down and up.
    """
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=people)
    columns = {}
    for number, (name, shares) in enumerate(SHARES.items()):
        slope = np.linspace(-1, 1, len(shares))
        tendency = (
            np.log(shares) + 0.6 * slope + (0.9 if number % 2 else -0.9) * np.outer(trait, slope)
        )
        columns[name] = (tendency + rng.gumbel(size=tendency.shape)).argmax(axis=1)
    rows = [
        {name: f"{name} {column[i]}" for name, column in columns.items()} for i in range(people)
    ]
    quotas = {
        name: {
            f"{name} {value}": (int(np.floor(share * seats)), int(np.ceil(share * seats)))
            for value, share in enumerate(shares)
        }
        for name, shares in SHARES.items()
    }
    return rows, Quotas.of(quotas)


def every_panel(
    features: list[dict[str, str]], quotas: Quotas, seats: int
) -> list[tuple[int, ...]]:
    """All sets of rows that meet the quotas, one by one."""
    return [
        rows
        for rows in combinations(range(len(features)), seats)
        if all(
            quota.minimum <= sum(features[row][name] == value for row in rows) <= quota.maximum
            for name, value, quota in quotas.bounds()
        )
    ]


def leximin_by_force(people: int, panels: list[tuple[int, ...]]) -> np.ndarray:
    """The leximin chances over all panels, person by person, by the definition.

    Raise the smallest chance of those not fixed; fix everyone who cannot have more, found by
    asking for each person alone. One linear program per person and level, no duals.
    """
    member = np.zeros((people, len(panels)))
    for number, rows in enumerate(panels):
        member[list(rows), number] = 1
    fixed = np.full(people, np.nan)
    while np.isnan(fixed).any():
        free = np.flatnonzero(np.isnan(fixed))
        level = _highest(member, fixed, free)
        for person in free:
            at_level = fixed.copy()
            at_level[[other for other in free if other != person]] = level
            if _highest(member, at_level, np.array([person])) < level + 1e-7:
                fixed[person] = level
    return fixed


def _highest(member: np.ndarray, fixed: np.ndarray, free: np.ndarray) -> float:
    people, panels = member.shape
    held = [person for person in range(people) if person not in set(free.tolist())]
    rows = [np.append(-member[person], 1.0) for person in free]
    rows += [np.append(-member[person], 0.0) for person in held]
    limits = [0.0] * len(free) + [1e-9 - fixed[person] for person in held]
    answer = linprog(
        np.append(np.zeros(panels), -1.0),
        A_ub=np.array(rows),
        b_ub=np.array(limits),
        A_eq=np.append(np.ones(panels), 0.0)[None],
        b_eq=[1.0],
    )
    assert answer.status == 0, answer.message
    return float(-answer.fun)
