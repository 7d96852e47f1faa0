"""Consensus measures, their intervals, and ties decided exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aggregation.engine import TieBreaker, all_groups_above, consensus, wilson_interval
from aggregation.engine.consensus import MEASURES, summary
from aggregation.engine.ties import exceeds

COUNTS = st.lists(
    st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=4, max_size=4), min_size=1, max_size=4
).map(lambda counts: np.array(counts, dtype=np.int64))


@given(COUNTS)
def test_the_measures_are_the_formulas_they_are_named_for(counts: NDArray[np.int64]) -> None:
    found = consensus(counts)
    for at in range(4):
        pairs = [(int(group[at, 0]), int(group[at].sum())) for group in counts]
        polis = Fraction(1)
        for agree, seen in pairs:
            polis *= Fraction(agree + 1, seen + 2)
        assert found.gac_polis[at] == pytest.approx(float(polis))
        assert found.exact("gac_polis")(at) == polis
        if any(seen == 0 for _, seen in pairs):
            assert np.isnan(found.gac_raw[at])
            assert np.isnan(found.min_group[at])
            continue
        raw = Fraction(1)
        for agree, seen in pairs:
            raw *= Fraction(agree, seen)
        least = min(Fraction(agree, seen) for agree, seen in pairs)
        assert found.gac_raw[at] == pytest.approx(float(raw))
        assert found.min_group[at] == pytest.approx(float(least))
        assert (found.exact("gac_raw")(at), found.exact("min_group")(at)) == (raw, least)


def test_without_groups_nothing_is_measured() -> None:
    found = consensus(np.zeros((0, 3, 3), dtype=np.int64))
    assert all(np.isnan(found.measure(name)).all() for name in MEASURES)
    assert all_groups_above(found.share, (0.5,)) == (0,)
    assert summary(found.gac_raw) == {"mean": None, "median": None, "min": None, "max": None}


def test_passes_count_among_the_votes_of_a_group() -> None:
    found = consensus(np.array([[[3, 0, 1]]]))
    assert found.gac_raw.tolist() == [0.75]


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # From Wilson's formula by hand: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    [(0, 10, 0.0, 0.27753279), (5, 10, 0.23659309, 0.76340691), (10, 10, 0.72246721, 1.0)],
)
def test_the_interval_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson_interval(np.array([successes]), np.array([trials]), 0.95)
    assert found[0] == pytest.approx([low, high], abs=1e-7)


@given(st.integers(1, 500), st.floats(0.5, 0.99), st.data())
def test_the_interval_holds_the_share_and_stays_between_zero_and_one(
    trials: int, confidence: float, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson_interval(np.array([successes]), np.array([trials]), confidence)[0]
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


def test_no_votes_have_no_interval() -> None:
    assert np.isnan(wilson_interval(np.array([0]), np.array([0]), 0.95)).all()


@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 99))
def test_a_share_level_with_the_threshold_is_not_above_it(
    trials: int, agree: int, hundredths: int
) -> None:
    agree = min(agree, trials)
    share = np.array([[agree / trials]])
    expected = Fraction(agree, trials) > Fraction(hundredths, 100)
    assert all_groups_above(share, (hundredths / 100,)) == (int(expected),)


def test_a_group_without_votes_is_not_above_anything() -> None:
    assert all_groups_above(np.array([[0.9], [np.nan]]), (0.1,)) == (0,)


@pytest.mark.parametrize("bound", [0.216, 0.2159999999999999, 0.2160000000000001])
def test_a_product_is_held_exactly_against_the_written_bound(bound: float) -> None:
    found = consensus(np.array([[[6, 4, 0]], [[6, 4, 0]], [[6, 4, 0]]]))
    expected = Fraction(216, 1000) > Fraction(repr(bound))
    assert exceeds(found.gac_raw, bound, found.exact("gac_raw")).tolist() == [expected]


def test_a_product_that_rounding_lifts_over_the_bound_is_not_above_it() -> None:
    found = consensus(np.array([[[1, 9, 0]], [[3, 7, 0]], [[9, 1, 0]]]))
    rounded_up = np.nextafter(0.027, 1, dtype=np.float64)
    assert exceeds(np.array([rounded_up]), 0.027, found.exact("gac_raw")).tolist() == [False]


def test_what_cannot_be_measured_is_not_above() -> None:
    assert exceeds(np.array([np.nan]), 0.5, lambda at: Fraction(1)).tolist() == [False]


def breaker(agree: list[int]) -> TieBreaker:
    return TieBreaker(np.array(agree), np.arange(10, 10 + len(agree)))


def test_sums_that_rounding_tears_apart_are_still_level() -> None:
    exact = [Fraction(1, 10) + Fraction(2, 10), Fraction(3, 10)]
    scores = np.array([0.1 + 0.2, 0.3])
    assert scores[0] != scores[1]
    ties = breaker([4, 5])
    assert ties.best(scores, exact.__getitem__, "seat 1") == 1
    assert [(tie.where, tie.candidates) for tie in ties.found] == [("seat 1", (11, 10))]


def test_scores_that_rounding_makes_level_are_still_apart() -> None:
    exact = [Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30)]
    ties = breaker([9, 1])
    assert ties.best(np.array([1 / 3, 1 / 3]), exact.__getitem__, "seat 1") == 1
    assert ties.found == []


def test_ties_go_to_more_agree_votes_then_to_the_lower_id() -> None:
    ties = breaker([5, 7, 7])
    assert ties.order([2, 0, 1], "x") == [1, 2, 0]
    assert ties.found[0].candidates == (11, 12, 10)
    assert ties.found[0].rule == TieBreaker.RULE


def test_a_ranking_orders_by_score_and_records_only_true_ties() -> None:
    scores = np.array([0.5, 0.1 + 0.2, 0.9, 0.3, 0.7])
    exact = [Fraction(1, 2), Fraction(3, 10), Fraction(9, 10), Fraction(3, 10), Fraction(7, 10)]
    ties = breaker([1, 1, 1, 2, 1])
    chosen = np.array([0, 1, 2, 3])
    assert ties.ranking(chosen, scores, exact.__getitem__, "order") == [2, 0, 3, 1]
    assert [tie.candidates for tie in ties.found] == [(13, 11)]
