"""Which statement is shown next, and with which probability. Pure.

Each statement carries a weight; a participant is shown one of the statements they have not
seen, drawn in proportion to weight. Weights favour what few have seen, so that every
statement, early or late, comes to be judged by enough people. The probability of each draw is
returned and logged, so that what was served can be checked against what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Rng(Protocol):
    """What ``random.Random`` and ``random.SystemRandom`` have in common for us."""

    def random(self) -> float: ...


@dataclass(frozen=True)
class Draw:
    """The place drawn in the list of weights, and the probability it had."""

    index: int
    probability: float


def draw(weights: Sequence[float], rng: Rng) -> Draw | None:
    """Draw one place in proportion to its weight; None when there is nothing to draw.

    weights : positive numbers, one per candidate. O(len(weights)).
    Raises ValueError for a weight that is not positive.
    """
    if not weights:
        return None
    if min(weights) <= 0:
        raise ValueError("weights must be positive")
    total = float(sum(weights))
    mark = rng.random() * total
    for index, weight in enumerate(weights):
        mark -= weight
        if mark < 0:
            return Draw(index, weight / total)
    # Rounding may leave a crumb; it belongs to the last candidate.
    return Draw(len(weights) - 1, weights[-1] / total)


def coverage_weights(exposures: Sequence[int]) -> list[float]:
    """Weights that make statements seen least often the likeliest.

    exposures : how often each statement was shown so far.
    A statement shown as often as the average weighs 1; one never shown weighs up to 20;
    one shown far more often approaches 0.05. Bounded, so that no statement is ever certain
    and none is ever out of reach.
    """
    if not exposures:
        return []
    mean = sum(exposures) / len(exposures)
    return [min(20.0, max(0.05, ((mean + 1) / (seen + 1)) ** 2)) for seen in exposures]
