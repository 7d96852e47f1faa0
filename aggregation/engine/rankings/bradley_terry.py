"""Bradley and Terry's model: a strength for every statement, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.pairs import Pairs
from aggregation.engine.params import ParamValue
from aggregation.engine.rankings.ranking import Ranking, ranked, select_best
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import CLOSE, TieBreaker

HALF = "half"
LEFT_OUT = "left_out"
LEVEL = (HALF, LEFT_OUT)
_MOST_STEPS = 100
_SHORT, _LONG = 1e-7, 3.0
# Solvers are good to about 1e-13 here; what is kept does not depend on their last digits.
_DIGITS = 10


@dataclass(frozen=True, eq=False)
class Strengths:
    """The fitted model.

    strengths       : float64[m], on the scale of log odds, with mean 0.
    standard_errors : float64[m], of the strengths, from the inverse of Fisher's information;
                      comparisons are taken as independent, so several by one person make the
                      true errors larger.
    gradient        : largest absolute slope of the penalised log-likelihood left.
    steps           : Newton steps taken.
    """

    strengths: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    gradient: float
    steps: int


def fit(counts: Pairs, *, penalty: float = 0.0, level: str = HALF) -> Strengths:
    """Maximise sum of wins[j, k] · log P(j over k) - penalty · sum of squared strengths.

    P(j over k) = 1 / (1 + exp(s_k - s_j)). A penalty a is a normal prior with mean 0 and variance
    1 / (2 a). ``level`` says what ballots count that put both on one level: half a win for each
    ("half") or nothing ("left_out"). Newton's method with halved steps where a full one does not
    climb; the function is concave, so there is one maximum.
    Without a penalty it exists only if every set of statements lost to one of the others.
    Raises EngineError: strengths_unbounded, strengths_not_converged. O(m³) per step, whatever
    the number of comparisons.
    Bradley & Terry 1952, Biometrika 39, 324-345; Ford 1957, Amer. Math. Monthly 64, 28-33.
    """
    wins = (2 * counts.prefer + (counts.level if level == HALF else 0)) / (2 * counts.unit)
    if len(wins) < 2:
        return Strengths(np.zeros(len(wins)), np.zeros(len(wins)), 0.0, 0)
    if not penalty:
        _refuse_unbounded(wins > 0)
    found, slope, steps = _maximum(wins, penalty)
    regular, along_ones = _information(wins, found, penalty)
    # Strengths have mean 0: what the inverse says about a shift of them all is taken out.
    variances = np.diag(np.linalg.inv(regular)) - 1 / (len(wins) * along_ones)
    errors = np.sqrt(np.maximum(variances, 0.0))
    # Adding zero turns -0.0 into 0.0.
    kept = [np.round(values, _DIGITS) + 0.0 for values in (found, errors)]
    return Strengths(kept[0], kept[1], float(np.abs(slope).max()), steps)


def bradley_terry(
    counts: Pairs, *, penalty: float = 0.0, level: str = HALF, ties: TieBreaker
) -> Ranking:
    """Rank by the strengths of ``fit``; strengths closer than rounding can tell are level.

    The scores are the strengths, the matrix the margins; the details the standard errors.
    """
    model = fit(counts, penalty=penalty, level=level)
    falling = np.argsort(-model.strengths, kind="stable")
    sorted_strengths = model.strengths[falling]
    apart = sorted_strengths[:-1] - sorted_strengths[1:] > CLOSE
    levels = [part.tolist() for part in np.split(falling, np.flatnonzero(apart) + 1) if len(part)]
    details = tuple((("standard_error", float(error)),) for error in model.standard_errors)
    return ranked(levels, model.strengths, counts.margins, ties, details)


def _maximum(
    wins: NDArray[np.float64], penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Strengths, the slope left there, and the steps taken."""
    at = np.log((wins.sum(axis=1) + 1) / (wins.sum(axis=0) + 1))
    at -= at.mean()
    height = _height(wins, at, penalty)
    for steps in range(1, _MOST_STEPS + 1):
        regular, _ = _information(wins, at, penalty)
        step = np.linalg.solve(regular, _slope(wins, at, penalty))
        # Where chances are close to 0 or 1 the curve is flat and a full step leads far astray.
        step *= min(1.0, _LONG / max(float(np.abs(step).max()), _LONG))
        # Quadratic convergence: after a step this short what is left is below rounding.
        if np.abs(step).max() < _SHORT:
            at = at + step - step.mean()
            return at, _slope(wins, at, penalty), steps
        higher = _height(wins, at + step, penalty)
        while higher < height and np.abs(step).max() > _SHORT:
            step = step / 2
            higher = _height(wins, at + step, penalty)
        at, height = at + step - step.mean(), higher
    raise EngineError("strengths_not_converged", steps=_MOST_STEPS)


def _height(wins: NDArray[np.float64], at: NDArray[np.float64], penalty: float) -> float:
    """The penalised log-likelihood."""
    lost = np.logaddexp(0.0, at[None, :] - at[:, None])
    return -float(np.sum(wins * lost)) - penalty * float(at @ at)


def _chances(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[m, m]: probability that j is put above k."""
    # Beyond 700 the exponential would overflow, and the chance is 0 or 1 long before.
    return np.asarray(1 / (1 + np.exp(np.clip(at[None, :] - at[:, None], -700, 700))))


def _slope(
    wins: NDArray[np.float64], at: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    chance = _chances(at)
    # Sums of small numbers, where a difference of large ones would lose its digits.
    surplus = wins * chance.T - wins.T * chance
    return np.asarray(surplus.sum(axis=1) - 2 * penalty * at)


def _information(
    wins: NDArray[np.float64], at: NDArray[np.float64], penalty: float
) -> tuple[NDArray[np.float64], float]:
    """Fisher's information, made regular along the constant vector, and its value along there.

    A shift of all strengths changes no chance, so without that the matrix has no inverse.
    """
    chance = _chances(at)
    shared = (wins + wins.T) * chance * chance.T
    information = np.diag(shared.sum(axis=1) + 2 * penalty) - shared
    weight = float(np.trace(information)) / len(at)
    return information + weight / len(at), 2 * penalty + weight


def _refuse_unbounded(beats: NDArray[np.bool_]) -> None:
    """EngineError if some statements never lost to any of the others, or the graph falls apart."""
    m = len(beats)
    upward = _reached(beats.T)
    if not upward.all():
        # Whoever beats one of these is one of these.
        raise EngineError("strengths_unbounded", statements=int(upward.sum()), total=m)
    downward = _reached(beats)
    if not downward.all():
        raise EngineError("strengths_unbounded", statements=int(m - downward.sum()), total=m)


def _reached(follows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[m]: where the arrows lead from the first statement, itself included."""
    found = np.zeros(len(follows), dtype=np.bool_)
    found[0] = True
    newest = found
    while newest.any():
        newest = follows[newest].any(axis=0) & ~found
        found = found | newest
    return found


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, min_votes, penalty, level."""
    penalty, level = float(params["penalty"] or 0.0), str(params["level"])
    return select_best(
        "bradley_terry",
        evidence,
        params,
        lambda counts, ties: bradley_terry(counts, penalty=penalty, level=level, ties=ties),
    )
