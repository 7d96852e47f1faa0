"""Bradley and Terry's strengths: choix's, with no slope left and errors that tell the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aggregation.engine import EngineError, TieBreaker
from aggregation.engine.pairs import Pairs, from_comparisons, from_rankings
from aggregation.engine.rankings.bradley_terry import Strengths, bradley_terry, fit

GOLDEN = json.loads((Path(__file__).parent / "golden" / "rankings.json").read_text())


def of_wins(wins: list[list[int]], level: int = 0) -> Pairs:
    prefer = np.array(wins, dtype=np.int64)
    return Pairs(prefer, np.full(prefer.shape, level) - np.diag(np.full(len(prefer), level)))


def drawn(strengths: NDArray[np.float64], comparisons: int, seed: int) -> Pairs:
    """Comparisons of random pairs, won as the model says."""
    rng = np.random.default_rng(seed)
    m = len(strengths)
    one = rng.integers(0, m, comparisons)
    other = (one + rng.integers(1, m, comparisons)) % m
    first = rng.random(comparisons) < 1 / (1 + np.exp(strengths[other] - strengths[one]))
    return from_comparisons(np.where(first, one, other), np.where(first, other, one), m)


@pytest.mark.parametrize("number", range(len(GOLDEN["comparisons"])))
@pytest.mark.parametrize("penalty", ["0.0", "0.1"])
def test_strengths_are_those_of_choix(number: int, penalty: str) -> None:
    golden = GOLDEN["comparisons"][number]
    winners, losers = zip(*golden["comparisons"], strict=True)
    found = fit(from_comparisons(winners, losers, golden["statements"]), penalty=float(penalty))
    expected = np.array(golden["strengths"][penalty])
    assert np.abs(found.strengths - (expected - expected.mean())).max() < 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 7), st.integers(0, 10_000), st.sampled_from([0.0, 0.01, 2.0]))
def test_no_slope_is_left(m: int, seed: int, penalty: float) -> None:
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 50, (m, m))
    np.fill_diagonal(wins, 0)
    found = fit(of_wins(wins.tolist()), penalty=penalty)
    s = found.strengths
    slope = -2 * penalty * s
    for one in range(m):
        for other in range(m):
            chance = 1 / (1 + np.exp(s[other] - s[one]))
            slope[one] += wins[one, other] - (wins[one, other] + wins[other, one]) * chance
    assert np.abs(slope).max() < 1e-6
    assert found.gradient < 1e-9
    assert abs(s.mean()) < 1e-9


def test_two_statements_have_the_log_odds_between_them() -> None:
    found = fit(of_wins([[0, 30], [10, 0]]))
    assert np.allclose(found.strengths, [np.log(3) / 2, -np.log(3) / 2], atol=1e-9)
    # The log odds of 30 to 10 have the variance 1/30 + 1/10, and each strength is half of them.
    assert np.allclose(found.standard_errors, np.sqrt(1 / 30 + 1 / 10) / 2, atol=1e-9)


def test_level_ballots_count_half_or_nothing() -> None:
    wins = [[0, 30], [10, 0]]
    half = fit(of_wins(wins, level=20))
    assert np.allclose(half.strengths[0] - half.strengths[1], np.log(40 / 20), atol=1e-9)
    without = fit(of_wins(wins, level=20), level="left_out")
    assert np.allclose(without.strengths, fit(of_wins(wins)).strengths, atol=0)


def test_errors_are_as_large_as_what_is_missed() -> None:
    true = np.linspace(-1.5, 1.5, 8)
    missed = []
    for seed in range(200):
        found = fit(drawn(true, 800, seed))
        missed.append((found.strengths - true) / found.standard_errors)
    assert np.all(np.abs(np.mean(missed, axis=0)) < 0.3)
    assert np.all(np.abs(np.std(missed, axis=0) - 1) < 0.15)


def test_a_penalty_pulls_to_the_middle_and_shrinks_the_errors() -> None:
    counts = drawn(np.array([1.0, 0.0, -1.0]), 400, seed=3)
    loose, tight = fit(counts, penalty=0.001), fit(counts, penalty=50.0)
    assert np.abs(tight.strengths).max() < np.abs(loose.strengths).max()
    assert np.all(tight.standard_errors < loose.standard_errors)
    assert np.allclose(loose.strengths, fit(counts).strengths, atol=0.01)
    assert np.allclose(loose.standard_errors, fit(counts).standard_errors, atol=0.01)


@pytest.mark.parametrize(
    ("wins", "unbeaten"),
    [
        ([[0, 3, 1], [0, 0, 2], [0, 2, 0]], 1),
        ([[0, 3, 1, 0], [1, 0, 0, 2], [0, 0, 0, 2], [0, 0, 2, 0]], 2),
        ([[0, 2, 0], [2, 0, 0], [0, 0, 0]], 2),
    ],
)
def test_strengths_without_bound_are_refused_unless_a_prior_bounds_them(
    wins: list[list[int]], unbeaten: int
) -> None:
    counts = of_wins(wins)
    with pytest.raises(EngineError) as caught:
        fit(counts)
    assert caught.value.code == "strengths_unbounded"
    assert caught.value.params == {"statements": unbeaten, "total": len(wins)}
    assert np.isfinite(fit(counts, penalty=0.1).strengths).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_strengths_are_refused_exactly_where_someone_is_never_beaten_from_outside(
    m: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    wins = rng.integers(1, 5, (m, m)) * (rng.random((m, m)) < 0.5)
    np.fill_diagonal(wins, 0)
    unbeaten = []
    for mask in range(1, (1 << m) - 1):
        inside = np.array([bool(mask >> at & 1) for at in range(m)])
        if not wins[np.ix_(~inside, inside)].any():
            unbeaten.append(int(inside.sum()))
    if not unbeaten:
        assert isinstance(fit(of_wins(wins.tolist())), Strengths)
        return
    with pytest.raises(EngineError) as caught:
        fit(of_wins(wins.tolist()))
    assert caught.value.params["statements"] in unbeaten


def test_extreme_counts_are_fitted_too() -> None:
    """Ten million to one along a chain: strengths far apart, and no overflow."""
    wins = np.zeros((6, 6), dtype=np.int64)
    for at in range(5):
        wins[at, at + 1], wins[at + 1, at] = 10_000_000, 1
    found = fit(of_wins(wins.tolist()))
    assert np.allclose(np.diff(found.strengths), -np.log(1e7), atol=1e-6)
    assert np.isfinite(found.standard_errors).all()


def test_statements_with_the_same_record_are_level() -> None:
    counts = from_rankings([[0, 1, 1, 2], [0, 1, 1, 2], [2, 1, 1, 0]])
    found = bradley_terry(counts, ties=TieBreaker(np.array([0, 0, 5, 0]), np.arange(4)))
    assert found.levels == ((0,), (1, 2), (3,))
    assert found.order == (0, 2, 1, 3)
    (tie,) = found.ties
    assert (tie.where, tie.candidates) == ("place 2", (2, 1))
    assert dict(found.details[0])["standard_error"] > 0


def test_nothing_to_compare_has_no_strengths_but_a_result() -> None:
    none, one = of_wins([]), of_wins([[0]])
    assert fit(Pairs(none.prefer.reshape(0, 0), none.prefer.reshape(0, 0))).strengths.tolist() == []
    assert fit(one).strengths.tolist() == [0.0]


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 6), st.integers(0, 10_000))
def test_lopsided_records_settle_and_leave_no_slope(m: int, seed: int) -> None:
    """A circle of wins by very different numbers, where full Newton steps lead astray."""
    rng = np.random.default_rng(seed)
    wins = np.zeros((m, m), dtype=np.int64)
    around = rng.permutation(m)
    wins[around, np.roll(around, 1)] = rng.choice([1, 2, 1000, 100_000], m)
    for _ in range(rng.integers(0, 4)):
        wins[tuple(rng.choice(m, 2, replace=False))] = rng.choice([1, 5, 1_000_000])
    found = fit(of_wins(wins.tolist()))
    assert found.gradient < 1e-8
    assert np.isfinite(found.standard_errors).all()
