"""Pairwise preferences: how many ballots put one statement above another.

Everything that ranks statements reads these counts. They are whole numbers, exact in whatever
order ballots are counted, and ranges of participants add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import WEIGHT_ONE, VoteMatrix

NOT_COMPARED = "not_compared"
LAST = "last"
_BLOCK_CELLS = 2**22
# Whole numbers up to here are exact in float32, so every sum of a block is.
_EXACT_32 = 2**24
# A pair counted one by one costs as much as this many cells of a dense product, as measured.
_PAIR_COST = 150


@dataclass(frozen=True, eq=False, repr=False)
class Pairs:
    """Preferences between m statements, by number of ballots.

    prefer : int64[m, m]; prefer[j, k] is the weight of the ballots that put j above k.
    level  : int64[m, m], symmetric; the weight of those that put both on one level.
    unit   : what one ballot counts: 1, or 1000 where ballots carry weights.
    The diagonals are zero. ``first + second`` counts the ballots of both.
    """

    prefer: NDArray[np.int64]
    level: NDArray[np.int64]
    unit: int = 1

    def __repr__(self) -> str:
        return f"Pairs({self.n_statements} statements)"

    def __add__(self, other: Pairs) -> Pairs:
        if self.unit != other.unit or self.prefer.shape != other.prefer.shape:
            raise EngineError("pairs_malformed", reason="two counts of different kinds are added")
        return Pairs(self.prefer + other.prefer, self.level + other.level, self.unit)

    @property
    def n_statements(self) -> int:
        return len(self.prefer)

    @cached_property
    def margins(self) -> NDArray[np.int64]:
        """int64[m, m], antisymmetric: ballots for j over k, less those for k over j."""
        return np.asarray(self.prefer - self.prefer.T, dtype=np.int64)

    @property
    def compared(self) -> NDArray[np.int64]:
        """int64[m, m]: ballots that say something about both."""
        return np.asarray(self.prefer + self.prefer.T + self.level, dtype=np.int64)

    def among(self, columns: NDArray[np.int64]) -> Pairs:
        """The same counts between some statements only."""
        square = np.ix_(columns, columns)
        return Pairs(self.prefer[square], self.level[square], self.unit)


def pairs(matrix: VoteMatrix, *, method: str | None = None) -> Pairs:
    """Preferences of the participants: agree above pass above disagree.

    Two statements are compared by those who voted on both. People count by their weights.
    method : "dense" multiplies blocks of ballots, O(n · m²); "sparse" goes through the pairs of
             each ballot, O(sum of squared ballot lengths). None takes the cheaper; both count
             the same.
    """
    lengths = matrix.votes_by_participant
    m = matrix.n_statements
    unit = 1 if matrix.weights is None else WEIGHT_ONE
    if method is None:
        each = int((lengths * (lengths - 1) // 2).sum())
        method = "sparse" if each * _PAIR_COST < matrix.n_participants * m * m else "dense"
    prefer, level = _dense(matrix) if method == "dense" else _sparse(matrix)
    np.fill_diagonal(prefer, 0)
    np.fill_diagonal(level, 0)
    return Pairs(prefer, level, unit)


def from_rankings(
    ranks: ArrayLike, *, weights: ArrayLike | None = None, unranked: str = NOT_COMPARED
) -> Pairs:
    """Preferences of ranked ballots: full, partial or with levels.

    ranks    : whole numbers, [b, m]; a lower rank is better, equal ranks are level, a negative
               rank is no rank.
    weights  : int64[b], thousandths; None if every ballot counts once.
    unranked : "not_compared" says nothing about statements without a rank; "last" puts them
               below all that have one, level with each other.
    Raises EngineError("pairs_malformed"). O(b · m²).
    """
    table = np.asarray(ranks)
    if table.ndim != 2 or not np.issubdtype(table.dtype, np.integer):
        raise EngineError("pairs_malformed", reason="ranks must be a table of whole numbers")
    each = _checked_weights(weights, len(table))
    if unranked == LAST:
        table = np.where(table < 0, table.max(initial=0) + 1, table)
    m = table.shape[1]
    prefer, level = np.zeros((m, m), dtype=np.int64), np.zeros((m, m), dtype=np.int64)
    for low, high in _blocks(len(table), max(m * m, _BLOCK_CELLS // 255)):
        ballot = table[low:high]
        ranked = ballot >= 0
        both = ranked[:, :, None] & ranked[:, None, :]
        above = both & (ballot[:, :, None] < ballot[:, None, :])
        same = both & (ballot[:, :, None] == ballot[:, None, :])
        part = None if each is None else each[low:high]
        prefer += _total(above, part)
        level += _total(same, part)
    np.fill_diagonal(level, 0)
    return Pairs(prefer, level, 1 if each is None else WEIGHT_ONE)


def from_comparisons(winners: ArrayLike, losers: ArrayLike, n_statements: int) -> Pairs:
    """Preferences of single comparisons, as arrays of positions 0 to m - 1.

    winners, losers : int[c], equally long. Raises EngineError("pairs_malformed"). O(c + m²).
    """
    won, lost = np.asarray(winners), np.asarray(losers)
    m = n_statements
    for array in (won, lost):
        if (
            array.shape != won.shape
            or array.ndim != 1
            or not np.issubdtype(array.dtype, np.integer)
        ):
            raise EngineError("pairs_malformed", reason="winners and losers do not match")
        if array.size and (array.min() < 0 or array.max() >= m):
            raise EngineError("pairs_malformed", reason="a statement is out of range")
    counted = np.bincount(won.astype(np.int64) * m + lost, minlength=m * m).reshape(m, m)
    if counted.diagonal().any():
        raise EngineError("pairs_malformed", reason="a statement is compared with itself")
    prefer = counted.astype(np.int64, copy=False)
    return Pairs(prefer, np.zeros((m, m), dtype=np.int64))


def _dense(matrix: VoteMatrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Products of 0/1 blocks: agree over pass and disagree, pass over disagree, level."""
    m, weights = matrix.n_statements, matrix.weights
    prefer, seen = np.zeros((m, m), dtype=np.int64), np.zeros((m, m), dtype=np.int64)
    for low, high in _blocks(matrix.n_participants, 4 * max(m, 1)):
        cells = slice(matrix.indptr[low], matrix.indptr[high])
        rows = np.repeat(np.arange(high - low), np.diff(matrix.indptr[low : high + 1]))
        columns, values = matrix.indices[cells], matrix.values[cells]
        heavy = high - low if weights is None else int(weights[low:high].sum())
        kind = np.float32 if heavy < _EXACT_32 else np.float64
        upper = np.zeros((2, high - low, m), dtype=kind)
        lower = np.zeros((2, high - low, m), dtype=kind)
        upper[0, rows, columns] = values == 1
        upper[1, rows, columns] = values == 0
        lower[0, rows, columns] = values != 1
        lower[1, rows, columns] = values == -1
        known = upper[0] + lower[0]
        other = known
        if weights is not None:
            weight = weights[low:high, None].astype(kind)
            upper *= weight
            other = known * weight
        both = (2 * (high - low), m)
        prefer += (upper.reshape(both).T @ lower.reshape(both)).astype(np.int64)
        seen += (known.T @ other).astype(np.int64)
    return prefer, seen - prefer - prefer.T


