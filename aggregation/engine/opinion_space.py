"""Where people stand: the directions in which votes differ most, and everyone's place along them.

Unseen cells are filled with the statement's mean and every statement is centred, as Polis does.
A filled cell is then exactly 0, so the covariance of the filled matrix follows from sums over the
stored votes alone (statistics.py). Those are whole numbers: the axes depend neither on the order of
people, nor on how they were cut into ranges, nor on the number of processor cores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.implicit import implicit_operator
from aggregation.engine.lanczos import NotConvergedError, Vector, inner, top_eigenpairs
from aggregation.engine.matrix import AGREE, DISAGREE, WEIGHT_ONE, VoteMatrix
from aggregation.engine.randomness import generator
from aggregation.engine.statistics import Statistics
from aggregation.engine.statistics import statistics as statistics_of

# Up to so many statements the covariance is computed; beyond, it is only applied.
MOST_STATEMENTS = 4096
# With fewer people than this for each statement it is quicker to apply it, in less memory. By
# weight, so that someone who is there twice counts as one with twice the weight.
PEOPLE_EACH = 4
# An axis that explains less than this share of the first one is rounding noise.
_NO_VARIANCE = 1e-12
# Cells projected at a time.
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Axes:
    """The axes of opinion.

    center             : float64[m], mean vote of each statement (0 for muted ones).
    components         : float64[d, m], orthonormal axes, strongest first; an axis that the votes
                         do not span is all zeros.
    explained_variance : float64[d], share of the whole variance along each axis, 0 to 1.
    """

    center: NDArray[np.float64]
    components: NDArray[np.float64]
    explained_variance: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OpinionSpace(Axes):
    """The axes of opinion and where people and statements stand on them.

    positions : float64[n, d], scaled by sqrt(M / votes cast) as in Polis, so that people who saw
                few statements are not drawn to the middle.
    """

    positions: NDArray[np.float64]

    @property
    def statement_positions(self) -> NDArray[np.float64]:
        """float64[m, d]: where someone would stand who voted on this statement only, and agreed.

        Polis calls it comment-projection (its stored votes have the opposite sign).
        """
        scale = np.sqrt(len(self.center))
        return np.asarray(scale * ((1.0 - self.center) * self.components).T)

    @property
    def extremity(self) -> NDArray[np.float64]:
        """float64[m]: how far a statement pulls from the middle (Polis: comment-extremity)."""
        return np.asarray(np.sqrt(np.sum(self.statement_positions**2, axis=1)))


def opinion_space(
    matrix: VoteMatrix,
    *,
    dimensions: int = 2,
    seed: int = 0,
    muted: NDArray[np.bool_] | None = None,
    statistics: Statistics | None = None,
    start: NDArray[np.float64] | None = None,
) -> OpinionSpace:
    """Principal axes of the mean-filled, centred votes, people weighted as the matrix says, and
    everyone's place on them.

    muted      : bool[m], statements that keep their place but count as a pass by everyone. Polis
                 does this to moderated-out statements.
    statistics : of this matrix, if they are known; with products where ``products_pay``.
    start      : components of an earlier space. The iteration begins there and ends sooner, at the
                 same axes to about 1e-12.
    Raises EngineError("space_not_converged").
    """
    pays = products_pay(matrix)
    known = statistics or statistics_of(matrix, gram=pays)
    operator = None
    if not pays:
        off = _mask(muted, matrix.n_statements)
        operator = implicit_operator(matrix, np.where(off, 0.0, known.center), known.varied & ~off)
    axes = find_axes(
        known, dimensions=dimensions, seed=seed, muted=muted, start=start, operator=operator
    )
    return placed(matrix, axes, muted=muted)


def products_pay(of: VoteMatrix | Statistics) -> bool:
    """Whether the covariance is to be computed, or else only to be applied."""
    if isinstance(of, Statistics):
        weight = of.weight
    else:
        weights = of.weights
        weight = of.n_participants * WEIGHT_ONE if weights is None else int(weights.sum())
    m = of.n_statements
    return m <= MOST_STATEMENTS and weight > PEOPLE_EACH * m * WEIGHT_ONE


def placed(
    matrix: VoteMatrix, axes: Axes, *, muted: NDArray[np.bool_] | None = None
) -> OpinionSpace:
    """The space with everyone of the matrix in their place on given axes. Row-local, O(nnz)."""
    positions = project(matrix, axes.center, axes.components, muted)
    return OpinionSpace(axes.center, axes.components, axes.explained_variance, positions)


def find_axes(
    statistics: Statistics,
    *,
    dimensions: int = 2,
    seed: int = 0,
    muted: NDArray[np.bool_] | None = None,
    start: NDArray[np.float64] | None = None,
    operator: Callable[[Vector], Vector] | None = None,
) -> Axes:
    """The axes from statistics alone; see ``opinion_space``.

    operator : product of the covariance with a vector, where it is not to be computed.
    Raises EngineError: space_not_converged, gram_missing. O(m²) for each of some 20 steps.
    """
    off = _mask(muted, statistics.n_statements)
    varied = statistics.varied & ~off
    center = np.where(off, 0.0, statistics.center)
    apply = operator
    if apply is None:
        covariance = statistics.covariance(center)
        covariance[off] = 0.0
        covariance[:, off] = 0.0
        apply = _product_with(covariance)
    components, strengths = _principal_axes(apply, varied, dimensions, seed, start)
    total = _variance(statistics, center, varied)
    return Axes(center, components, strengths / total if total > 0 else strengths)


def project(
    matrix: VoteMatrix,
    center: NDArray[np.float64],
    components: NDArray[np.float64],
    muted: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """float64[n, d]: everyone's place on the axes. A row depends on its own votes alone."""
    off = _mask(muted, matrix.n_statements)
    # What each vote, disagree, pass or agree, on each statement adds to the place on each axis.
    share = (np.array([-1.0, 0.0, 1.0]) - center[:, None]) * ~off[:, None]
    tables = [np.ravel(share * axis[:, None]) for axis in components]
    positions = np.zeros((matrix.n_participants, len(components)))
    seen = matrix.votes_by_participant
    voted = np.flatnonzero(seen)
    starts = matrix.indptr[voted]
    low = 0
    while low < len(voted):
        high = max(low + 1, int(np.searchsorted(starts, starts[low] + _BLOCK)))
        end = starts[high] if high < len(voted) else matrix.n_votes
        cells = slice(starts[low], end)
        entry = matrix.indices[cells] * np.int64(3) + 1 + matrix.values[cells]
        for axis, table in enumerate(tables):
            sums = np.add.reduceat(table[entry], starts[low:high] - starts[low])
            positions[voted[low:high], axis] = sums
        low = high
    # Muted statements count as seen by everyone, the others only where a vote is stored.
    if off.any():
        hidden = np.zeros(matrix.n_votes + 1, dtype=np.int64)
        np.cumsum(off[matrix.indices], out=hidden[1:])
        seen = seen - np.diff(hidden[matrix.indptr]) + int(off.sum())
    positions *= np.sqrt(matrix.n_statements / np.maximum(seen, 1))[:, None]
    positions += 0.0  # never -0.0, which a database may write as 0.0
    return positions


