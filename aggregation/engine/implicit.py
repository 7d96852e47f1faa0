"""The covariance of very many statements, applied to vectors and never built.

Its product with x is R'(W(R x)), with R the sparse matrix of (vote - mean) and W the weights. All
sums run over whole numbers: x is taken to 2^-40 of its largest entry, and what it gives for each
person to as many digits as leave room for everyone. So the product does not depend on the order of
people. It is good to about 1e-11 of the largest entry.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.lanczos import Vector
from aggregation.engine.matrix import WEIGHT_ONE, VoteMatrix

_FINE = 40
_ROOM = 62


def implicit_operator(
    matrix: VoteMatrix, center: NDArray[np.float64], varied: NDArray[np.bool_]
) -> Callable[[Vector], Vector]:
    """x -> sum over people of w (v - c)(v - c)'x, over the statements that are ``varied``.

    In thousandths of people, as all weighted sums. O(nnz) for each product; needs 16 bytes for
    each vote besides the matrix.
    """
    by_statement = np.argsort(matrix.indices, kind="stable")
    people = matrix.rows[by_statement]
    votes = matrix.values[by_statement]
    of_statement = np.zeros(matrix.n_statements + 1, dtype=np.int64)
    np.cumsum(np.bincount(matrix.indices, minlength=matrix.n_statements), out=of_statement[1:])
    weights, thousandths = np.ones(matrix.n_participants, dtype=np.int64), WEIGHT_ONE
    if matrix.weights is not None:
        thousandths = int(np.gcd.reduce(matrix.weights)) or 1
        weights = matrix.weights // thousandths
    bits = _ROOM - int(weights.sum()).bit_length()

    def apply(x: Vector) -> Vector:
        used: Vector = np.where(varied, x, 0.0)
        (vote_part, mean_part), unit = _whole(np.stack([used, used * center]), _FINE)
        own = vote_part[matrix.indices] * matrix.values - mean_part[matrix.indices]
        place, finer = _whole(np.multiply(_sums(own, matrix.indptr), unit), bits)
        place = (place * weights)[people]
        vote_sum, seen_sum = _sums(place * votes, of_statement), _sums(place, of_statement)
        return np.where(varied, (vote_sum - center * seen_sum) * (finer * thousandths), 0.0)

    return apply


def _whole(values: NDArray[np.float64], bits: int) -> tuple[NDArray[np.int64], float]:
    """Values in whole multiples, of at most so many bits, of a power of two; and that power."""
    largest = float(np.abs(values).max(initial=0.0))
    unit = 2.0 ** (int(np.frexp(largest)[1]) - bits) if largest > 0 else 1.0
    return np.rint(values / unit).astype(np.int64), unit


def _sums(values: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of each piece between two edges; exact, and right also where a piece is empty."""
    running = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=running[1:])
    return np.diff(running[edges])
