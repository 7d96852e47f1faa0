"""The same groups get the same numbers in two groupings."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine.matching import matched


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=30))
def test_renamed_groups_keep_as_many_people_as_any_renaming(pairs: list[tuple[int, int]]) -> None:
    labels = np.array([one for one, _ in pairs], dtype=np.int32)
    base = np.array([other for _, other in pairs], dtype=np.int32)
    named = matched(labels, base)
    assert len(set(zip(labels.tolist(), named.tolist(), strict=True))) == len(set(labels.tolist()))
    assert len(set(named.tolist())) == len(set(labels.tolist()))
    assert np.array_equal(named < 0, labels < 0)
    kept = np.sum((named == base) & (labels >= 0))
    for way in permutations(range(8), 4):
        table = np.array([*way, -1])
        assert kept >= np.sum((table[labels] == base) & (labels >= 0))


def test_many_groups_are_renamed_largest_overlap_first() -> None:
    base = np.repeat(np.arange(9, dtype=np.int32), 5)
    named = matched(((base + 4) % 9).astype(np.int32), base)
    assert named.tolist() == base.tolist()
