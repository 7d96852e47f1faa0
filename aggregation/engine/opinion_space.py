"""Where people stand: the directions in which votes differ most, and everyone's place along them.

Unseen cells are filled with the statement's mean and every statement is centred, as Polis does.
A filled cell is then exactly 0, so the filled matrix *is* the sparse matrix of (vote - mean) on
the stored cells. It is never made dense: its principal axes come from a Lanczos iteration that
streams the stored votes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aggregation.engine.errors import EngineError
from aggregation.engine.lanczos import NotConvergedError, inner, top_eigenpairs
from aggregation.engine.matrix import VoteMatrix
from aggregation.engine.randomness import generator

# An axis that explains less than this share of the first one is rounding noise.
_NO_VARIANCE = 1e-12


@dataclass(frozen=True, eq=False)
class OpinionSpace:
    """The axes of opinion and where people and statements stand on them.

    center             : float64[m], mean vote of each statement (0 for muted ones).
    components         : float64[d, m], orthonormal axes, strongest first; an axis that the votes
                         do not span is all zeros.
    explained_variance : float64[d], share of the whole variance along each axis, 0 to 1.
    positions          : float64[n, d], scaled by sqrt(M / votes cast) as in Polis, so that people
                         who saw few statements are not drawn to the middle.
    """

    center: NDArray[np.float64]
    components: NDArray[np.float64]
    explained_variance: NDArray[np.float64]
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
) -> OpinionSpace:
    """Principal axes of the mean-filled, centred votes; O(nnz) per Lanczos step.

    muted : bool[m], statements that keep their place but count as a pass by everyone. Polis does
            this to moderated-out statements.
    Raises EngineError("space_not_converged").
    """
    off = np.zeros(matrix.n_statements, dtype=bool) if muted is None else muted
    center, residuals = _centred(matrix, off)
    components, strengths = _principal_axes(residuals, dimensions, seed)
    total = inner(residuals.data, residuals.data)
    shares = strengths / total if total > 0 else np.zeros_like(strengths)
    # Muted statements count as seen by everyone, the others only where a vote is stored.
    seen = np.bincount(matrix.rows[~off[matrix.indices]], minlength=matrix.n_participants)
    seen = seen + int(off.sum())
    scale = np.sqrt(matrix.n_statements / np.maximum(seen, 1))
    positions = np.asarray(residuals @ components.T) * scale[:, None]
    return OpinionSpace(center, components, shares, positions)


def _centred(matrix: VoteMatrix, off: NDArray[np.bool_]) -> tuple[NDArray[np.float64], Any]:
    """Column means of the stored votes, and the sparse matrix of (vote - mean)."""
    m = matrix.n_statements
    votes = np.bincount(matrix.indices, minlength=m)
    total = np.bincount(matrix.indices, weights=matrix.values, minlength=m)
    center = np.where(off, 0.0, total / np.maximum(votes, 1))
    data = matrix.values - center[matrix.indices]
    if off.any():
        data[off[matrix.indices]] = 0.0
    shape = (matrix.n_participants, m)
    return center, csr_array((data, matrix.indices, matrix.indptr), shape=shape)


def _principal_axes(
    residuals: Any, dimensions: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """float64[d, m] axes and float64[d] squared singular values, strongest first."""
    n, m = residuals.shape
    axes, strengths = np.zeros((dimensions, m)), np.zeros(dimensions)
    if not np.any(residuals.data):
        return axes, strengths
    # The Gram matrix of the short side has the same eigenvalues; it is applied, never built.
    turned = residuals.T
    left, right = (residuals, turned) if n < m else (turned, residuals)
    count, rng = min(dimensions, n, m), generator(seed, "space")
    try:
        values, vectors = top_eigenpairs(lambda v: left @ (right @ v), min(n, m), count, rng)
    except NotConvergedError as error:
        raise EngineError("space_not_converged", reason=str(error)) from error
    # Statements on which everyone voted alike have no part in any axis, not even a rounded one.
    varied = np.bincount(residuals.indices, weights=np.abs(residuals.data), minlength=m) > 0
    for place, value in enumerate(values):
        if value <= _NO_VARIANCE * values[0]:
            break
        axis = turned @ vectors[place] if n < m else vectors[place]
        axis = np.where(varied, axis, 0.0)
        axes[place] = _with_fixed_sign(axis / np.sqrt(inner(axis, axis)))
        strengths[place] = value
    return axes, strengths


def _with_fixed_sign(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """An axis has no sign of its own: its largest entry (the first, if several) points up."""
    size = np.abs(vector)
    leading = int(np.argmax(size >= size.max() * (1 - 1e-9)))
    return vector if vector[leading] > 0 else -vector
