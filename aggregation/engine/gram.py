"""Products of statements with each other, over people: whole numbers, the same in any order.

For statements j and k, with s = 1 where a person voted (0 where not), v the vote and w the weight:

    seen_seen[j, k] = sum of w s_j s_k     vote_seen[j, k] = sum of w v_j s_k     vote_vote[j, k]

There are two ways to the same integers, and each person takes the cheaper one. Long rows are made
dense and multiplied by BLAS, which is exact on floats as long as all sums stay whole numbers below
2^24 (float32) or 2^53 (float64). Short rows are taken pair by pair: people stand side by side, the
p-th vote of everyone is one array, and each pair (p, q) of such arrays is added into the table at
once. Several sums travel in one number, as digits of a large base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.cells import offsets

Integers = NDArray[np.int64]

# Measured costs in ns, only to choose the way: one multiplication in a dense product; one pair of
# votes; one step over side-by-side arrays; one entry of the table at the end.
_DENSE_LIGHT, _DENSE_HEAVY, _PAIR, _STEP, _ENTRY = 0.032, 0.16, 3.5, 4000.0, 20.0
# People per step: few enough that their votes stay in the cache.
_SIDE_BY_SIDE = 1 << 14
# Cells of a dense block, which bounds its memory.
_DENSE_CELLS = 1 << 21
# Weights above this are taken apart into digits, so that a block holds many people.
_DIGIT = 20
_LIGHT_WEIGHT = 64


@dataclass(frozen=True, eq=False)
class Rows:
    """Votes compressed by row, as in VoteMatrix, with a whole positive weight per row."""

    indptr: Integers
    indices: NDArray[np.int32]
    values: NDArray[np.int8]
    weights: Integers
    n_statements: int


@dataclass(eq=False)
class Gram:
    """The three products, int64[m, m] each. ``seen_vote`` is ``vote_seen`` turned."""

    seen_seen: Integers
    vote_seen: Integers
    vote_vote: Integers

    @classmethod
    def zero(cls, m: int) -> Gram:
        return cls(*(np.zeros((m, m), dtype=np.int64) for _ in range(3)))

    @property
    def parts(self) -> tuple[Integers, Integers, Integers]:
        return self.seen_seen, self.vote_seen, self.vote_vote

    def add(self, other: Gram, times: int = 1) -> None:
        for mine, others in zip(self.parts, other.parts, strict=True):
            mine += others * times if times != 1 else others

    def add_upper(self, upper: Integers) -> None:
        """Add [seen·seen, vote·seen, seen·vote, vote·vote], known for j <= k only."""
        beyond = np.triu(upper, 1)
        self.seen_seen += upper[0] + beyond[0].T
        self.vote_seen += upper[1] + beyond[2].T
        self.vote_vote += upper[3] + beyond[3].T


def gram_products(rows: Rows, *, dense_from: int | None = None) -> Gram:
    """The products over all rows.

    dense_from : rows with at least so many votes go the dense way; chosen by cost if None. The
                 numbers do not depend on it.
    O(m² · long rows + squared votes of the short ones).
    """
    total = Gram.zero(rows.n_statements)
    for digit, some in _digits(rows):
        length = np.diff(some.indptr)
        cut = _cheapest_cut(some, length) if dense_from is None else dense_from
        kept = (some.weights > 0) & (length > 0)
        part = Gram.zero(rows.n_statements) if digit else total
        _add_pairs(part, some, np.flatnonzero(kept & (length < cut)))
        _add_dense(part, some, np.flatnonzero(kept & (length >= cut)))
        if digit:
            total.add(part, 1 << digit)
    return total


def _digits(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """The rows once for every digit of their weights in base 2^20, with the digit's place."""
    digit, left = 0, rows.weights
    while digit == 0 or left.any():
        low = left & ((1 << _DIGIT) - 1)
        yield digit, Rows(rows.indptr, rows.indices, rows.values, low, rows.n_statements)
        digit, left = digit + _DIGIT, left >> _DIGIT


def _cheapest_cut(rows: Rows, length: Integers) -> int:
    """The number of votes from which a row is cheaper dense than pair by pair."""
    people = np.bincount(length[rows.weights > 0], minlength=1).astype(np.float64)
    votes = np.arange(len(people), dtype=np.float64)
    m, heavy = rows.n_statements, _is_heavy(rows.weights)
    steps = np.ceil(np.cumsum(people) / _SIDE_BY_SIDE) * votes**2 / 2
    by_pair = np.cumsum(people * votes**2 / 2) * _PAIR * (1.6 if heavy else 1.0)
    by_pair += steps * _STEP + _ENTRY * m * m * (votes > 0)
    longer = people.sum() - np.cumsum(people)
    dense = longer * m * m * (_DENSE_HEAVY if heavy else _DENSE_LIGHT)
    return int(np.argmin(by_pair + dense)) + 1


def _is_heavy(weights: Integers) -> bool:
    return len(weights) > 0 and int(weights.max()) > _LIGHT_WEIGHT


# --- dense -------------------------------------------------------------------------------------


