"""No count of fewer than ten people is told about any part of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LEAST: Final = 10


def safe_counts(counts: Sequence[int]) -> list[int | None]:
    """The counts of a table whose total is public, with None for what must not be known.

    Hidden is every count below ``LEAST``, and beside it the smallest others, until two at least
    are hidden and those together are ``LEAST`` people or more, so that none can be worked out.
    """
    hidden = {at for at, n in enumerate(counts) if n < LEAST}
    rest = sorted((at for at in range(len(counts)) if at not in hidden), key=lambda at: counts[at])
    while hidden and rest and (len(hidden) < 2 or sum(counts[at] for at in hidden) < LEAST):
        hidden.add(rest.pop(0))
    return [None if at in hidden else n for at, n in enumerate(counts)]
