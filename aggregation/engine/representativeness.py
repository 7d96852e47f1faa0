"""What each group stands for: statements on which it votes unlike everybody else.

The measures and the choice are those of Polis (its Clojure engine, file ``repness.clj``), checked
against what that engine computed. For a group with n_a agree and n_s votes in all, and the same
counts of all other groups together:

    p       = (n_a + 1) / (n_s + 2)                      how likely the group agrees
    p_test  = one-proportion z of n_a of n_s against a half
    rep     = p here / p elsewhere
    rep_test = two-proportion z of here against elsewhere

and the same for disagree. A statement stands for a group if both tests hold at 90 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.matrix import AGREE, DISAGREE

# One-sided 90 %, as Polis has it.
Z_90 = 1.2816
MOST = 5


@dataclass(frozen=True)
class Representative:
    """One statement that stands for a group.

    direction : "agree" or "disagree", what the group does more than others.
    successes, trials : votes in that direction, and all votes, in the group.
    share, share_test, ratio, ratio_test : p, p_test, rep, rep_test above.
    best_agree : the statement the group agrees with best, which is always shown.
    """

    statement_id: int
    direction: str
    successes: int
    trials: int
    share: float
    share_test: float
    ratio: float
    ratio_test: float
    best_agree: bool = False


@dataclass(frozen=True, eq=False)
class _Tests:
    """All float64[2, m]: row 0 for agree, row 1 for disagree."""

    successes: NDArray[np.int64]
    share: NDArray[np.float64]
    share_test: NDArray[np.float64]
    ratio: NDArray[np.float64]
    ratio_test: NDArray[np.float64]
    trials: NDArray[np.int64]


def representativeness(
    group_counts: NDArray[np.int64],
    statement_ids: NDArray[np.int64],
    *,
    most: int = MOST,
    muted: NDArray[np.bool_] | None = None,
) -> tuple[tuple[Representative, ...], ...]:
    """For each group at most ``most`` statements, the best agreed one first, agrees before
    disagrees, in order of ratio · ratio_test · share · share_test.

    A group that is alone stands for nothing: there is no one to compare it with.

    group_counts : int64[G, m, 3]. muted : bool[m], statements never shown.
    """
    if len(group_counts) < 2:
        return tuple(() for _ in group_counts)
    total = group_counts.sum(axis=0)
    silent = np.zeros(len(statement_ids), dtype=bool) if muted is None else muted
    return tuple(
        _chosen(_tests(counts, total - counts), statement_ids, most, silent)
        for counts in group_counts
    )


def one_proportion_z(
    successes: NDArray[np.int64], trials: NDArray[np.int64]
) -> NDArray[np.float64]:
    """z of a share against one half, with one success added to both counts."""
    n = trials + 1.0
    return np.asarray(2.0 * np.sqrt(n) * ((successes + 1.0) / n - 0.5))


def two_proportion_z(
    here: NDArray[np.int64],
    trials_here: NDArray[np.int64],
    there: NDArray[np.int64],
    trials_there: NDArray[np.int64],
) -> NDArray[np.float64]:
    """z of one share against another, with one success added everywhere; 0 if all agree."""
    a, n, b, m = here + 1.0, trials_here + 1.0, there + 1.0, trials_there + 1.0
    pooled = (a + b) / (n + m)
    variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)
    safe = np.where(variance > 0, variance, 1.0)
    return np.where(variance > 0, (a / n - b / m) / np.sqrt(safe), 0.0)


def _tests(counts: NDArray[np.int64], rest: NDArray[np.int64]) -> _Tests:
    trials, trials_rest = counts.sum(axis=1), rest.sum(axis=1)
    successes = counts[:, [AGREE, DISAGREE]].T
    successes_rest = rest[:, [AGREE, DISAGREE]].T
    share = (successes + 1.0) / (trials + 2.0)
    share_rest = (successes_rest + 1.0) / (trials_rest + 2.0)
    return _Tests(
        successes=successes,
        share=share,
        share_test=one_proportion_z(successes, trials),
        ratio=share / share_rest,
        ratio_test=two_proportion_z(successes, trials, successes_rest, trials_rest),
        trials=trials,
    )


def _chosen(
    tests: _Tests, ids: NDArray[np.int64], most: int, muted: NDArray[np.bool_]
) -> tuple[Representative, ...]:
    significant = np.any((tests.ratio_test > Z_90) & (tests.share_test > Z_90), axis=0) & ~muted
    best = _best_agreed(tests, muted)
    # Of agree and disagree, the one in which the group differs more from the others.
    direction = np.where(tests.ratio_test[0] > tests.ratio_test[1], 0, 1)
    every = np.arange(len(ids))
    strength = (tests.ratio * tests.ratio_test * tests.share * tests.share_test)[direction, every]
    order = [
        int(at) for at in np.argsort(-strength, kind="stable") if significant[at] and at != best
    ]
    if best is None and not order:
        order = _most_different(tests, muted)
    room = most - (best is not None)
    shown = ([] if best is None else [best]) + order[:room]
    agrees_first = sorted(shown, key=lambda at: int(direction[at]))
    return tuple(_describe(tests, ids, at, int(direction[at]), at == best) for at in agrees_first)


def _best_agreed(tests: _Tests, muted: NDArray[np.bool_]) -> int | None:
    """Position of the statement that the group agrees with best, or None."""
    share, test, ratio = tests.share[0], tests.share_test[0], tests.ratio[0]
    agreed = share * test
    strength = agreed * ratio * tests.ratio_test[0]
    good_enough = (test > Z_90) | ((ratio > 1.0) & (share > 0.5))
    voted = tests.successes.sum(axis=0) > 0
    best: int | None = None
    for at in np.flatnonzero(voted & ~muted).tolist():
        if best is None:
            better = good_enough[at]
        elif ratio[best] > 1.0:
            better = strength[at] > strength[best]
        else:
            better = agreed[at] > agreed[best]
        best = at if better else best
    return best


def _most_different(tests: _Tests, muted: NDArray[np.bool_]) -> list[int]:
    """When nothing is significant: the one statement on which the group differs most."""
    widest = np.where(muted, -np.inf, tests.ratio_test.max(axis=0))
    if not len(widest) or not np.isfinite(widest).any():
        return []
    return [int(np.argmax(widest))]


def _describe(
    tests: _Tests, ids: NDArray[np.int64], at: int, direction: int, best: bool
) -> Representative:
    return Representative(
        statement_id=int(ids[at]),
        direction="agree" if direction == 0 else "disagree",
        successes=int(tests.successes[direction, at]),
        trials=int(tests.trials[at]),
        share=float(tests.share[direction, at]),
        share_test=float(tests.share_test[direction, at]),
        ratio=float(tests.ratio[direction, at]),
        ratio_test=float(tests.ratio_test[direction, at]),
        best_agree=best,
    )
