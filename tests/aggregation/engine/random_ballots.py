"""Random profiles that are the same on every machine, for comparing rules with other programs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Profile:
    """Approved statements of each person, whole weights of the people, and how many are wanted."""

    ballots: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...]
    statements: int
    seats: int

    @property
    def agrees(self) -> list[int]:
        """Weighted agree votes by statement."""
        totals = [0] * self.statements
        for ballot, weight in zip(self.ballots, self.weights, strict=True):
            for statement in ballot:
                totals[statement] += weight
        return totals


def random_profile(number: int) -> Profile:
    """One of many profiles: few or many people, camps or none, some with weights 1 to 3.

    Small numbers of people and repeated ballots make ties common.
    """
    rng = np.random.default_rng(number)
    people, statements = 3 + int(rng.random() * 30), 2 + int(rng.random() * 14)
    camps = 1 + int(rng.random() * 4)
    liked = rng.random((camps, statements)) * (0.3 + 0.7 * rng.random())
    camp = (rng.random(people) * camps).astype(int)
    approves = rng.random((people, statements)) < liked[camp]
    weights = (1 + rng.random(people) * 3 * (number % 3 == 0)).astype(int)
    ballots = tuple(tuple(np.flatnonzero(row).tolist()) for row in approves)
    seats = 1 + int(rng.random() * statements)
    return Profile(ballots, tuple(weights.tolist()), statements, seats)
