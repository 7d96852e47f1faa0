"""Which statement is shown next, and with which probability. Pure.

A participant is shown one of the statements they have not voted on, drawn in proportion to weight.
``draw_at`` draws; ``weights`` says how heavy each statement is, for everyone and for each opinion
group. A worker refreshes the weights (services/weights.py); cards only read them. The probability
of every draw is returned and logged, so that what was served can be checked against what was meant.

Three kinds, chosen in the round and frozen when it opens:

balanced  weight = coverage · evenness · priority · uncertainty. Scaled so that the geometric mean
          is 1, and kept between ``LOWEST`` and ``HIGHEST``: no statement is ever certain, none is
          ever out of reach, and none weighs more than 50 times another.
            coverage     20^√d, where d is the share of the minimum that is still missing: 20 for a
                         statement never shown, 8 halfway, 1 from the minimum on. A group's
                         minimum is its share of the people times the minimum.
            evenness     (mean exposures + 1) / (exposures + 1), within 1/4 and 4.
            priority     √(Polis's comment priority / its geometric mean), within 1/2 and 2.
            uncertainty  2^(2u-1), where u = 4q(1-q) and q is the posterior probability that the
                         group's agreement lies above the threshold of the plan: 1/2 for what is
                         settled, 2 for what may still fall on either side.
polis     Polis's comment priority alone, as its server draws (compdemocracy/polis,
          ``priority-metric`` in math/src/polismath/math/conversation.clj and
          ``selectProbabilistically`` in server/src/nextComment.ts; Small et al. 2021,
          doi:10.6035/recerca.5516). It knows no minimum and no groups.
uniform   all statements alike.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

BALANCED: Final = "balanced"
POLIS: Final = "polis"
UNIFORM: Final = "uniform"

LOWEST: Final = 0.25
HIGHEST: Final = 12.5

_COVERAGE = 20.0
_EVENNESS = 4.0
_PRIORITY = 2.0
# The logistic curve 1 / (1 + e^(-1.702 z)) is within 0.01 of the normal one (Camilli 1994,
# doi:10.3102/10769986019003293), and numpy has no normal one.
_HALF_LOGIT = 1.702 / 2


@dataclass(frozen=True, slots=True)
class Draw:
    """The place drawn in the list of weights, and the probability it had."""

    index: int
    probability: float


def draw_at(weights: Sequence[float], u: float) -> Draw | None:
    """Draw one place in proportion to its weight; None when there is nothing to draw.

    weights : positive numbers, one per candidate.
    u       : uniform on [0, 1). The same ``u`` and weights give the same draw.
    Raises ValueError for a weight or a ``u`` that is out of range. O(len(weights)).
    """
    if not weights:
        return None
    if not 0 <= u < 1:
        raise ValueError("u must be at least 0 and below 1")
    reach = list(accumulate(weights))
    total = reach[-1]
    if not (min(weights) > 0 and total < inf):
        raise ValueError("weights must be positive and finite")
    # Rounding may put the mark on the very end; it belongs to the last candidate.
    index = min(bisect_right(reach, u * total), len(reach) - 1)
    return Draw(index, weights[index] / total)


def draw_without(
    weights: Sequence[float], reach: Sequence[float], without: Sequence[int], u: float
) -> Draw | None:
    """Like ``draw_at``, among the places that are not in ``without``.

    weights : positive numbers. reach : their running sums.
    without : places left out, in ascending order, each once.
    u       : uniform on [0, 1).
    O(len(without) + log len(weights)): a person has voted on few of many statements.
    """
    if len(without) >= len(weights):
        return None
    total = reach[-1] - sum(weights[place] for place in without)
    mark = u * total
    for place in without:
        if mark < reach[place] - weights[place]:
            break
        mark += weights[place]
    index = bisect_right(reach, mark)
    if index < len(weights) and index not in without:
        return Draw(index, min(1.0, weights[index] / total))
    # Rounding put the mark on a place left out, or past the end: count exactly.
    out = set(without)
    places = [place for place in range(len(weights)) if place not in out]
    drawn = draw_at([weights[place] for place in places], u)
    return drawn and Draw(places[drawn.index], drawn.probability)


def initial_weight(kind: str) -> float:
    """What a statement weighs until a worker has looked at it.

    Balanced: as much as any statement ever may, so that a new one is seen at once and keeps being
    seen if no worker runs. Polis: the priority of a statement without votes, (1/2 · 1/2 · 9)².
    Raises KeyError for an unknown kind.
    """
    return {BALANCED: HIGHEST, POLIS: 5.0625, UNIFORM: 1.0}[kind]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of m statements and G opinion groups.

    exposures     : int64[G + 1, m], showings by group; the last row is of people in no group.
    votes         : int64[G + 1, m, 3], agree, disagree and pass.
    group_sizes   : int64[G], people in each group; 0 for a number that is not in use.
    priority      : float64[m], Polis's comment priority, positive.
    min_exposures : showings that every statement should have.
    threshold     : share of agreement, between 0 and 1, that every group must exceed for a
                    statement to be selected.
    """

    exposures: NDArray[np.int64]
    votes: NDArray[np.int64]
    group_sizes: NDArray[np.int64]
    priority: NDArray[np.float64]
    min_exposures: int
    threshold: float


