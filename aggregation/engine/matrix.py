"""The votes as a sparse matrix: rows are people, columns are statements, ids beside.

Rows and columns are kept in ascending order of id, so nothing that follows can depend on the order
in which votes were read. A cell that is not stored is *unseen*; a stored 0 is a *pass*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.ids import as_ids, checked_ids, distinct, keep_mask, lookup

AGREE, DISAGREE, PASS = 0, 1, 2
_DIGEST_HEADER = b"folkmoot votes, form 1\n"
# Indexed by the vote itself: values[0] is pass, values[1] agree, values[-1] disagree.
_COLUMN_OF_VOTE = np.array([PASS, AGREE, DISAGREE], dtype=np.int64)


@dataclass(frozen=True, eq=False, repr=False)
class VoteMatrix:
    """Votes of n participants on m statements, compressed by row.

    participant_ids : int64[n], strictly ascending.
    statement_ids   : int64[m], strictly ascending.
    indptr          : int64[n + 1]; row i holds cells indptr[i] to indptr[i + 1].
    indices         : int32[nnz], column of each cell, ascending within a row.
    values          : int8[nnz], 1 agree, -1 disagree, 0 pass.
    declared_groups : int32[n] or None; groups that came with the votes, -1 for none.
    Raises EngineError("matrix_malformed").
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: NDArray[np.int8]
    declared_groups: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            array = getattr(self, name)
            if array is None and name == "declared_groups":
                continue
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
    ) -> VoteMatrix:
        """Build the matrix from one entry per vote, in any order.

        participants, statements, values : equally long; ids, ids and 1 / -1 / 0.
        participant_ids, statement_ids   : everyone who counts, also those without a vote;
                                           taken from the votes when absent.
        declared_groups                  : group (0, 1, ...) by participant id.
        Raises EngineError: lengths_differ, id_not_whole, id_repeated, id_unknown,
        value_out_of_range, duplicate_vote, contradictory_votes, group_*. O(nnz log nnz).
        """
        who, what = as_ids(participants, "participant"), as_ids(statements, "statement")
        votes = _checked_values(values, len(who), len(what))
        rows = distinct(who)
        if participant_ids is not None:
            rows = checked_ids(participant_ids, "participant")
        columns = distinct(what)
        if statement_ids is not None:
            columns = checked_ids(statement_ids, "statement")
        row, column = lookup(rows, who, "participant"), lookup(columns, what, "statement")
        cells = _packed(row, column, votes, len(rows), len(columns))
        cells.sort()
        _refuse_repeats(cells, rows, columns)
        width = max(len(columns), 1)
        row_of, column_of = np.divmod(cells >> 2, width)
        return cls(
            participant_ids=rows,
            statement_ids=columns,
            indptr=_offsets(np.bincount(row_of, minlength=len(rows))),
            indices=column_of.astype(np.int32),
            values=((cells & 3) - 1).astype(np.int8),
            declared_groups=_group_array(rows, declared_groups),
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
        """SHA-256 over ids, votes and declared groups; the same whatever order they came in."""
        state = hashlib.sha256(_DIGEST_HEADER)
        sizes = [self.n_participants, self.n_statements, self.n_votes]
        state.update(np.array(sizes, dtype="<i8").tobytes())
        for name, dtype in _DTYPES.items():
            array = getattr(self, name)
            state.update(b"-" if array is None else b"+")
            if array is not None:
                state.update(array.astype(dtype.newbyteorder("<"), copy=False).data)
        return state.hexdigest()

    def counts(self) -> NDArray[np.int64]:
        """int64[m, 3]: agree, disagree and pass of every statement."""
        everyone = np.zeros(self.n_participants, dtype=np.int32)
        return np.asarray(self.group_counts(everyone, 1)[0])

    def group_counts(self, groups: NDArray[np.int32], n_groups: int) -> NDArray[np.int64]:
        """int64[G, m, 3]: agree, disagree and pass by group and statement, in one bincount.

        groups : int32[n], 0 to G - 1, or negative for people in no group, who are left out.
        """
        width = 3 * self.n_statements
        if len(groups) != self.n_participants:
            raise EngineError(
                "mask_length", kind="participant", expected=self.n_participants, found=len(groups)
            )
        # People in no group go to one bin past the last group, which is cut off.
        bins = np.where(groups < 0, n_groups, groups).astype(np.int64) * width
        key = np.repeat(bins, self.votes_by_participant)
        key += self.indices.astype(np.int64) * 3
        key += _COLUMN_OF_VOTE[self.values]
        flat = np.bincount(key, minlength=(n_groups + 1) * width)[: n_groups * width]
        return np.asarray(flat.reshape(n_groups, self.n_statements, 3), dtype=np.int64)

    def restrict(
        self, participants: ArrayLike | None = None, statements: ArrayLike | None = None
    ) -> VoteMatrix:
        """The same votes for some people and statements only.

        Each argument is a mask (bool, one entry per row or column) or a list of ids.
        Raises EngineError: mask_length, ids_not_found. Declared groups travel with the rows.
        """
        people = keep_mask(self.participant_ids, participants, "participant")
        columns = keep_mask(self.statement_ids, statements, "statement")
        keep = np.repeat(people, self.votes_by_participant) & columns[self.indices]
        kept_before = _offsets(keep)
        votes = np.diff(kept_before[self.indptr])[people]
        new_column = np.cumsum(columns) - 1
        groups = self.declared_groups
        return VoteMatrix(
            participant_ids=self.participant_ids[people],
            statement_ids=self.statement_ids[columns],
            indptr=_offsets(votes),
            indices=new_column[self.indices[keep]].astype(np.int32),
            values=self.values[keep],
            declared_groups=None if groups is None else groups[people],
        )


_DTYPES: dict[str, np.dtype[np.generic]] = {
    "participant_ids": np.dtype(np.int64),
    "statement_ids": np.dtype(np.int64),
    "indptr": np.dtype(np.int64),
    "indices": np.dtype(np.int32),
    "values": np.dtype(np.int8),
    "declared_groups": np.dtype(np.int32),
}


def _problem(matrix: VoteMatrix) -> str | None:
    n, indptr, indices = matrix.n_participants, matrix.indptr, matrix.indices
    for name in ("participant_ids", "statement_ids"):
        if np.any(np.diff(getattr(matrix, name)) <= 0):
            return f"{name} do not rise strictly"
    if len(indptr) != n + 1 or indptr[0] != 0 or np.any(np.diff(indptr) < 0):
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
    if matrix.declared_groups is not None and len(matrix.declared_groups) != n:
        return "declared_groups do not match the rows"
    return None


def _checked_values(values: ArrayLike, n_who: int, n_what: int) -> NDArray[np.int8]:
    array = np.asarray(values)
    if not n_who == n_what == array.size or array.ndim != 1:
        raise EngineError(
            "lengths_differ", participants=n_who, statements=n_what, values=array.size
        )
    good = (array == 1) | (array == 0) | (array == -1)
    if not np.all(good):
        position = int(np.argmin(good))
        raise EngineError("value_out_of_range", position=position, value=str(array[position]))
    return array.astype(np.int8)


def _packed(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    votes: NDArray[np.int8],
    n_rows: int,
    n_columns: int,
) -> NDArray[np.int64]:
    """One integer per vote that sorts by row, then column, then vote."""
    if n_rows * n_columns >= 2**61:
        raise EngineError("too_large", participants=n_rows, statements=n_columns)
    return ((row * n_columns + column) << 2) | (votes + np.int8(1))


def _refuse_repeats(
    cells: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> None:
    repeated = np.flatnonzero((cells[1:] >> 2) == (cells[:-1] >> 2))
    if not len(repeated):
        return
    first = int(repeated[0])
    row, column = divmod(int(cells[first]) >> 2, len(columns))
    same = cells[first] == cells[first + 1]
    raise EngineError(
        "duplicate_vote" if same else "contradictory_votes",
        participant=int(rows[row]),
        statement=int(columns[column]),
    )


def _offsets(lengths: NDArray[np.generic]) -> NDArray[np.int64]:
    result = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=result[1:])
    return result


def _group_array(
    rows: NDArray[np.int64], groups: Mapping[int, int] | None
) -> NDArray[np.int32] | None:
    if groups is None:
        return None
    result = np.full(len(rows), -1, dtype=np.int32)
    who = as_ids(list(groups), "participant")
    group = as_ids(list(groups.values()), "group")
    known = np.isin(who, rows)
    if not known.all():
        raise EngineError("group_unknown_participant", id=int(who[np.argmin(known)]))
    good = (group >= 0) & (group < 2**31)
    if not good.all():
        first = int(np.argmin(good))
        raise EngineError("group_out_of_range", id=int(who[first]), group=int(group[first]))
    result[np.searchsorted(rows, who)] = group
    return result
