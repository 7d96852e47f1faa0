"""Ids to positions and back. Nothing in the engine is matched by position across a boundary."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aggregation.engine.errors import EngineError

# A lookup table is used while it stays this much longer than the votes at most.
_SPARE_TABLE = 1_000_000


def as_ids(values: ArrayLike, kind: str) -> NDArray[np.int64]:
    """int64[len], or EngineError("id_not_whole") for anything but a list of whole numbers."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise EngineError("id_not_whole", kind=kind)
    return array.astype(np.int64, copy=False)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The different values, ascending."""
    if not len(values):
        return values
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + _SPARE_TABLE:
        return np.unique(values)
    present = np.zeros(high - low + 1, dtype=bool)
    present[values - low] = True
    return np.flatnonzero(present) + low


def checked_ids(values: ArrayLike, kind: str) -> NDArray[np.int64]:
    """The given ids, ascending. Raises EngineError: id_not_whole, id_repeated."""
    ids = np.sort(as_ids(values, kind))
    repeated = np.flatnonzero(ids[1:] == ids[:-1])
    if len(repeated):
        raise EngineError("id_repeated", kind=kind, id=int(ids[repeated[0]]))
    return ids


def lookup(ids: NDArray[np.int64], wanted: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    """Position in ``ids`` (ascending, distinct) of each wanted id.

    Raises EngineError("id_unknown") with the position of the first that is not there.
    """
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    if not len(ids):
        raise EngineError("id_unknown", kind=kind, id=int(wanted[0]), position=0)
    low, high = int(ids[0]), int(ids[-1])
    if high - low <= 4 * len(wanted) + _SPARE_TABLE:
        table = np.zeros(high - low + 1, dtype=np.int64)
        table[ids - low] = np.arange(len(ids))
        position = table[np.clip(wanted, low, high) - low]
    else:
        position = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    missing = np.flatnonzero(ids[position] != wanted)
    if len(missing):
        first = int(missing[0])
        raise EngineError("id_unknown", kind=kind, id=int(wanted[first]), position=first)
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
