"""The same groups under the same numbers, in two groupings of the same people."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

# Up to so many groups all ways of renaming them are tried.
_ALL_NAMES = 7


def matched(labels: NDArray[np.int32], base_labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Labels renamed so that most people keep the number they have in ``base_labels``.

    Both int32[n], -1 for people in no group. Of all ways to pair the groups one to one, the one
    with most people in common; of level ones the one that comes first in order of the new groups.
    With more than seven groups the pair with most people is taken first, then the next. Groups
    that find no partner get the next free numbers.
    """
    new, old = int(labels.max(initial=-1)) + 1, int(base_labels.max(initial=-1)) + 1
    if not new:
        return labels
    both = (labels >= 0) & (base_labels >= 0)
    pair = labels[both].astype(np.int64) * old + base_labels[both]
    common = np.bincount(pair, minlength=new * old).reshape(new, old)
    names = _best_names(common) if max(new, old) <= _ALL_NAMES else _greedy_names(common)
    free = iter(range(old, old + new))
    table = np.array([next(free) if name < 0 else name for name in names], dtype=np.int32)
    result = np.full(len(labels), -1, dtype=np.int32)
    result[labels >= 0] = table[labels[labels >= 0]]
    return result


def _best_names(common: NDArray[np.int64]) -> list[int]:
    new, old = common.shape
    size = max(new, old)
    padded = np.zeros((new, size), dtype=np.int64)
    padded[:, :old] = common
    ways = np.array(list(permutations(range(size), new)), dtype=np.int64).reshape(-1, new)
    kept = padded[np.arange(new), ways].sum(axis=1)
    return [name if name < old else -1 for name in ways[int(np.argmax(kept))].tolist()]


def _greedy_names(common: NDArray[np.int64]) -> list[int]:
    left = common.copy()
    names = [-1] * len(left)
    for _ in range(min(left.shape)):
        row, column = divmod(int(np.argmax(left)), left.shape[1])
        names[row] = column
        left[row, :] = left[:, column] = -1
    return names
