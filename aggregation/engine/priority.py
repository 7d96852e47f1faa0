"""Which statements are worth showing next, as Polis weighs them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.matrix import AGREE, PASS

# What Polis gives statements about the conversation itself.
META_PRIORITY = 49.0
_FIFTHS = np.array([2.0 ** (-part / 5) for part in range(5)])


def priority(
    counts: NDArray[np.int64],
    extremity: NDArray[np.float64],
    *,
    meta: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """float64[m]: Polis's comment priority.

    With A agree, P pass and S votes in all, and extremity E:
    ((1 - (P+1)/(S+2)) · (E+1) · (A+1)/(S+2) · (1 + 8 · 2^(-S/5)))². Rarely passed, much agreed,
    far out and little seen statements come first.

    counts : int64[m, 3], in Polis of the people who are in a group. extremity : float64[m].
    meta   : bool[m], statements with a fixed priority.
    """
    seen = counts.sum(axis=1)
    passed = (counts[:, PASS] + 1) / (seen + 2)
    agreed = (counts[:, AGREE] + 1) / (seen + 2)
    # 2^(-S/5) as a table of fifths and a shift: no power function, whose last digit varies.
    novelty = 1 + 8 * np.ldexp(_FIFTHS[seen % 5], -(seen // 5))
    value = ((1 - passed) * (extremity + 1) * agreed * novelty) ** 2
    return np.asarray(value if meta is None else np.where(meta, META_PRIORITY, value))
