"""How far all groups agree on a statement, in three named measures, each with its evidence.

With A_g agree votes and S_g votes in all (agree, disagree and pass) in group g:

    gac_polis = product over g of (A_g + 1) / (S_g + 2)
    gac_raw   = product over g of A_g / S_g
    min_group = smallest over g of A_g / S_g

With weights, A_g and S_g are sums of weights. ``gac_raw`` and ``min_group`` are NaN where some
group cast no vote: that is not enough evidence.
Polis: Small et al. 2021, doi:10.6035/recerca.5516. gac_raw: arXiv:2406.07814.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.matrix import AGREE, WEIGHT_ONE

MEASURES = ("gac_polis", "gac_raw", "min_group")


@dataclass(frozen=True, eq=False)
class Consensus:
    """Agreement by group and over groups.

    agree, seen : int64[G, m], A_g and S_g; in thousandths of a person if people have weights.
    unit        : what one person without weight adds to them, 1 or 1000.
    voters      : int64[G, m], people who voted, whatever their weight.
    share       : float64[G, m], A_g / S_g, NaN where S_g = 0.
    interval    : float64[G, m, 2], Wilson interval of the share, NaN where S_g = 0; with weights
                  for the effective number of voters.
    gac_polis, gac_raw, min_group : float64[m]. All NaN if there are no groups.
    """

    agree: NDArray[np.int64]
    seen: NDArray[np.int64]
    unit: int
    voters: NDArray[np.int64]
    share: NDArray[np.float64]
    interval: NDArray[np.float64]
    gac_polis: NDArray[np.float64]
    gac_raw: NDArray[np.float64]
    min_group: NDArray[np.float64]

    def measure(self, name: str) -> NDArray[np.float64]:
        """float64[m] of one of ``MEASURES``."""
        values: NDArray[np.float64] = getattr(self, name)
        return values

    def exact(self, name: str) -> Callable[[int], Fraction]:
        """The same measure as an exact fraction, for a statement's position. S_g > 0 is needed."""

        def score(at: int) -> Fraction:
            pairs = list(zip(self.agree[:, at].tolist(), self.seen[:, at].tolist(), strict=True))
            if name == "min_group":
                return min(Fraction(a, s) for a, s in pairs)
            extra = self.unit if name == "gac_polis" else 0
            product = Fraction(1)
            for a, s in pairs:
                product *= Fraction(a + extra, s + 2 * extra)
            return product

        return score


@dataclass(frozen=True, eq=False)
class Weighted:
    """Votes by group counted by weight. counts : int64[G, m, 3], in thousandths.
    squares : int64[G, m], sums of squared weights of the voters, in millionths."""

    counts: NDArray[np.int64]
    squares: NDArray[np.int64]


def consensus(
    group_counts: NDArray[np.int64],
    *,
    confidence: float = 0.95,
    weighted: Weighted | None = None,
) -> Consensus:
    """All measures of every statement from counts int64[G, m, 3] of people. O(G · m)."""
    counts = group_counts if weighted is None else weighted.counts
    voters = group_counts.sum(axis=2)
    agree, seen = counts[:, :, AGREE], counts.sum(axis=2)
    unit = 1 if weighted is None else WEIGHT_ONE
    share = np.where(seen > 0, agree / np.maximum(seen, 1), np.nan)
    smoothed = (agree + unit) / (seen + 2 * unit)
    if len(counts):
        polis, raw, least = smoothed.prod(axis=0), share.prod(axis=0), share.min(axis=0)
    else:
        polis, raw, least = (np.full(counts.shape[1], np.nan) for _ in MEASURES)
    # With weights, by Kish's effective number of voters.
    rate = 1.0 if weighted is None else seen / np.maximum(weighted.squares, 1)
    interval = wilson_interval(agree * rate, seen * rate, confidence)
    return Consensus(agree, seen, unit, voters, share, interval, polis, raw, least)


def wilson_interval(
    successes: NDArray[Any], trials: NDArray[Any], confidence: float
) -> NDArray[np.float64]:
    """float64[..., 2]: Wilson's score interval of a share; NaN where there are no trials.

    successes, trials : counts; effective numbers, which need not be whole, if weighted.
    confidence        : share of such intervals that hold the true value, between 0 and 1.
    Wilson 1927. It is kept within 0 to 1 and is honest for few votes and for shares near 0 or 1.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    n = np.where(trials > 0, trials, 1)
    share = successes / n
    spread = z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    middle = share + z * z / (2 * n)
    bounds = np.stack([middle - spread, middle + spread], axis=-1) / (1 + z * z / n)[..., None]
    return np.where((trials > 0)[..., None], np.clip(bounds, 0.0, 1.0), np.nan)


def all_groups_above(share: NDArray[np.float64], thresholds: Sequence[float]) -> tuple[int, ...]:
    """Number of statements whose share exceeds the threshold in every group, by threshold.

    share : float64[G, m]. A group without votes is not above anything. The division that made a
    share is rounded as the written threshold is, so a share of 13/20 is not above 0.65.
    """
    if not len(share):
        return tuple(0 for _ in thresholds)
    return tuple(int(np.all(share > t, axis=0).sum()) for t in thresholds)


def summary(values: NDArray[np.float64]) -> dict[str, float | None]:
    """Mean, median, min and max over the statements that have a value; None if there are none."""
    known = values[~np.isnan(values)]
    if not len(known):
        return {"mean": None, "median": None, "min": None, "max": None}
    return {
        "mean": float(known.mean()),
        "median": _median(known),
        "min": float(known.min()),
        "max": float(known.max()),
    }


def _median(known: NDArray[np.float64]) -> float:
    """As np.median has it, whose first call loads masked arrays: 30 ms for nothing."""
    ordered, middle = np.sort(known), len(known) // 2
    return float((ordered[(len(known) - 1) // 2] + ordered[middle]) / 2)