@dataclass(frozen=True, eq=False)
class Weights:
    """overall : float64[m], for people whose group is unknown. groups : float64[G, m]."""

    overall: NDArray[np.float64]
    groups: NDArray[np.float64]


def weights(kind: str, evidence: Evidence) -> Weights:
    """The weight of every statement, for everyone and by group. O(G · m).

    kind : "balanced", "polis" or "uniform"; the formulas are at the head of this module.
    Raises ValueError for another kind.
    """
    n_groups, m = len(evidence.group_sizes), len(evidence.priority)
    if kind == UNIFORM:
        return Weights(np.ones(m), np.ones((n_groups, m)))
    if kind == POLIS:
        return Weights(evidence.priority, np.tile(evidence.priority, (n_groups, 1)))
    if kind == BALANCED:
        return _balanced(evidence)
    raise ValueError(f"there is no routing called {kind!r}")


def group_minimum(min_exposures: int, group_sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[G]: the group's share of the people times the minimum, rounded up."""
    people = max(int(group_sizes.sum()), 1)
    return -(-min_exposures * group_sizes // people)


def _balanced(evidence: Evidence) -> Weights:
    used = np.flatnonzero(evidence.group_sizes)
    total = evidence.exposures.sum(axis=0)
    missing = _missing(total, evidence.min_exposures)
    minimum = group_minimum(evidence.min_exposures, evidence.group_sizes)
    exposures = evidence.exposures[used]
    missing_by_group = _missing(exposures, minimum[used][:, None])
    priority = _bounded(np.sqrt(evidence.priority), _PRIORITY)
    undecided = uncertainty(evidence.votes[used], evidence.threshold)
    if len(used):
        # Someone in no group yet is as likely in each as others are.
        share = evidence.group_sizes[used] / evidence.group_sizes.sum()
        missing_overall = np.maximum(missing, (share[:, None] * missing_by_group).sum(axis=0))
        undecided_overall = (share[:, None] * undecided).sum(axis=0)
    else:
        missing_overall = missing
        undecided_overall = uncertainty(evidence.votes.sum(axis=0), evidence.threshold)
    overall = _product(missing_overall, total, priority, undecided_overall)
    groups = np.tile(overall, (len(evidence.group_sizes), 1))
    groups[used] = _product(np.maximum(missing_by_group, missing), exposures, priority, undecided)
    return Weights(overall, groups)


def uncertainty(votes: NDArray[np.int64], threshold: float) -> NDArray[np.float64]:
    """float64[...]: 4q(1-q), from 0 (settled) to 1 (may fall on either side of the threshold).

    votes : int64[..., 3]. q is the probability that the share of agreement exceeds the threshold,
    after A agreements in S votes and a uniform prior: the posterior is Beta(A+1, S-A+1), taken as
    normal with the same mean and variance. With the logistic curve for the normal one, 4q(1-q) is
    1 / cosh²(0.851 z).
    """
    seen = votes.sum(axis=-1)
    mean = (votes[..., 0] + 1) / (seen + 2)
    spread = np.sqrt(mean * (1 - mean) / (seen + 3))
    distance = np.clip((mean - threshold) / spread, -30.0, 30.0)
    return np.asarray(np.cosh(_HALF_LOGIT * distance) ** -2.0)


def _missing(exposures: NDArray[np.int64], minimum: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """The share of the minimum that is still missing, 0 to 1."""
    return np.asarray(np.maximum(0.0, 1.0 - exposures / np.maximum(minimum, 1)))


def _product(
    missing: NDArray[np.float64],
    exposures: NDArray[np.int64],
    priority: NDArray[np.float64],
    undecided: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The four factors, multiplied and bounded, by row."""
    mean = exposures.mean(axis=-1, keepdims=True) if exposures.size else exposures
    evenness = np.clip((mean + 1) / (exposures + 1), 1 / _EVENNESS, _EVENNESS)
    logs = log(_COVERAGE) * np.sqrt(missing) + np.log(evenness) + np.log(priority)
    logs += log(2) * (2 * undecided - 1)
    return np.clip(np.exp(logs - _mean(logs)), LOWEST, HIGHEST)


def _bounded(values: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """Values in units of their geometric mean, within 1/bound and bound."""
    logs = np.log(values)
    return np.asarray(np.exp(np.clip(logs - _mean(logs), -log(bound), log(bound))))


def _mean(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(logs.mean(axis=-1, keepdims=True) if logs.size else logs)
