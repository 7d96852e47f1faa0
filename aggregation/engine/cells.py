"""From one entry per vote, in any order, to rows in canonical order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.ids import Ids, Places, as_ids, blocks


@dataclass(frozen=True, eq=False)
class Cells:
    """Votes compressed by row, see VoteMatrix. ``extra`` : float64[nnz] that came with them."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: NDArray[np.int8]
    extra: NDArray[np.float64] | None


def in_order(
    who: Ids,
    what: Ids,
    votes: NDArray[np.int8],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    extra: NDArray[np.float64] | None,
) -> Cells:
    """Votes sorted by row and column. One integer per vote, which sorts by row, column and vote;
    besides the votes themselves it needs 8 bytes for each.

    Raises EngineError: id_unknown, too_large, duplicate_vote, contradictory_votes.
    """
    packed = _packed(who, what, votes, rows, columns)
    order: NDArray[np.int64] | None = None
    if extra is not None:
        order = np.argsort(packed, kind="stable")
        packed = packed[order]
    elif not np.all(packed[1:] >= packed[:-1]):  # read in order, it needs no sorting
        packed.sort()
    _refuse_repeats(packed, rows, columns)
    width = max(len(columns), 1)
    indices = np.empty(len(packed), dtype=np.int32)
    values = np.empty(len(packed), dtype=np.int8)
    length = np.zeros(len(rows), dtype=np.int64)
    for part in blocks(len(packed)):
        row, column = np.divmod(packed[part] >> 2, width)
        indices[part] = column
        values[part] = (packed[part] & 3) - 1
        if len(row):
            first = int(row[0])
            there = np.bincount(row - first)
            length[first : first + len(there)] += there
    return Cells(
        offsets(length), indices, values,
        None if extra is None or order is None else extra[order],
    )  # fmt: skip


def checked_values(values: ArrayLike, n_who: int, n_what: int) -> NDArray[np.int8]:
    """int8[len]. Raises EngineError: lengths_differ, value_out_of_range."""
    array = np.asarray(values)
    if not n_who == n_what == array.size or array.ndim != 1:
        raise EngineError(
            "lengths_differ", participants=n_who, statements=n_what, values=array.size
        )
    for part in blocks(array.size):
        piece = array[part]
        good = (piece == 1) | (piece == 0) | (piece == -1)
        if not np.all(good):
            position = part.start + int(np.argmin(good))
            raise EngineError("value_out_of_range", position=position, value=str(array[position]))
    return array.astype(np.int8, copy=False)


def offsets(lengths: NDArray[np.generic]) -> NDArray[np.int64]:
    """int64[len + 1]: where each piece begins, and the end."""
    result = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=result[1:])
    return result


def _packed(
    who: Ids,
    what: Ids,
    votes: NDArray[np.int8],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.int64]:
    if len(rows) * len(columns) >= 2**61:
        raise EngineError("too_large", participants=len(rows), statements=len(columns))
    row, column = Places(rows, "participant", len(who)), Places(columns, "statement", len(what))
    packed = np.empty(len(votes), dtype=np.int64)
    for part in blocks(len(votes)):
        cell = row.of(who[part], part.start) * len(columns)
        cell += column.of(what[part], part.start)
        cell <<= 2
        cell |= votes[part] + np.int8(1)
        packed[part] = cell
    return packed


def _refuse_repeats(
    packed: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> None:
    for part in blocks(max(len(packed) - 1, 0)):
        here, after = packed[part], packed[part.start + 1 : part.stop + 1]
        repeated = np.flatnonzero((here >> 2) == (after >> 2))
        if len(repeated):
            first = int(repeated[0])
            row, column = divmod(int(here[first]) >> 2, len(columns))
            raise EngineError(
                "duplicate_vote" if here[first] == after[first] else "contradictory_votes",
                participant=int(rows[row]),
                statement=int(columns[column]),
            )


def group_array(rows: NDArray[np.int64], groups: Mapping[int, int]) -> NDArray[np.int32]:
    """int32[n]: the group given for each participant id, -1 where there is none.

    Raises EngineError: id_not_whole, group_unknown_participant, group_out_of_range.
    """
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
