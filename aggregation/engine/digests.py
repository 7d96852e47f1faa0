"""A name for the votes: the same for the same votes, however they were stored, cut or ordered.

Rows are digested in blocks of 256, in canonical order, so that ranges of participants cut at such
borders can be digested apart and put together again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGEST_BLOCK = 256
_HEADER = b"folkmoot votes, form 2\n"


def block_digests(
    indptr: NDArray[np.int64], by_row: Sequence[Any], by_cell: Sequence[Any]
) -> bytes:
    """SHA-256 of every block of 256 rows, 32 bytes each.

    by_row, by_cell : arrays with an entry per row or per stored vote, or None for what is not
    there; each is written as "-" or as "+" and its entries, little-endian.
    """
    parts: list[bytes] = []
    rows = [_little(array) for array in by_row]
    cells = [_little(array) for array in by_cell]
    lengths = np.diff(indptr).astype("<i8")
    for start in range(0, len(lengths), DIGEST_BLOCK):
        end = min(start + DIGEST_BLOCK, len(lengths))
        state = hashlib.sha256(lengths[start:end].tobytes())
        for array in rows:
            _add(state, array, start, end)
        for array in cells:
            _add(state, array, int(indptr[start]), int(indptr[end]))
        parts.append(state.digest())
    return b"".join(parts)


def combined_digest(
    statement_ids: NDArray[np.int64],
    n_participants: int,
    n_votes: int,
    characteristics: Sequence[tuple[str, tuple[str, ...]]],
    blocks: bytes,
) -> str:
    """SHA-256 (hex) of the whole from the digests of its blocks, in order.

    characteristics : name and possible answers of what is known of the people.
    """
    sizes = np.array([n_participants, len(statement_ids), n_votes], dtype="<i8")
    state = hashlib.sha256(_HEADER + sizes.tobytes() + statement_ids.astype("<i8").tobytes())
    for name, values in characteristics:
        for text in (name, *values, ""):
            state.update(text.encode() + b"\0")
    state.update(blocks)
    return state.hexdigest()


def _little(array: Any) -> Any:
    if array is None:
        return None
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _add(state: Any, array: Any, start: int, end: int) -> None:
    state.update(b"-" if array is None else b"+")
    if array is not None:
        state.update(np.ascontiguousarray(array[start:end]).data)
