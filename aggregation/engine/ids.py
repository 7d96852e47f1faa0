"""Ids to positions and back. Nothing in the engine is matched by position across a boundary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.errors import EngineError

# A lookup table is used while it stays this much longer than the votes at most.
_SPARE_TABLE = 1_000_000
# Votes worked on at a time, so that work space stays small beside the votes themselves.
BLOCK = 1 << 20

Ids = NDArray[np.integer[Any]]


def blocks(length: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices that cover ``length`` entries, ``size`` at a time."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def as_ids(values: ArrayLike, kind: str) -> Ids:
    """The list of whole numbers as it is, or EngineError("id_not_whole") for anything else."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise EngineError("id_not_whole", kind=kind)
    if array.dtype.kind not in "iu" or array.dtype == np.uint64:
        return array.astype(np.int64)
    return array


def distinct(values: Ids) -> NDArray[np.int64]:
    """The different values, ascending."""
    if not len(values):
        return values.astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + _SPARE_TABLE:
        return np.unique(values).astype(np.int64, copy=False)
    present = np.zeros(high - low + 1, dtype=bool)
    for part in blocks(len(values)):
        present[values[part].astype(np.int64) - low] = True
    return np.flatnonzero(present) + low


def checked_ids(values: ArrayLike, kind: str) -> NDArray[np.int64]:
    """The given ids, ascending. Raises EngineError: id_not_whole, id_repeated."""
    ids = np.sort(as_ids(values, kind).astype(np.int64, copy=False))
    repeated = np.flatnonzero(ids[1:] == ids[:-1])
    if len(repeated):
        raise EngineError("id_repeated", kind=kind, id=int(ids[repeated[0]]))
    return ids


class Places:
    """Position of each id in ``ids`` (ascending, distinct), asked for block by block."""

    def __init__(self, ids: NDArray[np.int64], kind: str, expected: int) -> None:
        """expected : how many ids will be looked up, which decides whether a table pays."""
        self._ids, self._kind = ids, kind
        self._table: NDArray[np.int64] | None = None
        if len(ids) and int(ids[-1]) - int(ids[0]) <= 4 * expected + _SPARE_TABLE:
            self._table = np.zeros(int(ids[-1]) - int(ids[0]) + 1, dtype=np.int64)
            self._table[ids - ids[0]] = np.arange(len(ids))

    def of(self, wanted: Ids, offset: int = 0) -> NDArray[np.int64]:
        """int64[len(wanted)]. Raises EngineError("id_unknown") with the position of the first
        that is not there, counted from ``offset``."""
        ids = self._ids
        if not len(wanted):
            return np.zeros(0, dtype=np.int64)
        if not len(ids):
            raise EngineError("id_unknown", kind=self._kind, id=int(wanted[0]), position=offset)
        wide = wanted.astype(np.int64, copy=False)
        if self._table is not None:
            low, high = int(ids[0]), int(ids[-1])
            position = self._table[np.clip(wide, low, high) - low]
        else:
            position = np.minimum(np.searchsorted(ids, wide), len(ids) - 1)
        missing = np.flatnonzero(ids[position] != wide)
        if len(missing):
            first = int(missing[0])
            raise EngineError(
                "id_unknown", kind=self._kind, id=int(wanted[first]), position=offset + first
            )
        return position


def keep_mask(ids: NDArray[np.int64], chosen: ArrayLike | None, kind: str) -> NDArray[np.bool_]:
    """bool[len(ids)] from a mask, a list of ids, or None for all."""
    if chosen is None:
        return np.ones(len(ids), dtype=bool)
    array = np.asarray(chosen)
    if array.dtype == np.bool_:
        if array.shape != ids.shape:
            raise EngineError("mask_length", kind=kind, expected=len(ids), found=array.size)
        return array
    wanted = as_ids(array, kind)
    unknown = wanted[~np.isin(wanted, ids)]
    if len(unknown):
        raise EngineError("ids_not_found", kind=kind, id=int(unknown[0]))
    return np.isin(ids, wanted)
