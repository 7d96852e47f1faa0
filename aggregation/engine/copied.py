"""Votes out of PostgreSQL, as ``COPY ... (FORMAT BINARY)`` gives them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError
from aggregation.engine.ids import blocks

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
# Before every row stands the number of its fields, and before every field its length; all of it
# big-endian. Two int8 and an int2 make 32 bytes.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("participant_length", ">i4"),
        ("participant", ">i8"),
        ("statement_length", ">i4"),
        ("statement", ">i8"),
        ("value_length", ">i4"),
        ("value", ">i2"),
    ]
)
_FIXED = {"fields": 3, "participant_length": 8, "statement_length": 8, "value_length": 2}
_END = b"\xff\xff"


def copied_votes(
    raw: bytes | bytearray | memoryview,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """Participants, statements and votes from rows of (int8, int8, int2).

    raw : everything the COPY gave, header and end included.
    Raises EngineError("copy_malformed"), also for a missing end, which means a cut-off answer,
    and for NULL.
    """
    view = memoryview(raw)
    start = _after_header(view)
    count, rest = divmod(len(view) - start - len(_END), _ROW.itemsize)
    if rest or count < 0 or view[len(view) - len(_END) :] != _END:
        raise EngineError("copy_malformed", reason="it is cut off, or rows are not 32 bytes long")
    rows = np.frombuffer(view, dtype=_ROW, count=count, offset=start)
    who, what = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    values = np.empty(count, dtype=np.int8)
    for part in blocks(count):
        piece = rows[part]
        for name, expected in _FIXED.items():
            if np.any(piece[name] != expected):
                raise EngineError("copy_malformed", reason=f"some {name} is not {expected}")
        if np.any(np.abs(piece["value"]) > 1):
            raise EngineError("copy_malformed", reason="some vote is not 1, -1 or 0")
        who[part], what[part], values[part] = (
            piece["participant"],
            piece["statement"],
            piece["value"],
        )
    return who, what, values


def _after_header(view: memoryview) -> int:
    if view[: len(_SIGNATURE)] != _SIGNATURE or len(view) < len(_SIGNATURE) + 8:
        raise EngineError("copy_malformed", reason="it does not begin as a binary COPY does")
    flags, extension = np.frombuffer(view, dtype=">i4", count=2, offset=len(_SIGNATURE)).tolist()
    if flags:
        raise EngineError("copy_malformed", reason="it has flags that are not known")
    return len(_SIGNATURE) + 8 + int(extension)
