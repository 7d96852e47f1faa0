"""Bridging: the lowest loss there is, the same bits for every order, and the rule built on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from aggregation.engine import EngineError, VoteMatrix
from aggregation.engine.bridging import Bridging, bridging, select
from aggregation.engine.consensus import consensus
from aggregation.engine.selection import NOT_ENOUGH_EVIDENCE, Evidence, Selection

Camps = Callable[..., Any]
Table = np.ndarray[Any, Any]


def matrix_of(votes: Table, keep: Table | None = None) -> VoteMatrix:
    who, what = np.nonzero(np.ones(votes.shape) if keep is None else keep)
    n, m = votes.shape
    return VoteMatrix.from_triplets(
        who, what, votes[who, what], participant_ids=range(n), statement_ids=range(m)
    )


def loss_of(matrix: VoteMatrix, x: Table) -> tuple[float, Table]:
    """The definition, term by term, and its slope."""
    n, m = matrix.n_participants, matrix.n_statements
    row, column = matrix.rows, matrix.indices
    mean, i, j, f, g = x[0], *np.split(x[1:], [n, n + m, 2 * n + m])
    error = mean + i[row] + j[column] + f[row] * g[column] - (matrix.values + 1) / 2
    value = (error**2).mean() + 0.15 * (mean**2 + (i**2).mean() + (j**2).mean())
    value += 0.03 * ((f**2).mean() + (g**2).mean())
    e = 2 * error / len(error)
    slope = [
        [e.sum() + 0.3 * mean],
        np.bincount(row, e, n) + 0.3 * i / n,
        np.bincount(column, e, m) + 0.3 * j / m,
        np.bincount(row, e * g[column], n) + 0.06 * f / n,
        np.bincount(column, e * f[row], m) + 0.06 * g / m,
    ]
    return float(value), np.concatenate(slope)


def flat(found: Bridging) -> Table:
    return np.concatenate(
        [
            [found.level],
            found.participant_intercepts,
            found.intercepts,
            found.participant_factors,
            found.factors,
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_the_lowest_that_a_general_solver_finds(camps: Camps, seed: int) -> None:
    matrix, _ = camps(people=24, statements=12, camps=2, seed=seed)
    found = bridging(matrix)
    value, slope = loss_of(matrix, flat(found))
    assert found.loss == pytest.approx(value, rel=1e-9)
    assert np.abs(slope).max() < 1e-8
    rng = np.random.default_rng(seed)
    lowest = min(
        minimize(
            lambda x: loss_of(matrix, x),
            rng.normal(size=1 + 2 * (24 + 12)) / 2,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-10},
        ).fun
        for _ in range(6)
    )
    assert found.loss == pytest.approx(lowest, rel=1e-7)


def test_what_both_sides_like_bridges_and_what_one_side_likes_does_not() -> None:
    side = np.arange(40) % 2
    votes = np.stack(
        [np.ones(40), -np.ones(40), *[np.where(side == s, 1, -1) for s in (0, 1, 0, 1)]], axis=1
    )
    found = bridging(matrix_of(votes.astype(int)))
    both, neither, *sides = found.intercepts
    assert both > 0.3
    assert neither < -0.2
    assert neither + 0.1 < min(sides) <= max(sides) < both - 0.1
    # The axis tells the sides apart, whichever way it points.
    split = found.participant_factors
    assert (split[side == 0].min() > 0 > split[side == 1].max()) or (
        split[side == 1].min() > 0 > split[side == 0].max()
    )
    assert abs(found.factors[0]) < np.abs(found.factors[2:]).min() / 2
    assert found.factors[2] > 0  # the first of the largest


VOTES = st.integers(0, 10_000)


@settings(max_examples=15, deadline=None)
@given(VOTES)
def test_the_order_of_people_changes_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes, keep = rng.integers(-1, 2, (15, 6)), rng.random((15, 6)) < 0.8
    order = rng.permutation(15)
    here, there = bridging(matrix_of(votes, keep)), bridging(matrix_of(votes[order], keep[order]))
    assert here.intercepts.tobytes() == there.intercepts.tobytes()
    assert here.participant_factors[order].tobytes() == there.participant_factors.tobytes()


@settings(max_examples=15, deadline=None)
@given(VOTES)
def test_a_person_twice_is_a_person_of_weight_two_to_the_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes, keep = rng.integers(-1, 2, (12, 6)), rng.random((12, 6)) < 0.8
    times = rng.integers(1, 4, 12)
    rows = np.repeat(np.arange(12), times)
    cloned = bridging(matrix_of(votes[rows], keep[rows]))
    weighted = bridging(matrix_of(votes, keep).weighted(times * 1000))
    assert cloned.intercepts.tobytes() == weighted.intercepts.tobytes()
    assert cloned.participant_factors.tobytes() == weighted.participant_factors[rows].tobytes()
    assert cloned.loss == weighted.loss


def test_another_seed_ends_in_the_same_place(camps: Camps) -> None:
    matrix, _ = camps(people=60, statements=20, camps=2)
    here, there = bridging(matrix, seed=1), bridging(matrix, seed=2)
    assert here.losses != there.losses
    assert here.intercepts == pytest.approx(there.intercepts, abs=1e-6)
    assert here.factors == pytest.approx(there.factors, abs=1e-5)


def test_one_that_may_not_take_enough_steps_says_so(camps: Camps) -> None:
    matrix, _ = camps(people=30, statements=10)
    with pytest.raises(EngineError) as caught:
        bridging(matrix, max_steps=3)
    assert caught.value.code == "bridging_not_converged"


@pytest.mark.parametrize("value", [1, 0, -1])
@pytest.mark.parametrize("people", [1, 5])
def test_equal_votes_set_no_statement_apart(value: int, people: int) -> None:
    found = bridging(matrix_of(np.full((people, 3), value)))
    assert np.isfinite(flat(found)).all()
    assert np.ptp(found.intercepts) < 1e-6
    assert np.ptp(found.participant_factors) < 1e-6


def test_statements_and_people_without_votes_stay_out() -> None:
    votes = np.array([[1, -1, 0, 1], [1, 1, 1, -1], [1, 1, -1, 0], [0, 0, 0, 0]])
    keep = np.array([[1, 1, 0, 1], [1, 1, 0, 1], [1, 1, 0, 1], [0, 0, 0, 0]])
    found = bridging(matrix_of(votes, keep))
    alone = bridging(matrix_of(votes[:3, [0, 1, 3]]))
    assert np.isnan(found.intercepts).tolist() == [False, False, True, False]
    assert found.intercepts[[0, 1, 3]] == pytest.approx(alone.intercepts, abs=1e-6)
    assert found.participant_intercepts[3] == 0


# The rule


def selected(matrix: VoteMatrix, **params: Any) -> Selection:
    counts = matrix.counts()
    evidence = Evidence(matrix, counts, consensus(counts[None]), (0,))
    return select(evidence, {"above": 0.2, "min_votes": 5} | params)


def test_the_rule_takes_what_lies_above_its_bound_highest_first(camps: Camps) -> None:
    matrix, _ = camps(people=80, statements=15, camps=2)
    found = selected(matrix)
    intercepts = bridging(matrix).intercepts
    ids = matrix.statement_ids
    assert 0 < len(found.statements) < len(ids)
    assert set(found.statements) == set(ids[intercepts > 0.2].tolist())
    assert list(found.scores) == sorted(found.scores, reverse=True)
    assert [d.score for d in found.decisions] == pytest.approx(intercepts.tolist(), abs=1e-6)


def test_a_bound_that_is_met_exactly_selects_nothing(camps: Camps) -> None:
    matrix, _ = camps(people=80, statements=15, camps=2)
    top = selected(matrix).scores[0]
    assert selected(matrix, above=top).statements == ()
    assert len(selected(matrix, above=top - 1e-6).statements) == 1


def test_few_votes_are_not_enough_evidence() -> None:
    votes = np.ones((6, 3), dtype=int)
    keep = np.array([[1, 1, 0]] * 4 + [[1, 0, 0]] * 2)
    found = selected(matrix_of(votes, keep), above=-1.0)
    assert [d.reason for d in found.decisions] == [
        "above_threshold",
        "too_few_votes_in_all",
        "nobody_voted",
    ]
    assert [d.status for d in found.decisions[1:]] == [NOT_ENOUGH_EVIDENCE] * 2
    for decision in found.decisions:
        assert "{" not in str(decision)


def test_level_statements_are_ordered_by_the_declared_rule() -> None:
    """Two statements with the same votes have the same intercept; the lower id goes first."""
    rng = np.random.default_rng(1)
    votes = rng.integers(-1, 2, (20, 4))
    votes[:, 3] = votes[:, 1]
    found = selected(matrix_of(votes), above=-1.0)
    assert found.statements.index(1) + 1 == found.statements.index(3)
    assert [tie.candidates for tie in found.ties] == [(1, 3)]