def _add_dense(total: Gram, rows: Rows, chosen: Integers) -> None:
    if not len(chosen):
        return
    heavy = _is_heavy(rows.weights[chosen])
    kind: Any = np.float64 if heavy else np.float32
    bits = 26 if heavy else 12
    most_rows = max(1, _DENSE_CELLS // rows.n_statements)
    space = np.empty(3 * min(most_rows, len(chosen)) * rows.n_statements, dtype=kind)
    for some in _cut_by_weight(chosen, rows.weights, (1 << (bits - 1)) - 1, most_rows):
        seen, vote, packed = _dense(rows, some, space)
        np.multiply(vote, kind(1 << bits), out=packed)
        packed += seen
        weighted_seen, weighted_vote = seen, vote
        if np.any(rows.weights[some] != 1):
            weights = rows.weights[some].astype(kind)[:, None]
            weighted_seen, weighted_vote = seen * weights, vote * weights
        vote_seen, seen_seen = two_digits((packed.T @ weighted_seen).astype(np.int64), bits)
        total.seen_seen += seen_seen
        total.vote_seen += vote_seen
        total.vote_vote += (vote.T @ weighted_vote).astype(np.int64)


def _dense(rows: Rows, some: Integers, space: NDArray[Any]) -> NDArray[Any]:
    """[whether seen, the vote, room for more], each of shape (len(some), m), in given space."""
    cell, row = cells_of(rows.indptr, some)
    place = row * rows.n_statements + rows.indices[cell]
    flat = space[: 3 * len(some) * rows.n_statements].reshape(3, -1)
    flat[:2] = 0
    flat[0, place] = 1
    flat[1, place] = rows.values[cell].astype(space.dtype)
    return flat.reshape(3, len(some), rows.n_statements)


def cells_of(indptr: Integers, some: Integers) -> tuple[Integers, Integers]:
    """Positions of all cells of some rows, and 0, 0, ..., 1, ...: whose they are."""
    length = indptr[some + 1] - indptr[some]
    row = np.repeat(np.arange(len(some)), length)
    start = offsets(length)
    cell = np.arange(start[-1]) + (indptr[some] - start[:-1])[row]
    return cell, row


def _cut_by_weight(
    chosen: Integers, weights: Integers, limit: int, most_rows: int
) -> Iterator[Integers]:
    """Consecutive runs of rows of at most so much weight in all; a row alone may have it all."""
    before = offsets(weights[chosen])
    start = 0
    while start < len(chosen):
        end = int(np.searchsorted(before, before[start] + limit, side="right")) - 1
        end = min(max(end, start + 1), start + most_rows)
        yield chosen[start:end]
        start = end


def two_digits(packed: Integers, bits: int) -> tuple[Integers, Integers]:
    """high, low of high · 2^bits + low, with |low| < 2^(bits - 1)."""
    shift = 64 - bits
    low = (packed << shift) >> shift
    return (packed - low) >> bits, low


# --- pair by pair ------------------------------------------------------------------------------


def _add_pairs(total: Gram, rows: Rows, chosen: Integers) -> None:
    """Sums of 15 bits, four in a number; or of 31 bits, two in each of two, for uneven weights.

    They are taken out before any could overflow: no sum exceeds the weight on one statement.
    """
    if not len(chosen):
        return
    m = rows.n_statements
    heavy = _is_heavy(rows.weights[chosen])
    bits = 32 if heavy else 16
    limit = (1 << (bits - 1)) - 1
    tables = np.zeros((2 if heavy else 1, m * m), dtype=np.int64)
    load = np.zeros(m, dtype=np.int64)
    upper = np.zeros((4, m, m), dtype=np.int64)
    for some in _cut_by_weight(chosen, rows.weights, limit, _SIDE_BY_SIDE):
        cell, row = cells_of(rows.indptr, some)
        weight = rows.weights[some][row].astype(np.float64)
        more = np.bincount(rows.indices[cell], weight, minlength=m).astype(np.int64)
        if (load + more).max() > limit:
            _take_out(tables, upper, bits)
            load[:] = 0
        load += more
        _add_side_by_side(tables, rows, some, bits)
    _take_out(tables, upper, bits)
    total.add_upper(upper)


def _add_side_by_side(tables: Integers, rows: Rows, some: Integers, bits: int) -> None:
    length = rows.indptr[some + 1] - rows.indptr[some]
    order = np.argsort(-length, kind="stable")
    some, length = some[order], length[order]
    start, weight = rows.indptr[some], rows.weights[some]
    # How many people have more than 0, 1, 2, ... votes: those come first.
    people = np.searchsorted(-length, -np.arange(int(length[0])), side="left")
    columns: list[Integers] = []
    left: list[Integers] = []
    rights: list[list[Integers]] = []
    for place, count in enumerate(people.tolist()):
        cell = start[:count] + place
        vote = rows.values[cell].astype(np.int64)
        columns.append(rows.indices[cell].astype(np.int64))
        left.append((vote << bits) + 1)
        if len(tables) == 2:
            rights.append([weight[:count], weight[:count] * vote])
        else:
            rights.append([weight[:count] * ((vote << (2 * bits)) + 1)])
    for p, column in enumerate(columns):
        line = column * rows.n_statements
        for q in range(p, len(columns)):
            count = len(columns[q])
            key = line[:count] + columns[q]
            for table, right in zip(tables, rights[q], strict=True):
                np.add.at(table, key, left[p][:count] * right)


def _take_out(tables: Integers, upper: Integers, bits: int) -> None:
    """Add the sums in the tables to seen·seen, vote·seen, seen·vote, vote·vote; empty them."""
    at = 0
    for table in tables:
        rest = table.reshape(upper.shape[1:])
        while at < 4:
            rest, low = two_digits(rest, bits)
            upper[at] += low
            at += 1
            if len(tables) == 2 and at == 2:
                break
        table[:] = 0
