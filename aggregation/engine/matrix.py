"""The votes as a sparse matrix: rows are people, columns are statements, ids beside.

Rows and columns are kept in ascending order of id, so nothing that follows can depend on the order
in which votes were read. A cell that is not stored is *unseen*; a stored 0 is a *pass*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.cells import checked_values, group_array, in_order, offsets
from aggregation.engine.digests import block_digests, combined_digest
from aggregation.engine.errors import EngineError
from aggregation.engine.ids import as_ids, blocks, checked_ids, distinct, keep_mask

AGREE, DISAGREE, PASS = 0, 1, 2
# Weights are whole thousandths, so that sums over people are exact in any order.
WEIGHT_ONE = 1000
_MOST_WEIGHT = 2**31
# Indexed by the vote itself: values[0] is pass, values[1] agree, values[-1] disagree.
_COLUMN_OF_VOTE = np.array([PASS, AGREE, DISAGREE], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Characteristic:
    """What is known of people, for weights and strata.

    name : as in ``age``. values : the possible answers. labels : int32[n], position of each
    participant's answer in ``values``, -1 if unknown.
    """

    name: str
    values: tuple[str, ...]
    labels: NDArray[np.int32]


@dataclass(frozen=True, eq=False, repr=False)
class VoteMatrix:
    """Votes of n participants on m statements, compressed by row.

    participant_ids : int64[n], strictly ascending.
    statement_ids   : int64[m], strictly ascending.
    indptr          : int64[n + 1]; row i holds cells indptr[i] to indptr[i + 1].
    indices         : int32[nnz], column of each cell, ascending within a row.
    values          : int8[nnz], 1 agree, -1 disagree, 0 pass.
    declared_groups : int32[n] or None; groups that came with the votes, -1 for none.
    weights         : int64[n] or None; how much each person counts, in thousandths.
    excluded        : bool[n] or None; people whom a rule fixed before the vote leaves out.
    probabilities   : float64[nnz] or None; probability with which the card of this cell was
                      drawn, NaN where it is not known.
    characteristics : what is known of the people.
    Raises EngineError("matrix_malformed").
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: NDArray[np.int8]
    declared_groups: NDArray[np.int32] | None = None
    weights: NDArray[np.int64] | None = None
    excluded: NDArray[np.bool_] | None = None
    probabilities: NDArray[np.float64] | None = None
    characteristics: tuple[Characteristic, ...] = ()

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            array = getattr(self, name)
            if array is not None:
                view = np.ascontiguousarray(array, dtype=dtype).view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)
        problem = _problem(self)
        if problem:
            raise EngineError("matrix_malformed", reason=problem)

    def __repr__(self) -> str:
        return f"VoteMatrix({self.n_participants} x {self.n_statements}, {self.n_votes} votes)"

    @classmethod
    def from_triplets(
        cls,
        participants: ArrayLike,
        statements: ArrayLike,
        values: ArrayLike,
        *,
        participant_ids: ArrayLike | None = None,
        statement_ids: ArrayLike | None = None,
        declared_groups: Mapping[int, int] | None = None,
        probabilities: ArrayLike | None = None,
    ) -> VoteMatrix:
        """Build the matrix from one entry per vote, in any order.

        participants, statements, values : equally long; ids, ids and 1 / -1 / 0.
        participant_ids, statement_ids   : everyone who counts, also those without a vote;
                                           taken from the votes when absent.
        declared_groups                  : group (0, 1, ...) by participant id.
        probabilities                    : equally long; see above.
        Raises EngineError: lengths_differ, id_not_whole, id_repeated, id_unknown,
        value_out_of_range, duplicate_vote, contradictory_votes, group_*. O(nnz log nnz).
        """
        who, what = as_ids(participants, "participant"), as_ids(statements, "statement")
        votes = checked_values(values, len(who), len(what))
        chances = None if probabilities is None else np.asarray(probabilities, dtype=np.float64)
        if chances is not None and len(chances) != len(votes):
            raise EngineError("matrix_malformed", reason="not every vote has a probability")
        rows = distinct(who)
        if participant_ids is not None:
            rows = checked_ids(participant_ids, "participant")
        columns = distinct(what)
        if statement_ids is not None:
            columns = checked_ids(statement_ids, "statement")
        cells = in_order(who, what, votes, rows, columns, chances)
        return cls(
            participant_ids=rows,
            statement_ids=columns,
            indptr=cells.indptr,
            indices=cells.indices,
            values=cells.values,
            declared_groups=None if declared_groups is None else group_array(rows, declared_groups),
            probabilities=cells.extra,
        )

    @property
    def n_participants(self) -> int:
        return len(self.participant_ids)

    @property
    def n_statements(self) -> int:
        return len(self.statement_ids)

    @property
    def n_votes(self) -> int:
        return len(self.values)

    @property
    def votes_by_participant(self) -> NDArray[np.int64]:
        """int64[n]: how many statements each participant voted on, passes included."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> NDArray[np.int32]:
        """int32[nnz]: row of each cell."""
        return np.repeat(np.arange(self.n_participants, dtype=np.int32), self.votes_by_participant)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything above; the same whatever order it came in."""
        known = [(one.name, one.values) for one in self.characteristics]
        return combined_digest(
            self.statement_ids, self.n_participants, self.n_votes, known, self.block_digests()
        )

    def block_digests(self) -> bytes:
        """Digests of blocks of 256 rows, of which ``digest`` is made."""
        by_row = [getattr(self, name) for name in ("participant_ids", *_BY_ROW)]
        by_row += [one.labels for one in self.characteristics]
        return block_digests(self.indptr, by_row, [self.indices, self.values, self.probabilities])

    def counts(self) -> NDArray[np.int64]:
        """int64[m, 3]: agree, disagree and pass of every statement. Weights are not used."""
        everyone = np.zeros(self.n_participants, dtype=np.int32)
        return np.asarray(self.group_counts(everyone, 1)[0])

    def group_counts(
        self, groups: NDArray[np.int32], n_groups: int, row_weights: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """int64[G, m, 3]: agree, disagree and pass by group and statement, by one bincount for
        each block of votes.

        groups      : int32[n], 0 to G - 1, or negative for people in no group, who are left out.
        row_weights : int64[n], what each person adds; 1 if None. Sums are exact below 2^53.
        """
        width = 3 * self.n_statements
        if len(groups) != self.n_participants:
            raise EngineError(
                "mask_length", kind="participant", expected=self.n_participants, found=len(groups)
            )
        # People in no group go to one bin past the last group, which is cut off.
        bins = np.where(groups < 0, n_groups, groups).astype(np.int64) * width
        total = np.zeros((n_groups + 1) * width, dtype=np.int64)
        for low, high in self._row_blocks():
            votes = slice(self.indptr[low], self.indptr[high])
            length = np.diff(self.indptr[low : high + 1])
            key = np.repeat(bins[low:high], length)
            key += self.indices[votes].astype(np.int64) * 3
            key += _COLUMN_OF_VOTE[self.values[votes]]
            if row_weights is None:
                total += np.bincount(key, minlength=len(total))
            else:
                heavy = np.repeat(row_weights[low:high], length)
                total += np.bincount(key, heavy, minlength=len(total)).astype(np.int64)
        return total[: n_groups * width].reshape(n_groups, self.n_statements, 3)

    def rows_between(self, low: int, high: int) -> VoteMatrix:
        """The participants from row ``low`` up to, not including, row ``high``."""
        start, end = int(self.indptr[low]), int(self.indptr[high])
        return self._with(
            slice(low, high),
            slice(start, end),
            statement_ids=self.statement_ids,
            indptr=self.indptr[low : high + 1] - start,
            indices=self.indices[start:end],
        )

    def restrict(
        self, participants: ArrayLike | None = None, statements: ArrayLike | None = None
    ) -> VoteMatrix:
        """The same votes for some people and statements only.

        Each argument is a mask (bool, one entry per row or column) or a list of ids.
        Raises EngineError: mask_length, ids_not_found. All that belongs to a row or a cell
        travels with it.
        """
        people = keep_mask(self.participant_ids, participants, "participant")
        columns = keep_mask(self.statement_ids, statements, "statement")
        keep = np.repeat(people, self.votes_by_participant)
        keep &= columns[self.indices]
        votes = np.diff(offsets(keep)[self.indptr])[people]
        new_column = (np.cumsum(columns) - 1).astype(np.int32)
        return self._with(
            people,
            keep,
            statement_ids=self.statement_ids[columns],
            indptr=offsets(votes),
            indices=new_column[self.indices[keep]],
        )

    def weighted(self, weights: NDArray[np.int64] | None) -> VoteMatrix:
        """The same votes with other weights, in thousandths, or with none."""
        return replace(self, weights=weights)

    def _with(self, rows: Any, cells: Any, **parts: Any) -> VoteMatrix:
        optional: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in _BY_ROW
        }
        chances = self.probabilities
        return VoteMatrix(
            participant_ids=self.participant_ids[rows],
            values=self.values[cells],
            probabilities=None if chances is None else chances[cells],
            characteristics=tuple(
                replace(one, labels=one.labels[rows]) for one in self.characteristics
            ),
            **optional,
            **parts,
        )

    def _row_blocks(self) -> list[tuple[int, int]]:
        """Ranges of rows with about a million votes each."""
        cuts = [0]
        for part in blocks(self.n_votes):
            end = int(np.searchsorted(self.indptr, part.stop, side="left"))
            if end > cuts[-1]:
                cuts.append(end)
        if cuts[-1] < self.n_participants:
            cuts.append(self.n_participants)
        return list(pairwise(cuts))


