"""All that axes and counts need to know of the votes, as whole numbers that add up.

Statistics of participant ranges add to those of the whole, bit for bit: they hold integers only,
weights in thousandths included. Counting someone twice and giving them the weight 2 is the same.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.gram import Rows, gram_products
from aggregation.engine.matrix import AGREE, DISAGREE, WEIGHT_ONE, VoteMatrix

_FORM = "folkmoot statistics, form 1"
_GRAM = ("seen_seen", "vote_seen", "vote_vote")


@dataclass(frozen=True, eq=False)
class Statistics:
    """Sums over n people of their votes on m statements.

    n_participants, n_votes : people and votes, unweighted.
    weight    : of all people, in thousandths.
    counts    : int64[m, 3], people who agree, disagree and pass, unweighted.
    totals    : int64[m, 3], the same weighted, in thousandths.
    seen_seen, vote_seen, vote_vote : int64[m, m] or None; for statements j and k the weighted
                sums of s_j s_k, v_j s_k and v_j v_k over people, see gram.py. In thousandths.
    """

    n_participants: int
    n_votes: int
    weight: int
    counts: NDArray[np.int64]
    totals: NDArray[np.int64]
    seen_seen: NDArray[np.int64] | None = None
    vote_seen: NDArray[np.int64] | None = None
    vote_vote: NDArray[np.int64] | None = None

    @property
    def n_statements(self) -> int:
        return len(self.counts)

    @property
    def has_gram(self) -> bool:
        return self.seen_seen is not None

    @property
    def seen_total(self) -> NDArray[np.int64]:
        """int64[m]: weight of those who voted on each statement, passes included."""
        return np.asarray(self.totals.sum(axis=1))

    @property
    def votes_total(self) -> NDArray[np.int64]:
        """int64[m]: weight of those who agree less that of those who disagree."""
        return np.asarray(self.totals[:, AGREE] - self.totals[:, DISAGREE])

    @property
    def center(self) -> NDArray[np.float64]:
        """float64[m]: weighted mean vote, 0 where nobody voted."""
        return np.asarray(self.votes_total / np.maximum(self.seen_total, 1))

    @property
    def varied(self) -> NDArray[np.bool_]:
        """bool[m]: whether there are two votes on a statement that differ."""
        return np.asarray(np.count_nonzero(self.totals, axis=1) > 1)

    def covariance(self, center: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[m, m]: weighted sums of (v_j - c_j)(v_k - c_k) over people who voted on both.

        Symmetric to the bit; 0 for statements on which all votes are alike. Divided by nothing,
        in thousandths. Raises EngineError("gram_missing").
        """
        if self.seen_seen is None or self.vote_seen is None or self.vote_vote is None:
            raise EngineError("gram_missing")
        cross = self.vote_seen * center
        result = np.multiply.outer(center, center)
        result *= self.seen_seen
        result -= np.add(cross, cross.T)
        result += self.vote_vote
        alike = np.flatnonzero(~self.varied)
        result[alike] = 0.0
        result[:, alike] = 0.0
        return result

    def __add__(self, other: Statistics) -> Statistics:
        """Both together, for people who are in one of them only.

        Raises EngineError("statistics_do_not_fit").
        """
        if self.n_statements != other.n_statements or self.has_gram != other.has_gram:
            raise EngineError("statistics_do_not_fit")
        grams = {}
        if self.has_gram:
            grams = {name: getattr(self, name) + getattr(other, name) for name in _GRAM}
        return Statistics(
            self.n_participants + other.n_participants,
            self.n_votes + other.n_votes,
            self.weight + other.weight,
            self.counts + other.counts,
            self.totals + other.totals,
            **grams,
        )

    def to_bytes(self) -> bytes:
        """Compact, and the same bytes for the same statistics; ``from_bytes`` reads them."""
        arrays = [self.counts, self.totals]
        if self.seen_seen is not None and self.vote_seen is not None and self.vote_vote is not None:
            upper = np.triu_indices(self.n_statements)
            arrays += [self.seen_seen[upper], self.vote_seen, self.vote_vote[upper]]
        packed = [_packed(array) for array in arrays]
        head = {
            "form": _FORM,
            "sizes": [self.n_participants, self.n_votes, self.weight, self.n_statements],
            "arrays": [[unit, kind] for unit, kind, _ in packed],
        }
        body = b"".join(data for _, _, data in packed)
        return zlib.compress(json.dumps(head, sort_keys=True).encode() + b"\n" + body, 1)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Statistics:
        """Read what ``to_bytes`` wrote. Raises EngineError("statistics_do_not_fit")."""
        head, _, body = zlib.decompress(packed).partition(b"\n")
        found = json.loads(head)
        if found["form"] != _FORM:
            raise EngineError("statistics_do_not_fit")
        n, votes, weight, m = found["sizes"]
        triangle = m * (m + 1) // 2
        arrays, at = [], 0
        for (unit, kind), size in zip(
            found["arrays"], (3 * m, 3 * m, triangle, m * m, triangle), strict=False
        ):
            array = np.frombuffer(body, kind, size, at)
            arrays.append(array.astype(np.int64) * unit)
            at += array.nbytes
        grams: dict[str, Any] = {}
        if len(arrays) > 2:
            squares = _square(arrays[2], m), arrays[3].reshape(m, m), _square(arrays[4], m)
            grams = dict(zip(_GRAM, squares, strict=True))
        return cls(n, votes, weight, arrays[0].reshape(m, 3), arrays[1].reshape(m, 3), **grams)


