"""Weights that bring the panel to known shares of the population: raking with bounds.

People who gave the same answers get the same weight, so the work is done on these few cells and
nothing depends on the order or the number of rows. Weights repair the mix of the people who came;
they do not make those who came speak for those who did not.

Deming & Stephan 1940, Ann. Math. Statist. 11(4); Deville & Särndal 1992, JASA 87 (with bounds);
Kish 1965, Survey Sampling, 11.7 (effective size).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import WEIGHT_ONE, Characteristic

Floats = NDArray[np.float64]
Margins = Mapping[str, Mapping[str, float]]

_TOLERANCE = 1e-6
_MOST_STEPS = 200
# Weights that move less than this in a round have settled, if need be beside the margins.
_SETTLED = 1e-11
# How far a weight may run beyond its bounds while others settle.
_FARTHEST = 1e9
# Halvings of a factor between its bounds: the last ones move nothing but the last digit.
_HALVINGS = 48


@dataclass(frozen=True)
class MarginShare:
    """One answer: its share of the population, and its share of the panel, among people who gave
    one of the named answers, before and after weighting."""

    characteristic: str
    value: str
    wanted: float
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class Raking:
    """Weights of n people.

    weights       : int64[n], thousandths; the mean is 1000 but for rounding.
    effective_n   : people without weights who would give intervals as wide (Kish).
    design_effect : n / effective_n, 1 or more.
    trimmed       : people whose weight is at a bound.
    margins       : every named answer, in order of characteristic and as the margins name them.
    steps         : rounds through all characteristics. converged : whether all margins are met
                    to ``tolerance`` before rounding to thousandths.
    """

    weights: NDArray[np.int64]
    effective_n: float
    design_effect: float
    trimmed: int
    low: float
    high: float
    margins: tuple[MarginShare, ...]
    steps: int
    converged: bool

    @property
    def largest_gap(self) -> float:
        """Largest difference, after weighting, between a share wanted and had."""
        return max((abs(one.after - one.wanted) for one in self.margins), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python for JSON, without the weights of people."""
        margins: dict[str, dict[str, dict[str, float]]] = {}
        for one in self.margins:
            # Whole percent: from finer shares one could work out how few gave no or rare answers.
            shares = {
                "wanted": one.wanted,
                "before": round(one.before, 2),
                "after": round(one.after, 2),
            }
            margins.setdefault(one.characteristic, {})[one.value] = shares
        weights = self.weights / WEIGHT_ONE
        return {
            "method": "raking",
            "low": self.low,
            "high": self.high,
            "effective_n": self.effective_n,
            "design_effect": self.design_effect,
            "trimmed": self.trimmed,
            "smallest": float(weights.min(initial=np.inf)) if len(weights) else None,
            "largest": float(weights.max()) if len(weights) else None,
            "margins": margins,
            "largest_gap": self.largest_gap,
            "steps": self.steps,
            "converged": self.converged,
        }


def rake(
    characteristics: Sequence[Characteristic],
    margins: Margins,
    *,
    low: float = 0.2,
    high: float = 5.0,
    tolerance: float = _TOLERANCE,
    max_steps: int = _MOST_STEPS,
) -> Raking:
    """Weights under which the panel has the shares of the population.

    characteristics : what is known of the n people.
    margins         : characteristic → answer → share of the population, adding to 1.
    low, high       : bounds of a weight, around 1. What a bound takes from some is given to the
                      others with the same answer, so margins hold as long as the bounds leave room.
    tolerance       : largest difference of shares at which margins are met.
    People who gave no answer, or one that the margins do not name, keep together the part of the
    panel that they are; the margins hold among all others.
    Raises EngineError: characteristic_missing, margin_without_people, margins_do_not_add_up,
    bounds_malformed. O(steps · cells) after one pass over the people.
    """
    if not 0 <= low <= 1 <= high:
        raise EngineError("bounds_malformed", low=low, high=high)
    targets = [_target(characteristics, name, margins[name]) for name in sorted(margins)]
    people = len(characteristics[0].labels) if characteristics else 0
    cell_of, cells, size = _cells([one.labels for one in targets], people)
    marks = [one.labels[cells] for one in targets]
    plain, steps, converged = np.ones(len(size)), 0, not targets
    moved = np.inf
    while steps < max_steps and moved > _SETTLED and not converged:
        steps += 1
        before = np.clip(plain, low, high)
        for one, mark in zip(targets, marks, strict=True):
            plain *= _factors(plain, size, mark, one.totals, low, high)[mark]
            np.clip(plain, 1 / _FARTHEST, _FARTHEST, out=plain)
        weight = np.clip(plain, low, high)
        moved = float(np.abs(weight - before).max(initial=0.0))
        gaps = [
            np.abs(np.bincount(mark, size * weight, len(one.totals)) - one.totals).max()
            for one, mark in zip(targets, marks, strict=True)
        ]
        converged = bool(max(gaps) <= tolerance * people)
    weight = np.clip(plain, low, high)
    rounded = np.rint(weight * WEIGHT_ONE).astype(np.int64)
    at_bound = (plain <= low) | (plain >= high) if low < high else np.ones(len(plain), dtype=bool)
    total, squares = int((size * rounded).sum()), int((size * rounded**2).sum())
    effective = total * total / squares if squares else float(people)
    return Raking(
        weights=rounded[cell_of],
        effective_n=effective,
        design_effect=people / effective if people else 1.0,
        trimmed=int(size[at_bound].sum()),
        low=low,
        high=high,
        margins=_shares(targets, marks, size, rounded),
        steps=steps,
        converged=converged,
    )


