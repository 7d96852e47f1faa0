"""Results of parts as bytes: named arrays and plain data, nothing that could run."""

from __future__ import annotations

import io
import json
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine import Grouping, Tie
from aggregation.engine.groups import Anchor

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


def pack_grouping(grouping: Grouping) -> bytes:
    """What a grouping says of groups, as JSON; what it says of people is ``of_people``.

    Numbers come back as they were, to the last bit.
    """
    names = [one.name for one in fields(Grouping) if one.name not in ("labels", "anchor")]
    plain = {name: getattr(grouping, name) for name in names}
    plain["ties"] = [[tie.where, tie.candidates, tie.rule] for tie in grouping.ties]
    plain["anchor"] = grouping.anchor and [[k, of.tolist()] for k, of in grouping.anchor.partitions]
    return json.dumps(plain).encode()


def of_people(grouping: Grouping) -> Arrays:
    """int32[n] each: what a grouping says of every person."""
    anchor = grouping.anchor
    return {"labels": grouping.labels} | ({"base": anchor.base} if anchor else {})


def unpack_grouping(packed: bytes, people: Arrays) -> Grouping:
    """The grouping that was packed, for the people whose part of ``of_people`` is given."""
    found = json.loads(packed)
    ties = tuple(Tie(where, _frozen(level), rule) for where, level, rule in found.pop("ties"))
    partitions, anchor = found.pop("anchor"), None
    if partitions is not None:
        known = tuple((k, np.array(of, dtype=np.int32)) for k, of in partitions)
        anchor = Anchor(people["base"], known)
    plain = {name: _frozen(value) for name, value in found.items()}
    return Grouping(labels=people["labels"], ties=ties, anchor=anchor, **plain)


def _frozen(value: Any) -> Any:
    """Tuples for lists, at any depth."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