def _mask(muted: NDArray[np.bool_] | None, m: int) -> NDArray[np.bool_]:
    return np.zeros(m, dtype=bool) if muted is None else muted


def _product_with(symmetric: NDArray[np.float64]) -> Callable[[Vector], Vector]:
    # Not by BLAS, whose sums depend on the number of processor cores.
    return lambda vector: np.asarray(np.einsum("ij,j->i", symmetric, vector))


def _variance(
    statistics: Statistics, center: NDArray[np.float64], varied: NDArray[np.bool_]
) -> float:
    """Trace of the covariance: sum over all votes of (v - c)²."""
    squares = statistics.totals[:, [AGREE, DISAGREE]].sum(axis=1)
    own = squares - 2 * center * statistics.votes_total + center**2 * statistics.seen_total
    return float(np.sum(own[varied]))


def _principal_axes(
    apply: Callable[[Vector], Vector],
    varied: NDArray[np.bool_],
    dimensions: int,
    seed: int,
    start: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """float64[d, m] axes and float64[d] eigenvalues, strongest first."""
    m = len(varied)
    axes, strengths = np.zeros((dimensions, m)), np.zeros(dimensions)
    if not varied.any():
        return axes, strengths
    rng = generator(seed, "space")
    try:
        values, vectors = top_eigenpairs(apply, m, min(dimensions, m), rng, start)
    except NotConvergedError as error:
        raise EngineError("space_not_converged", reason=str(error)) from error
    for place, value in enumerate(values):
        if value <= _NO_VARIANCE * values[0]:
            break
        # Statements on which everyone voted alike have no part in any axis.
        axis = np.where(varied, vectors[place], 0.0)
        axes[place] = _with_fixed_sign(axis / np.sqrt(inner(axis, axis)))
        strengths[place] = value
    return axes, strengths


def _with_fixed_sign(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """An axis has no sign of its own: its largest entry (the first, if several) points up."""
    size = np.abs(vector)
    leading = int(np.argmax(size >= size.max() * (1 - 1e-9)))
    return vector if vector[leading] > 0 else -vector
