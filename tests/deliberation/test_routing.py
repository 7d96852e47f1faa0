from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import beta, chisquare

from aggregation.engine import VoteMatrix, opinion_space
from aggregation.engine import priority as engine_priority
from deliberation import routing
from deliberation.models.rounds import Routing
from deliberation.routing import Evidence, draw_at, uncertainty
from deliberation.services.weights import match_groups, polis_priority

some_weights = st.lists(st.floats(min_value=1e-3, max_value=1e3), min_size=1, max_size=40)
below_one = st.floats(min_value=0, max_value=1, exclude_max=True)


def evidence(exposures: list[list[int]], **changes: object) -> Evidence:
    """Statements by (group, …, no group) exposures; votes as if all who saw them agreed."""
    shown = np.array(exposures)
    votes = np.zeros((*shown.shape, 3), dtype=np.int64)
    votes[..., 0] = shown
    plain = Evidence(
        exposures=shown,
        votes=votes,
        group_sizes=np.full(len(shown) - 1, 100),
        priority=np.ones(shown.shape[1]),
        min_exposures=30,
        threshold=0.5,
    )
    return replace(plain, **changes)


def balanced(exposures: list[list[int]], **changes: object) -> routing.Weights:
    return routing.weights(routing.BALANCED, evidence(exposures, **changes))


@given(some_weights, below_one)
def test_a_draw_is_a_candidate_with_its_own_probability(weights: list[float], u: float):
    drawn = draw_at(weights, u)
    assert drawn is not None
    assert drawn.probability == pytest.approx(weights[drawn.index] / sum(weights))
    assert 0 < drawn.probability <= 1
    assert draw_at(weights, u) == drawn


def test_every_candidate_has_a_stretch_of_its_weight():
    wanted = [1.0, 2.0, 5.0, 0.5, 1.5]
    steps = 20_000
    served = Counter(draw_at(wanted, (at + 0.5) / steps).index for at in range(steps))
    assert [served[i] / steps for i in range(5)] == [0.1, 0.2, 0.5, 0.05, 0.15]


def test_the_ends_of_the_line_belong_to_the_first_and_the_last():
    assert draw_at([1.0, 1.0, 1.0], 0.0).index == 0
    assert draw_at([0.1] * 10, np.nextafter(1.0, 0.0)).index == 9


def test_nothing_to_draw_is_none_and_a_bad_weight_or_number_is_refused():
    assert draw_at([], 0.5) is None
    for bad in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="positive"):
            draw_at([1.0, bad], 0.5)
    for u in (1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match="u must be"):
            draw_at([1.0], u)


def test_every_routing_of_a_round_has_weights_and_a_first_weight():
    for kind in Routing.values:
        found = routing.weights(kind, evidence([[3, 0], [5, 1]]))
        assert found.overall.shape == (2,)
        assert found.groups.shape == (1, 2)
        assert routing.initial_weight(kind) > 0
    with pytest.raises(ValueError, match="random"):
        routing.weights("random", evidence([[3, 0]]))


def test_uniform_weights_are_alike_whatever_was_shown():
    found = routing.weights(routing.UNIFORM, evidence([[300, 0], [5, 1]]))
    assert set(found.overall) | set(found.groups.ravel()) == {1.0}
    assert routing.initial_weight(routing.UNIFORM) == 1.0


def test_polis_weighs_by_its_priority_alone():
    priority = np.array([0.1, 5.0625])
    found = routing.weights(routing.POLIS, evidence([[300, 0], [5, 1]], priority=priority))
    assert found.overall.tolist() == found.groups[0].tolist() == priority.tolist()
    unseen = engine_priority(np.zeros((1, 3), dtype=np.int64), np.zeros(1))
    assert routing.initial_weight(routing.POLIS) == unseen[0]


counts = st.integers(0, 10_000)


