import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from deliberation.routing import coverage_weights, draw

weights = st.lists(st.floats(min_value=1e-3, max_value=1e3), min_size=1, max_size=40)


@given(weights, st.integers())
def test_a_draw_is_a_candidate_with_its_own_probability(weights: list[float], seed: int):
    drawn = draw(weights, random.Random(seed))
    assert drawn is not None
    assert drawn.probability == pytest.approx(weights[drawn.index] / sum(weights))
    assert 0 < drawn.probability <= 1


def test_what_is_served_has_the_distribution_that_is_logged():
    wanted = [1.0, 2.0, 5.0, 0.5, 1.5]
    rng = random.Random(7)
    served = Counter(draw(wanted, rng).index for _ in range(20_000))
    expected = [w / sum(wanted) * 20_000 for w in wanted]
    assert chisquare([served[i] for i in range(5)], expected).pvalue > 0.001


def test_a_uniform_router_would_fail_the_same_check():
    wanted = [1.0, 2.0, 5.0, 0.5, 1.5]
    rng = random.Random(7)
    served = Counter(draw([1.0] * 5, rng).index for _ in range(20_000))
    expected = [w / sum(wanted) * 20_000 for w in wanted]
    assert chisquare([served[i] for i in range(5)], expected).pvalue < 1e-6


def test_nothing_to_draw_is_none_and_a_weight_of_zero_is_refused():
    assert draw([], random.Random(1)) is None
    with pytest.raises(ValueError, match="positive"):
        draw([1.0, 0.0], random.Random(1))


def test_a_late_statement_catches_up_and_none_is_out_of_reach():
    early = [400] * 60
    late = coverage_weights([*early, 0])
    assert late[-1] == 20.0
    assert min(late) >= 0.05
    assert coverage_weights([]) == []
