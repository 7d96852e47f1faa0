"""The strongest eigenpairs of a large symmetric operator, the same bits for any number of cores.

Library solvers (ARPACK, LAPACK) call a BLAS that splits sums among as many threads as there are
cores, so their last digits depend on the machine, and with them the digest of an outcome. Here
every sum runs in a fixed order: numpy's own loops for long vectors, plain floats for small ones.

Lanczos iteration with full reorthogonalisation; the small tridiagonal problem is solved by
bisection and inverse iteration (Golub & Van Loan, Matrix Computations, 8.4 and 10.1).
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, hypot, log10, sqrt

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

# Below this size the iteration always runs to its end, which also finds repeated eigenvalues.
_ALWAYS_COMPLETE = 48
_MOST_STEPS = 1500
# Residual, relative to the largest eigenvalue, at which an eigenpair is done.
_TOLERANCE = 1e-13
# A new direction shorter than this, relative to the largest entry seen, is rounding noise.
_NOISE = 1e-14
# Share of a random direction in a start that is given.
_ASIDE = 1e-3


class NotConvergedError(Exception):
    """The iteration used all its steps."""


def top_eigenpairs(
    apply: Callable[[Vector], Vector],
    size: int,
    count: int,
    rng: np.random.Generator,
    start: NDArray[np.float64] | None = None,
) -> tuple[Vector, NDArray[np.float64]]:
    """float64[count] eigenvalues, falling, and float64[count, size] unit eigenvectors.

    apply : product of the operator, symmetric and without negative eigenvalues, with a vector.
    count : at most ``size``. rng : for the start.
    start : float64[any, size], directions near the wanted ones; the iteration begins at their sum,
            and a little to the side, so that it finds what lies in none of them.
    Raises NotConvergedError after 1,500 steps. O(steps · (apply + steps · size)).
    """
    limit = min(size, _MOST_STEPS)
    basis = np.empty((limit, size))
    diagonal: list[float] = []
    beside: list[float] = []
    checks: list[tuple[int, float]] = []
    scale, next_check = 0.0, max(12 if start is None else 8, 3 * count)
    basis[0] = _first_direction(start, size, rng)
    for step in range(limit):
        image = apply(basis[step])
        diagonal.append(inner(image, basis[step]))
        rest = _without(basis[: step + 1], image)
        length = sqrt(inner(rest, rest))
        scale = max(scale, abs(diagonal[-1]), length)
        stuck = length <= _NOISE * scale
        done = step + 1 == size
        if done or (step + 1 >= next_check and size > _ALWAYS_COMPLETE):
            values, small = tridiagonal_top(diagonal, beside, count, rng)
            left = 0.0 if stuck else length
            worst = max(left * abs(v[-1]) for v in small) / max(values[0], 1e-300)
            checks.append((step + 1, worst))
            next_check = step + 1 + _steps_to_go(checks)
            if done or worst <= _TOLERANCE:
                vectors = np.einsum("ij,jk->ik", np.array(small), basis[: step + 1])
                return np.array(values), vectors
        if step + 1 < limit:
            beside.append(0.0 if stuck else length)
            fresh = _fresh_direction(basis[: step + 1], size, rng) if stuck else rest / length
            basis[step + 1] = fresh
    raise NotConvergedError(f"no end after {limit} steps")


def _steps_to_go(checks: list[tuple[int, float]]) -> int:
    """Steps until the residual is small enough, if it goes on falling as it did from the last
    check to this one; a decimal per step before that is known. At most as many as there were."""
    step, worst = checks[-1]
    rate = 1.0
    if len(checks) > 1:
        step_before, worst_before = checks[-2]
        fallen = log10(max(worst_before, _TOLERANCE) / max(worst, _TOLERANCE))
        rate = max(fallen / (step - step_before), 0.05)
    wanted = log10(max(worst, _TOLERANCE) / _TOLERANCE) / rate
    return max(1, min(ceil(wanted), step))


def inner(a: Vector, b: Vector) -> float:
    """Sum of products in a fixed order, whatever the number of processor cores."""
    return float(np.sum(a * b))


def _without(basis: NDArray[np.float64], vector: Vector) -> Vector:
    """The part of a vector at right angles to all rows; twice, because once loses digits."""
    for _ in range(2):
        vector = vector - np.einsum("i,ij->j", np.einsum("ij,j->i", basis, vector), basis)
    return vector


def _first_direction(
    start: NDArray[np.float64] | None, size: int, rng: np.random.Generator
) -> Vector:
    fresh = _fresh_direction(np.empty((0, size)), size, rng)
    if start is None or not np.any(start):
        return fresh
    towards = np.sum(start, axis=0)
    near = towards + _ASIDE * sqrt(inner(towards, towards)) * fresh
    return np.asarray(near / sqrt(inner(near, near)))


def _fresh_direction(basis: NDArray[np.float64], size: int, rng: np.random.Generator) -> Vector:
    vector = _without(basis, rng.random(size) - 0.5)
    return vector / sqrt(inner(vector, vector))


def tridiagonal_top(
    diagonal: list[float], beside: list[float], count: int, rng: np.random.Generator
) -> tuple[list[float], list[list[float]]]:
    """The largest eigenvalues, falling, and unit eigenvectors of a symmetric tridiagonal matrix.

    diagonal : j entries. beside : the j - 1 entries next to it. Fewer than ``count`` if j is less.
    """
    n = len(diagonal)
    edges = [0.0, *(abs(x) for x in beside[: n - 1]), 0.0]
    low = min(d - edges[i] - edges[i + 1] for i, d in enumerate(diagonal))
    high = max(d + edges[i] + edges[i + 1] for i, d in enumerate(diagonal))
    squares = [x * x for x in beside[: n - 1]]
    values: list[float] = []
    vectors: list[list[float]] = []
    for rank in range(min(count, n)):
        top = values[-1] if values else high
        values.append(_bisect(diagonal, squares, rank, low, top))
        start = [x - 0.5 for x in rng.random(n).tolist()]
        vectors.append(_inverse_iteration(diagonal, beside, values[-1], vectors, start))
    return values, vectors


def _bisect(
    diagonal: list[float], squares: list[float], rank: int, low: float, high: float
) -> float:
    """The eigenvalue that ``rank`` others exceed, to the last bit that halving can settle."""
    while True:
        middle = low + (high - low) / 2
        if not low < middle < high:
            return high
        if _how_many_above(diagonal, squares, middle) > rank:
            low = middle
        else:
            high = middle


def _how_many_above(diagonal: list[float], squares: list[float], bound: float) -> int:
    """Sturm's count of the eigenvalues above a bound."""
    pivot = diagonal[0] - bound
    above = int(pivot > 0)
    for entry, square in zip(diagonal[1:], squares, strict=True):
        # A pivot of exactly 0 was counted as not above, so it goes on as just below 0.
        pivot = entry - bound - square / (pivot or -1e-300)
        above += pivot > 0
    return above


