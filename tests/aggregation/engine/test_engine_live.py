"""The live picture: after any votes it is what a full computation of all votes gives."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aggregation.engine import EngineError, Plan, VoteMatrix, live, shipped
from aggregation.engine.live import LiveState, live_state, refresh
from aggregation.engine.matrix import Characteristic
from aggregation.engine.opinion_space import OpinionSpace
from aggregation.engine.upserts import WITHDRAWN

ARRAYS = ("counts", "totals", "seen_seen", "vote_seen", "vote_vote")


def plan_with(**changes: Any) -> Plan:
    given = shipped("default").to_dict()
    for section, settings_ in changes.items():
        given[section] = given[section] | settings_
    return Plan.from_dict(given)


def assert_like_new(state: LiveState, plan: Plan) -> None:
    """Everything that is promised to be exact, or nearly, is that of a full computation."""
    full = live_state(state.matrix, plan)
    assert state.taking_part.tolist() == full.taking_part.tolist()
    for name in ARRAYS:
        mine, other = getattr(state.statistics, name), getattr(full.statistics, name)
        assert mine is other is None or np.array_equal(mine, other)
    mine, other = state.statistics, full.statistics
    assert (mine.n_participants, mine.n_votes, mine.weight) == (
        other.n_participants,
        other.n_votes,
        other.weight,
    )
    assert np.allclose(state.space.explained_variance, full.space.explained_variance, atol=1e-9)
    counts = state.matrix.group_counts(state.grouping.labels, state.grouping.n_groups)
    assert np.array_equal(state.group_counts, counts)


def cells_of(matrix: VoteMatrix) -> dict[tuple[int, int], int]:
    who, what = matrix.participant_ids[matrix.rows], matrix.statement_ids[matrix.indices]
    return dict(
        zip(zip(who.tolist(), what.tolist(), strict=True), matrix.values.tolist(), strict=True)
    )


entries = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 6), st.sampled_from([1, -1, 0, WITHDRAWN])),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(entries, min_size=1, max_size=4), st.integers(1, 4))
def test_any_stream_of_votes_gives_what_all_of_them_give_at_once(
    batches: list[list[tuple[int, int, int]]], min_votes: int
) -> None:
    plan = plan_with(participants={"min_votes": min_votes}, grouping={"min_votes": 1})
    state = live_state(VoteMatrix.from_triplets([], [], []), plan)
    expected: dict[tuple[int, int], int] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "_MANY", 10.0)  # never anew
        for batch in batches:
            who, what, values = ([one[at] for one in batch] for at in range(3))
            state = refresh(state, np.array(who, int), np.array(what, int), np.array(values, int))
            for person, statement, value in batch:
                expected.pop((person, statement), None)
                if value != WITHDRAWN:
                    expected[person, statement] = value
            assert cells_of(state.matrix) == expected
            assert_like_new(state, plan)


def some_votes(people: int, statements: int, seed: int) -> VoteMatrix:
    rng = np.random.default_rng(seed)
    stance = np.where(rng.random((3, statements)) < 0.5, 1, -1)
    votes = np.where(rng.random((people, statements)) < 0.85, stance[np.arange(people) % 3], 0)
    who, what = np.nonzero(rng.random((people, statements)) < 0.5)
    return VoteMatrix.from_triplets(who, what, votes[who, what])


def more_votes(
    count: int, people: int, statements: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    rng = np.random.default_rng(99)
    who, what = rng.integers(0, people, count), rng.integers(0, statements, count)
    return who, what, rng.integers(-1, 2, count)


def test_axes_places_and_groups_follow_the_votes() -> None:
    plan = plan_with()
    state = live_state(some_votes(300, 40, seed=1), plan)
    after = refresh(state, *more_votes(90, 310, 42))
    full = live_state(after.matrix, plan)
    assert after.matrix.n_participants > 300
    assert after.matrix.n_statements > 40
    assert np.allclose(after.space.components, full.space.components, rtol=0, atol=1e-9)
    assert np.allclose(after.space.positions, full.space.positions, rtol=0, atol=1e-9)
    assert after.grouping.n_groups == full.grouping.n_groups == 3
    assert after.grouping.labels.tolist() == full.grouping.labels.tolist()
    assert after.counts.tolist() == after.matrix.counts().tolist()


def test_the_state_before_stays_as_it_is() -> None:
    state = live_state(some_votes(60, 20, seed=2), plan_with())
    before = state.statistics.to_bytes(), state.matrix.digest
    refresh(state, *more_votes(40, 60, 20))
    assert (state.statistics.to_bytes(), state.matrix.digest) == before


def test_many_changes_are_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_with()
    state = live_state(some_votes(60, 20, seed=3), plan)
    votes = more_votes(400, 60, 20)
    anew = refresh(state, *votes)
    monkeypatch.setattr(live, "_MANY", 10.0)
    step_by_step = refresh(state, *votes)
    assert anew.statistics.to_bytes() == step_by_step.statistics.to_bytes()


def test_more_statements_than_a_covariance_is_built_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (live, sys.modules[OpinionSpace.__module__]):
        monkeypatch.setattr(module, "MOST_STATEMENTS", 19)
    plan = plan_with(participants={"min_votes": 9})
    state = live_state(some_votes(60, 19, seed=4), plan)
    assert state.statistics.has_gram
    after = refresh(state, *more_votes(50, 60, 24))
    assert not after.statistics.has_gram
    assert not after.taking_part.all()
    full = live_state(after.matrix, plan)
    assert after.statistics.totals.tolist() == full.statistics.totals.tolist()
    assert np.allclose(after.space.positions, full.space.positions, rtol=0, atol=1e-8)


def test_weights_and_people_left_out_by_rule() -> None:
    plan = plan_with()
    matrix = replace(
        some_votes(60, 20, seed=5), weights=np.full(60, 2000), excluded=np.arange(60) < 5
    )
    state = refresh(live_state(matrix, plan), *more_votes(30, 62, 20))
    assert state.matrix.weights is None
    assert state.taking_part[:5].tolist() == [False] * 5
    assert state.statistics.n_participants == state.taking_part.sum()
    assert np.all(state.grouping.labels[:5] == -1)
    assert_like_new(state, plan)


def test_people_who_are_new_are_in_no_declared_group_and_no_stratum() -> None:
    known = VoteMatrix.from_triplets([1, 2], [1, 1], [1, -1], declared_groups={1: 0, 2: 4})
    known = replace(
        known, characteristics=(Characteristic("age", ("young", "old"), np.array([1, 0])),)
    )
    for grouping in (
        {"method": "declared", "source": "age"},
        {"method": "strata", "source": "age"},
    ):
        plan = Plan.from_dict(shipped("ccai-2023").to_dict() | {"grouping": grouping})
        state = refresh(live_state(known, plan), [3, 2], [1, 1], [1, 1])
        assert state.grouping.n_groups == 2
        assert state.grouping.labels[2] == -1
        assert state.group_counts.sum() == 2


def test_a_round_without_votes_has_a_picture_too() -> None:
    state = live_state(VoteMatrix.from_triplets([], [], [], statement_ids=[1, 2]), plan_with())
    assert state.grouping.n_groups == 0
    assert state.counts.tolist() == [[0, 0, 0]] * 2
    assert refresh(state, [], [], []).matrix.n_votes == 0


def test_votes_that_are_none_are_refused() -> None:
    state = live_state(some_votes(20, 10, seed=6), plan_with())
    with pytest.raises(EngineError) as caught:
        refresh(state, [1, 2], [1, 2], [1, 3])
    assert (caught.value.code, caught.value.params["position"]) == ("value_out_of_range", 1)
    with pytest.raises(EngineError) as caught:
        refresh(state, [1, 2], [1], [1])
    assert caught.value.code == "lengths_differ"