@given(
    arrays.arrays(np.int64, (4, 6, 3), elements=counts),
    arrays.arrays(np.int64, 3, elements=st.integers(0, 5000)),
    arrays.arrays(np.float64, 6, elements=st.floats(1e-12, 100)),
    st.integers(1, 500),
    st.floats(0.01, 0.99),
)
def test_no_statement_weighs_more_than_fifty_times_another(votes, sizes, priority, least, above):
    shown = votes.sum(axis=2)
    found = routing.weights(routing.BALANCED, Evidence(shown, votes, sizes, priority, least, above))
    for row in (found.overall, *found.groups):
        assert routing.LOWEST <= row.min() <= row.max() <= routing.HIGHEST
    assert routing.HIGHEST / routing.LOWEST == 50


def test_the_less_a_statement_was_shown_the_more_it_weighs():
    shown = [10, 15, 20, 25, 29, 30]
    found = balanced([shown, [0] * 6], votes=np.zeros((2, 6, 3), dtype=np.int64))
    for row in (found.overall, found.groups[0]):
        assert all(one > next_one for one, next_one in pairwise(row))


def test_a_new_statement_among_many_weighs_as_much_as_any_may():
    found = balanced([[400] * 60 + [0]], votes=np.zeros((1, 61, 3), dtype=np.int64))
    assert found.overall[-1] == routing.HIGHEST == routing.initial_weight(routing.BALANCED)
    assert found.overall[0] < 1.0


def test_below_the_minimum_there_is_a_push_and_above_it_there_is_none():
    """Both statements have been shown as often as the other; only the minimum differs."""
    nothing_said = np.zeros((1, 40, 3), dtype=np.int64)
    shown = [[100] * 39 + [50]]
    above = balanced(shown, votes=nothing_said, min_exposures=50).overall
    below = balanced(shown, votes=nothing_said, min_exposures=100).overall
    assert above[-1] / above[0] == pytest.approx(101 / 51, rel=0.03)
    assert below[-1] / below[0] > 4 * above[-1] / above[0]


def test_a_group_that_has_not_seen_a_statement_is_asked_though_others_have():
    shown = [[30, 30, 30, 30], [30, 30, 30, 0], [0, 0, 0, 30]]
    found = balanced(shown, votes=np.zeros((3, 4, 3), dtype=np.int64))
    assert found.groups[1, 3] > 10 * found.groups[1, 0]
    assert found.groups[0, 3] == pytest.approx(found.groups[0, 0])
    assert found.overall[3] > 2 * found.overall[0]


def test_a_group_owes_its_share_of_the_minimum():
    assert routing.group_minimum(30, np.array([50, 30, 20])).tolist() == [15, 9, 6]
    assert routing.group_minimum(30, np.array([999, 0, 1])).tolist() == [30, 0, 1]
    assert routing.group_minimum(30, np.array([], dtype=np.int64)).tolist() == []


def test_a_group_number_not_in_use_has_the_overall_weights():
    found = balanced([[30, 3], [0, 0], [8, 30], [1, 2]], group_sizes=np.array([90, 0, 10]))
    assert found.groups[1].tolist() == found.overall.tolist()
    assert found.groups[0].tolist() != found.overall.tolist()


def test_what_is_undecided_weighs_more_than_what_is_settled():
    votes = np.array([[[50, 50, 0], [95, 5, 0], [5, 95, 0]]])
    found = balanced([[100, 100, 100]], votes=votes)
    assert found.overall[0] > 3 * found.overall[1]
    assert found.overall[1] == pytest.approx(found.overall[2])
    by_groups = balanced(
        [[50] * 3, [50] * 3, [0] * 3], votes=np.concatenate([votes, votes[:, ::-1], votes * 0])
    )
    assert by_groups.groups[0, 0] > 3 * by_groups.groups[0, 1]
    assert by_groups.groups[1, 2] > 3 * by_groups.groups[1, 1]


def test_what_polis_would_show_first_weighs_more():
    found = balanced([[100] * 3], priority=np.array([9.0, 1.0, 1 / 9]))
    assert found.overall[0] > found.overall[1] > found.overall[2]