@dataclass(frozen=True, eq=False)
class _Target:
    """What one characteristic asks for. labels : int64[n], position in ``values``; the last
    position stands for people without a named answer. totals : float64, weight wanted of each."""

    name: str
    values: tuple[str, ...]
    shares: Floats
    labels: NDArray[np.int64]
    totals: Floats


def _target(
    characteristics: Sequence[Characteristic], name: str, wanted: Mapping[str, float]
) -> _Target:
    known = next((one for one in characteristics if one.name == name), None)
    if known is None:
        raise EngineError("characteristic_missing", name=name)
    values = tuple(wanted)
    shares = np.array([wanted[value] for value in values], dtype=np.float64)
    if not np.all(shares >= 0) or not abs(shares.sum() - 1) <= 1e-6:
        raise EngineError("margins_do_not_add_up", name=name, total=f"{shares.sum():g}")
    shares /= shares.sum()
    position = {value: at for at, value in enumerate(values)}
    named = [position.get(value, len(values)) for value in known.values] + [len(values)]
    labels = np.array(named, dtype=np.int64)[known.labels]  # -1 is the last entry
    there = np.bincount(labels, minlength=len(values) + 1)
    for value, share, people in zip(values, shares, there[:-1], strict=True):
        if share > 0 and not people:
            raise EngineError("margin_without_people", name=name, value=value)
    totals = np.append(shares * (len(labels) - there[-1]), there[-1])
    return _Target(name, values, shares, labels, totals)


def _cells(
    labels: Sequence[NDArray[np.int64]], people: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cell of each person, one person of each cell, and how many people each has, in order of the
    answers."""
    cell = np.zeros(people, dtype=np.int64)
    for one in labels:
        # Numbered anew each time, so that no product of answers overflows.
        cell = np.unique(cell * (one.max(initial=0) + 1) + one, return_inverse=True)[1]
    _, first, size = np.unique(cell, return_index=True, return_counts=True)
    return cell, first, size


def _factors(
    plain: Floats, size: NDArray[np.int64], mark: NDArray[np.int64], totals: Floats,
    low: float, high: float,
) -> Floats:  # fmt: skip
    """For each answer the factor on ``plain`` after which its bounded weights add up to its total;
    the nearest there is where the bounds do not let them."""

    def reached(factor: Floats) -> Floats:
        bounded = np.clip(plain * factor[mark], low, high)
        return np.asarray(np.bincount(mark, size * bounded, len(totals)))

    simple = totals / np.maximum(np.bincount(mark, size * plain, len(totals)), 1e-300)
    if np.allclose(reached(simple), totals, rtol=1e-12, atol=0):
        return simple
    # Beyond these ends everyone with the answer is at a bound.
    least, most = np.full(len(totals), _FARTHEST), np.full(len(totals), 1 / _FARTHEST)
    np.minimum.at(least, mark, np.maximum(low, 1 / _FARTHEST) / plain)
    np.maximum.at(most, mark, high / plain)
    for _ in range(_HALVINGS):
        middle = np.sqrt(least * most)
        enough = reached(middle) >= totals
        least, most = np.where(enough, least, middle), np.where(enough, middle, most)
    return most


def _shares(
    targets: Sequence[_Target],
    marks: Sequence[NDArray[np.int64]],
    size: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> tuple[MarginShare, ...]:
    found: list[MarginShare] = []
    for one, mark in zip(targets, marks, strict=True):
        before = np.bincount(mark, size, len(one.totals))[:-1]
        after = np.bincount(mark, size * weights, len(one.totals))[:-1]
        rows = zip(
            one.values,
            one.shares.tolist(),
            (before / max(before.sum(), 1)).tolist(),
            (after / max(after.sum(), 1)).tolist(),
            strict=True,
        )
        found += [MarginShare(one.name, *row) for row in rows]
    return tuple(found)
