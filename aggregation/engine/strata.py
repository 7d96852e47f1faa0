"""Groups by what people say of themselves, instead of by how they vote."""

from __future__ import annotations

import numpy as np

from aggregation.engine.errors import EngineError
from aggregation.engine.groups import Grouping
from aggregation.engine.matrix import VoteMatrix


def strata_grouping(matrix: VoteMatrix, *, source: str) -> Grouping:
    """One group for each answer to the question ``source`` that anybody gave, in their order.

    People whose answer is not known are in no group.
    Raises EngineError("characteristic_missing").
    """
    known = next((one for one in matrix.characteristics if one.name == source), None)
    if known is None or not np.any(known.labels >= 0):
        raise EngineError("characteristic_missing", name=source)
    ids = np.unique(known.labels[known.labels >= 0])
    labels = np.where(known.labels >= 0, np.searchsorted(ids, known.labels), -1)
    return Grouping("strata", labels.astype(np.int32), tuple(int(at) for at in ids))
