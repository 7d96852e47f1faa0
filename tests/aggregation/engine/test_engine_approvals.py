"""Approvals: which votes count, with which weight, by person and by statement."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, VoteMatrix
from aggregation.engine.committees import approvals as module
from aggregation.engine.committees.approvals import CELL_UNIT, Approvals, approvals
from tests.aggregation.engine.approval_profiles import BALLOTS, STATEMENTS, Ballots, approved

VOTES = VoteMatrix.from_triplets(
    [1, 1, 1, 2, 2, 3, 4], [10, 20, 30, 10, 30, 30, 20], [1, -1, 1, 1, 0, 1, 1]
)


def with_probabilities(probabilities: list[float], weights: list[int] | None = None) -> VoteMatrix:
    return VoteMatrix(
        participant_ids=VOTES.participant_ids,
        statement_ids=VOTES.statement_ids,
        indptr=VOTES.indptr,
        indices=VOTES.indices,
        values=VOTES.values,
        probabilities=np.array(probabilities),
        weights=None if weights is None else np.array(weights),
    )


def test_only_agree_is_an_approval() -> None:
    assert approvals(VOTES).dense().astype(int).tolist() == [
        [1, 0, 1],
        [1, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
    ]


def test_everyone_counts_once_or_by_weight() -> None:
    assert approvals(VOTES).totals.tolist() == [2, 1, 2]
    weighted = approvals(with_probabilities([1.0] * 7, [500, 1500, 2000, 1]))
    assert (weighted.totals.tolist(), weighted.unit) == ([2000, 1, 2500], 1000)
    assert weighted.people.tolist() == [2, 1, 2]


@given(BALLOTS)
def test_by_statement_holds_the_same_approvals(ballots: Ballots) -> None:
    profile = approved(ballots)
    for column in range(STATEMENTS):
        expected = [row for row, ballot in enumerate(ballots) if column in ballot]
        assert profile.supporters(column).tolist() == expected


@settings(max_examples=50)
@given(BALLOTS, st.data())
def test_sums_over_some_ballots_are_the_same_whether_picked_out_or_not(
    ballots: Ballots, data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.integers(1, 5), min_size=len(ballots), max_size=len(ballots)))
    profile = approved(ballots * 5, weights * 5)
    people = data.draw(st.sets(st.integers(0, len(ballots) * 5 - 1), max_size=8))
    rows = np.array(sorted(people), dtype=np.int32)
    values = np.arange(len(rows), dtype=np.float64) + 1
    expected = np.zeros(STATEMENTS)
    for row, value in zip(rows, values, strict=True):
        for column in (ballots * 5)[row]:
            expected[column] += value * (weights * 5)[row]
    assert profile.column_sums(rows, values).tolist() == expected.tolist()


def test_share_among_viewers_counts_as_if_everyone_had_voted_alike() -> None:
    cells = approvals(VOTES, "share_among_viewers").cells
    # Two of four voted on 10 and on 20, three on 30; in order of person and statement.
    expected = [2, Fraction(4, 3), 2, Fraction(4, 3), 2]
    assert cells is not None
    assert cells.tolist() == pytest.approx([float(share) for share in expected], abs=1 / CELL_UNIT)
    assert (cells * CELL_UNIT == np.rint(cells * CELL_UNIT)).all()


def test_masses_estimate_the_support_among_all() -> None:
    profile = approvals(VOTES, "share_among_viewers")
    assert (profile.masses / profile.scale).tolist() == pytest.approx([4, 2, 8 / 3], abs=1e-5)
    assert profile.totals.tolist() == [2, 1, 2]


def test_inverse_propensity_is_self_normalised() -> None:
    # Statement 10 was drawn with 1/2 for one and 1/4 for the other who voted on it.
    found = approvals(with_probabilities([0.5, 1, 1, 0.25, 1, 1, 0.5]), "inverse_propensity").cells
    expected = [4 * 2 / 6, 4 / 3, 4 * 4 / 6, 4 / 3, 4 * 2 / 3]
    assert found is not None
    assert found.tolist() == pytest.approx(expected, abs=2 / CELL_UNIT)


def test_equal_probabilities_make_no_difference_to_shares() -> None:
    found = approvals(with_probabilities([0.125] * 7), "inverse_propensity").cells
    expected = approvals(VOTES, "share_among_viewers").cells
    assert found is not None
    assert expected is not None
    assert found.tolist() == expected.tolist()


def test_a_card_that_was_not_drawn_counts_as_certain() -> None:
    unknown = approvals(with_probabilities([float("nan"), *[0.5] * 6]), "inverse_propensity")
    certain = approvals(with_probabilities([1, *[0.5] * 6]), "inverse_propensity")
    assert unknown.cells is not None
    assert certain.cells is not None
    assert unknown.cells.tolist() == certain.cells.tolist()


def test_weights_of_people_count_among_viewers() -> None:
    cells = approvals(
        with_probabilities([1.0] * 7, [3000, 1000, 1000, 1000]), "share_among_viewers"
    ).cells
    assert cells is not None
    # Six people by weight; those who voted on 10 weigh four, on 20 four, on 30 five.
    expected = [6 / 4, 6 / 5, 6 / 4, 6 / 5, 6 / 4]
    assert cells.tolist() == pytest.approx(expected, abs=1 / CELL_UNIT)


@pytest.mark.parametrize("known", [None, [float("nan")] * 7])
def test_without_any_probability_the_policy_is_refused(known: list[float] | None) -> None:
    votes = VOTES if known is None else with_probabilities(known)
    with pytest.raises(EngineError) as refused:
        approvals(votes, "inverse_propensity")
    assert refused.value.code == "probabilities_missing"


def test_a_table_too_large_to_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DENSE_CELLS", 11)
    with pytest.raises(EngineError, match="4 participants by 3 statements"):
        approvals(VOTES).dense()


def test_nobody_and_nothing_are_profiles_too() -> None:
    nothing = Approvals.from_ballots([], 0)
    assert (nothing.n_participants, nothing.totals.tolist()) == (0, [])
    silent = Approvals.from_ballots([[], []], 3)
    assert silent.totals.tolist() == [0, 0, 0]
    assert silent.supporters(1).tolist() == []


@pytest.mark.parametrize("unseen", ["share_among_viewers", "inverse_propensity"])
def test_two_people_alike_are_one_of_weight_two_under_every_policy(unseen: str) -> None:
    chances = [0.3, 0.7, 0.11, 0.2, 0.9, 0.05, 0.4]
    heavy = approvals(with_probabilities(chances, [2000, 1000, 1000, 1000]), unseen)
    twice = VoteMatrix(
        participant_ids=np.array([1, 2, 3, 4, 5]),
        statement_ids=VOTES.statement_ids,
        indptr=np.array([0, 3, 6, 8, 9, 10]),
        indices=VOTES.indices[[0, 1, 2, *range(7)]],
        values=VOTES.values[[0, 1, 2, *range(7)]],
        probabilities=np.array(chances[:3] + chances),
    )
    light = approvals(twice, unseen)
    assert heavy.masses.tolist() == [1000 * mass for mass in light.masses.tolist()]
    assert heavy.masses.min() > 0