@pytest.mark.parametrize("threshold", [0.5, 0.71, 0.79])
def test_uncertainty_is_that_of_the_posterior(threshold: float):
    agree = np.arange(0, 41)
    votes = np.stack([agree, 40 - agree, 0 * agree], axis=1)
    q = beta.sf(threshold, agree + 1, 41 - agree)
    assert np.allclose(uncertainty(votes, threshold), 4 * q * (1 - q), atol=0.06)
    unseen, passed = uncertainty(np.array([[0, 0, 0], [0, 0, 40]]), 0.5)
    assert unseen == 1.0
    assert passed < 0.01


def camps(seed: int = 3) -> tuple[VoteMatrix, np.ndarray]:
    rng = np.random.default_rng(seed)
    camp = rng.choice(3, 600, p=[0.5, 0.3, 0.2])
    agrees = rng.beta(0.6, 0.6, (3, 40))
    votes = np.where(rng.random((600, 40)) < agrees[camp], 1, -1)
    who, what = np.nonzero(rng.random((600, 40)) < 0.6)
    return VoteMatrix.from_triplets(who, what, votes[who, what]), camp


def test_the_priority_from_counts_is_close_to_that_of_all_votes():
    matrix, camp = camps()
    votes = np.concatenate([matrix.group_counts(camp, 3), np.zeros((1, 40, 3), dtype=np.int64)])
    found = polis_priority(votes, np.bincount(camp))
    exact = engine_priority(matrix.counts(), opinion_space(matrix).extremity)
    assert np.corrcoef(np.log(found), np.log(exact))[0, 1] > 0.98
    assert np.allclose(found, exact, rtol=0.35)


def test_without_groups_nothing_lies_far_out():
    votes = np.array([[[5, 1, 2], [0, 0, 0]]])
    found = polis_priority(votes, np.array([], dtype=np.int64))
    assert found.tolist() == engine_priority(votes[0], np.zeros(2)).tolist()


def test_groups_keep_their_numbers_as_far_as_they_keep_their_people():
    before = np.array([0, 0, 0, 1, 1, 2, 2, 2, -1], dtype=np.int32)
    renamed = np.array([2, 2, 2, 0, 0, 1, 1, 1, 1], dtype=np.int32)
    assert match_groups(before, renamed).tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    merged = np.array([0, 0, 0, 1, 1, 1, 1, 1, -1], dtype=np.int32)
    assert match_groups(before, merged).tolist() == [0, 0, 0, 2, 2, 2, 2, 2, -1]
    split = np.array([0, 0, 1, 2, 2, 3, 3, 3, 1], dtype=np.int32)
    assert match_groups(before, split).tolist() == [0, 0, 3, 1, 1, 2, 2, 2, 3]
    assert match_groups(np.full(9, -1, dtype=np.int32), renamed).tolist() == renamed.tolist()


@given(
    arrays.arrays(np.int32, 30, elements=st.integers(-1, 4)),
    arrays.arrays(np.int32, 30, elements=st.integers(-1, 4)),
)
def test_renumbering_never_merges_or_splits_groups(before, after):
    found = match_groups(before, after)
    pairs = set(zip(after.tolist(), found.tolist(), strict=True))
    assert len(pairs) == len(set(after.tolist())) == len(set(found.tolist()))
    assert ((after < 0) == (found < 0)).all()
    assert found.max() <= 4


def test_a_uniform_draw_would_fail_the_check_of_the_distribution():
    wanted = [1.0, 2.0, 5.0, 0.5, 1.5]
    rng = np.random.default_rng(7)
    right = Counter(draw_at(wanted, u).index for u in rng.random(20_000).tolist())
    wrong = Counter(draw_at([1.0] * 5, u).index for u in rng.random(20_000).tolist())
    expected = [w / sum(wanted) * 20_000 for w in wanted]
    assert chisquare([right[i] for i in range(5)], expected).pvalue > 0.001
    assert chisquare([wrong[i] for i in range(5)], expected).pvalue < 1e-6