def _sparse(matrix: VoteMatrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of votes of every ballot, counted under (first, second, which is above)."""
    m = matrix.n_statements
    size = 3 * m * m
    counts = np.zeros(size, dtype=np.int64)
    for keys, weights in _gathered(_ballot_pairs(matrix), max(_BLOCK_CELLS, size)):
        # With weights numpy sums float64, exact for whole numbers below 2^53.
        counts += np.bincount(keys, weights=weights, minlength=size).astype(np.int64, copy=False)
    below, level, above = np.moveaxis(counts.reshape(m, m, 3), 2, 0)
    return np.asarray(above + below.T), np.asarray(level + level.T)


_Keys = tuple[NDArray[np.int64], NDArray[np.float64] | None]


def _ballot_pairs(matrix: VoteMatrix) -> Iterator[_Keys]:
    """One key, and the weight of the ballot, for every pair of votes of a ballot."""
    for length, rows in _equally_long(matrix.votes_by_participant):
        cells = matrix.indptr[rows][:, None] + np.arange(length)
        columns = matrix.indices[cells].astype(np.int64)
        values = matrix.values[cells]
        first, second = np.triu_indices(length, 1)
        keys = (columns[:, first] * matrix.n_statements + columns[:, second]) * 3
        keys += np.sign(values[:, first] - values[:, second]) + np.int8(1)
        weights = None
        if matrix.weights is not None:
            weights = np.repeat(matrix.weights[rows].astype(np.float64), len(first))
        yield keys.ravel(), weights


def _gathered(parts: Iterator[_Keys], size: int) -> Iterator[_Keys]:
    """The same keys in portions of about ``size``, so that bins are emptied rarely."""
    waiting: list[_Keys] = []
    for part in parts:
        waiting.append(part)
        if sum(len(keys) for keys, _ in waiting) >= size:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[_Keys]) -> _Keys:
    weights = [weight for _, weight in parts if weight is not None]
    return np.concatenate([keys for keys, _ in parts]), np.concatenate(weights) if weights else None


def _equally_long(lengths: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Rows with equally many votes, at least two, in portions that fit into memory."""
    order = np.argsort(lengths, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        length = int(lengths[group[0]]) if len(group) else 0
        if length > 1:
            step = max(1, _BLOCK_CELLS // (length * length))
            yield from ((length, group[low : low + step]) for low in range(0, len(group), step))


def _blocks(n: int, cells_each: int) -> Iterator[tuple[int, int]]:
    step = max(1, _BLOCK_CELLS // cells_each)
    for low in range(0, n, step):
        yield low, min(low + step, n)


def _total(marked: NDArray[np.bool_], weights: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """int64[m, m]: number, or weight, of the ballots that are marked; at most 255 of them."""
    if weights is None:
        small = np.add.reduce(marked.view(np.uint8), axis=0, dtype=np.uint8)
        return np.asarray(small, dtype=np.int64)
    flat = weights.astype(np.float64) @ marked.reshape(len(marked), -1).astype(np.float64)
    return np.asarray(flat.reshape(marked.shape[1:]), dtype=np.int64)


def _checked_weights(weights: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
    if weights is None:
        return None
    each = np.asarray(weights)
    if each.shape != (n,) or not np.issubdtype(each.dtype, np.integer) or np.any(each < 0):
        raise EngineError("pairs_malformed", reason="every ballot needs a weight in thousandths")
    return each.astype(np.int64)