def statistics(matrix: VoteMatrix, *, gram: bool = True) -> Statistics:
    """Sums over all rows of the matrix, weighted if it carries weights.

    gram : whether to compute the products of statements with each other, which takes m² memory
           and O(squared votes per person) time; see gram.py.
    """
    counts = matrix.counts()
    weights = matrix.weights
    weight, totals = matrix.n_participants * WEIGHT_ONE, counts * WEIGHT_ONE
    if weights is not None:
        everyone = np.zeros(matrix.n_participants, dtype=np.int32)
        weight, totals = int(weights.sum()), matrix.group_counts(everyone, 1, weights)[0]
    grams = _grams(matrix) if gram else {}
    return Statistics(matrix.n_participants, matrix.n_votes, weight, counts, totals, **grams)


def together(parts: Sequence[Statistics]) -> Statistics:
    """Statistics of several ranges as one, in any order. Raises as ``Statistics.__add__``."""
    return reduce(add, parts)


def _grams(matrix: VoteMatrix) -> dict[str, NDArray[np.int64]]:
    # Equal weights are one: products of small numbers are cheaper.
    unit, weights = WEIGHT_ONE, np.ones(matrix.n_participants, dtype=np.int64)
    if matrix.weights is not None:
        unit = int(np.gcd.reduce(matrix.weights)) or 1
        weights = matrix.weights // unit
    rows = Rows(matrix.indptr, matrix.indices, matrix.values, weights, matrix.n_statements)
    found = gram_products(rows)
    for part in found.parts:
        part *= unit
    return dict(zip(_GRAM, found.parts, strict=True))


def _packed(array: NDArray[np.int64]) -> tuple[int, str, bytes]:
    """The unit that divides all entries, the smallest integers that hold the rest, and those."""
    unit = int(np.gcd.reduce(array, axis=None)) or 1
    rest = array // unit
    low, high = (int(rest.min()), int(rest.max())) if rest.size else (0, 0)
    kinds = ("<i1", "<i2", "<i4", "<i8")
    kind = next(
        k for k in kinds if np.iinfo(np.dtype(k)).min <= low and high <= np.iinfo(np.dtype(k)).max
    )
    return unit, kind, rest.astype(kind).tobytes()


def _square(upper: NDArray[np.int64], m: int) -> NDArray[np.int64]:
    result = np.zeros((m, m), dtype=np.int64)
    result[np.triu_indices(m)] = upper
    return np.asarray(result + np.triu(result, 1).T)
