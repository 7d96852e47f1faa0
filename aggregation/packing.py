"""Results of parts as bytes: named arrays and plain data, nothing that could run."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine import Grouping, Tie

Arrays = dict[str, NDArray[Any]]


def pack(**arrays: NDArray[Any] | None) -> bytes:
    """Arrays under their names; ``unpack`` reads them. What is None is left out."""
    file = io.BytesIO()
    there: dict[str, Any] = {n: array for n, array in arrays.items() if array is not None}
    np.savez(file, **there)
    return file.getvalue()


def unpack(packed: bytes | memoryview) -> Arrays:
    """The arrays that ``pack`` was given."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def pack_plain(data: Mapping[str, Any] | None) -> bytes:
    """Plain data as JSON. Numbers come back as they were, to the last bit."""
    return json.dumps(data).encode()


def unpack_plain(packed: bytes | memoryview) -> Any:
    """What ``pack_plain`` was given, with lists for tuples."""
    return json.loads(bytes(packed))


def pack_grouping(grouping: Grouping) -> bytes:
    """A grouping without its labels."""
    names = [one.name for one in fields(Grouping) if one.name != "labels"]
    plain = {name: getattr(grouping, name) for name in names}
    plain["ties"] = [[tie.where, tie.candidates, tie.rule] for tie in grouping.ties]
    return pack_plain(plain)


def unpack_grouping(packed: bytes | memoryview, labels: NDArray[np.int32]) -> Grouping:
    """The grouping that ``pack_grouping`` was given, with its labels."""
    found = {name: _frozen(value) for name, value in unpack_plain(packed).items()}
    ties = tuple(Tie(*tie) for tie in found.pop("ties"))
    return Grouping(labels=labels, ties=ties, **found)


def _frozen(value: Any) -> Any:
    """Tuples for lists, at any depth."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