_BY_ROW = ("declared_groups", "weights", "excluded")
_DTYPES: dict[str, np.dtype[np.generic]] = {
    "participant_ids": np.dtype(np.int64),
    "statement_ids": np.dtype(np.int64),
    "indptr": np.dtype(np.int64),
    "indices": np.dtype(np.int32),
    "values": np.dtype(np.int8),
    "declared_groups": np.dtype(np.int32),
    "weights": np.dtype(np.int64),
    "excluded": np.dtype(np.bool_),
    "probabilities": np.dtype(np.float64),
}


def _problem(matrix: VoteMatrix) -> str | None:
    return _rows_problem(matrix) or _cells_problem(matrix)


def _rows_problem(matrix: VoteMatrix) -> str | None:
    n, weights = matrix.n_participants, matrix.weights
    for name in ("participant_ids", "statement_ids"):
        if np.any(np.diff(getattr(matrix, name)) <= 0):
            return f"{name} do not rise strictly"
    for name in _BY_ROW:
        array = getattr(matrix, name)
        if array is not None and len(array) != n:
            return f"{name} do not match the rows"
    if weights is not None and n and (weights.min() < 0 or weights.max() > _MOST_WEIGHT):
        return "a weight is negative or too large"
    for one in matrix.characteristics:
        labels = one.labels
        if len(labels) != n:
            return f"the answers on {one.name} do not match the rows"
        if n and (labels.min() < -1 or labels.max() >= len(one.values)):
            return f"an answer on {one.name} is not in the list"
    return None


def _cells_problem(matrix: VoteMatrix) -> str | None:
    indptr, indices, chances = matrix.indptr, matrix.indices, matrix.probabilities
    if len(indptr) != matrix.n_participants + 1 or indptr[0] != 0 or np.any(np.diff(indptr) < 0):
        return "indptr does not delimit the rows"
    if indptr[-1] != len(indices) or len(indices) != matrix.n_votes:
        return "indptr, indices and values do not match"
    if len(indices) and (indices.min() < 0 or indices.max() >= matrix.n_statements):
        return "a column is out of range"
    rises = np.ones(len(indices) + 1, dtype=bool)
    np.greater(indices[1:], indices[:-1], out=rises[1:-1])
    rises[indptr] = True
    if not rises.all():
        return "columns do not rise within a row"
    if matrix.n_votes and (matrix.values.min() < -1 or matrix.values.max() > 1):
        return "a vote is not 1, -1 or 0"
    if chances is not None and len(chances) != matrix.n_votes:
        return "probabilities do not match the votes"
    if chances is not None and np.any((chances <= 0) | (chances > 1)):
        return "a probability is not between 0 and 1"
    return None