def _inverse_iteration(
    diagonal: list[float],
    beside: list[float],
    value: float,
    found: list[list[float]],
    start: list[float],
) -> list[float]:
    """Unit eigenvector for an eigenvalue, at right angles to those found before."""
    vector = _unit(start)
    for _ in range(4):
        vector = _unit(_solve_shifted(diagonal, beside, value, vector))
        for other in found:
            share = sum(a * b for a, b in zip(vector, other, strict=True))
            vector = [a - share * b for a, b in zip(vector, other, strict=True)]
        vector = _unit(vector)
    return vector


def _solve_shifted(
    diagonal: list[float], beside: list[float], shift: float, right: list[float]
) -> list[float]:
    """(T - shift) x = right by elimination with row exchanges; tiny pivots stand for zero."""
    n = len(diagonal)
    least = 1e-16 * max(1e-280, *(abs(x) for x in diagonal), *(abs(x) for x in beside[: n - 1]))
    rows: list[tuple[float, float, float, float]] = []
    pivot, second, third, value = diagonal[0] - shift, (beside[0] if n > 1 else 0.0), 0.0, right[0]
    for i in range(1, n):
        below = beside[i - 1]
        own, after, target = diagonal[i] - shift, (beside[i] if i < n - 1 else 0.0), right[i]
        if abs(below) > abs(pivot):
            factor = pivot / below
            rows.append((below, own, after, target))
            pivot, second, third = second - factor * own, third - factor * after, 0.0
            value -= factor * target
        else:
            factor = below / (pivot or least)
            rows.append((pivot or least, second, third, value))
            pivot, second, third = own - factor * second, after - factor * third, 0.0
            value = target - factor * value
    rows.append((pivot, 0.0, 0.0, value))
    solution = [0.0] * (n + 2)
    for i in range(n - 1, -1, -1):
        pivot, second, third, value = rows[i]
        safe = pivot if abs(pivot) > least else least
        solution[i] = (value - second * solution[i + 1] - third * solution[i + 2]) / safe
    return solution[:n]


def _unit(vector: list[float]) -> list[float]:
    largest = max(abs(x) for x in vector) or 1.0
    scaled = [x / largest for x in vector]
    length = hypot(*scaled) or 1.0
    return [x / length for x in scaled]
