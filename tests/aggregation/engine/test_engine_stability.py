"""Resampling, the summary of it, ballots to flip, and what would change the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError, Outcome, Plan, VoteMatrix, aggregate, shipped
from aggregation.engine.flips import people_to_drop, people_to_lift
from aggregation.engine.resampling import drawn_rows
from aggregation.engine.stability import (
    CHANGES,
    Resamples,
    RuleStability,
    ballots_to_flip,
    resample_range,
    stability,
    stability_of,
    together,
    what_would_change,
)

Camps = Callable[..., Any]


def plan_of(*rules: dict[str, Any], **sections: Any) -> Plan:
    return Plan.from_dict({"name": "test", "title": "Test", "rules": list(rules), **sections})


THRESHOLD = {"id": "threshold", "measure": "gac_polis", "above": 0.4}
DECLARED = {"method": "declared", "source": "test"}


# Resampling


def test_ranges_add_up_to_the_same_bytes_as_one(camps: Camps) -> None:
    matrix, _ = camps(people=60, statements=12)
    plan = plan_of(THRESHOLD, {"id": "sequential_pav", "seats": 4})
    base = aggregate(matrix, plan)
    whole = resample_range(matrix, plan, plan.seed, 0, 12, base=base)
    parts = [
        resample_range(matrix, plan, plan.seed, low, high, base=base)
        for low, high in ((7, 12), (0, 3), (3, 7))
    ]
    assert together(parts).to_bytes() == whole.to_bytes()
    assert Resamples.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()
    # Not because nothing varies.
    assert len(np.unique(whole.places[0], axis=0)) > 1


def test_the_order_of_votes_changes_nothing(camps: Camps) -> None:
    matrix, _ = camps(people=50, statements=10)
    who = matrix.participant_ids[matrix.rows]
    what = matrix.statement_ids[matrix.indices]
    order = np.random.default_rng(3).permutation(len(who))
    shuffled = VoteMatrix.from_triplets(who[order], what[order], matrix.values[order])
    plan = plan_of(THRESHOLD)
    found = [
        resample_range(one, plan, 5, 0, 6, base=aggregate(one, plan, 5)).to_bytes()
        for one in (matrix, shuffled)
    ]
    assert found[0] == found[1]


def test_resamples_computed_twice_are_refused(camps: Camps) -> None:
    matrix, _ = camps(people=40, statements=8)
    plan = plan_of(THRESHOLD)
    base = aggregate(matrix, plan)
    first = resample_range(matrix, plan, 1, 0, 3, base=base)
    with pytest.raises(EngineError, match="computed twice"):
        together([first, resample_range(matrix, plan, 1, 2, 4, base=base)])


def test_resamples_of_different_runs_are_refused(camps: Camps) -> None:
    found = []
    for statements, low in ((8, 0), (9, 3)):
        matrix, _ = camps(people=40, statements=statements)
        plan = plan_of(THRESHOLD)
        found.append(resample_range(matrix, plan, 1, low, low + 3, base=aggregate(matrix, plan)))
    with pytest.raises(EngineError, match="different runs"):
        together(found)


def test_every_stratum_keeps_its_number_of_people() -> None:
    strata = (np.array([0, 3, 4]), np.array([1]), np.array([2, 5, 6, 7]))
    repeats = 0
    for number in range(20):
        rows = drawn_rows(strata, 1, number)
        assert [int(np.isin(rows, stratum).sum()) for stratum in strata] == [3, 1, 4]
        repeats += len(rows) - len(np.unique(rows))
    assert repeats > 0
    assert not np.array_equal(drawn_rows(strata, 1, 0), drawn_rows(strata, 2, 0))


def test_clear_camps_are_found_again_in_every_resample(camps: Camps) -> None:
    matrix, _ = camps(people=90, statements=40, camps=3)
    plan = plan_of(THRESHOLD)
    base = aggregate(matrix, plan)
    found = stability(resample_range(matrix, plan, 1, 0, 10, base=base), base)
    assert base.grouping.n_groups == 3
    assert found.k == {3: 10}
    assert found.membership == 1.0


def test_random_votes_give_groups_that_do_not_hold() -> None:
    rng = np.random.default_rng(8)
    who, what = np.nonzero(np.ones((80, 20)))
    matrix = VoteMatrix.from_triplets(who, what, rng.integers(-1, 2, len(who)))
    plan = plan_of(THRESHOLD)
    base = aggregate(matrix, plan)
    found = stability(resample_range(matrix, plan, 1, 0, 10, base=base), base)
    assert found.membership is not None
    assert 0.2 < found.membership < 0.95


def test_groups_are_held_if_the_plan_says_so(camps: Camps) -> None:
    matrix, _ = camps(people=60, statements=12)
    plan = plan_of(THRESHOLD, stability={"refit_groups": False})
    base = aggregate(matrix, replace(plan, stability=None))
    found = stability(resample_range(matrix, plan, 1, 0, 5, base=base), base)
    assert not found.refit_groups
    assert found.k == {base.grouping.n_groups: 5}
    assert found.membership == 1.0


def test_a_selection_frequency_is_the_binomial_one() -> None:
    """53 of 101 agree; a resample selects if more than half of it does."""
    values = [1] * 53 + [-1] * 48
    groups = dict.fromkeys(range(101), 0)
    matrix = VoteMatrix.from_triplets(range(101), [0] * 101, values, declared_groups=groups)
    rule = {"id": "threshold", "measure": "min_group", "above": 0.5, "min_group_votes": 1}
    plan = plan_of(rule, grouping=DECLARED)
    base = aggregate(matrix, plan)
    found = stability(resample_range(matrix, plan, 4, 0, 800, base=base), base)
    p = 53 / 101
    known = sum(comb(101, k) * p**k * (1 - p) ** (101 - k) for k in range(51, 102))
    frequency = float(found.rules[0].frequency[0])
    error = float(found.standard_error(0)[0])
    assert 0.60 < known < 0.75
    assert error == pytest.approx(np.sqrt(frequency * (1 - frequency) / 800))
    assert abs(frequency - known) < 3 * error


@pytest.mark.parametrize("grouping", [{}, {"k": 2}])
def test_two_people_can_be_resampled(grouping: dict[str, Any]) -> None:
    matrix = VoteMatrix.from_triplets([0, 0, 1, 1], [0, 1, 0, 1], [1, -1, -1, 1])
    plan = plan_of(THRESHOLD, grouping=grouping)
    base = aggregate(matrix, plan)
    found = stability_of(matrix, replace(plan, stability=None), base).to_dict()
    assert sum(found["k"].values()) == found["resamples"] == 200


def test_people_drawn_who_cannot_be_cut_into_the_fixed_number_of_groups_keep_theirs(
    camps: Camps, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix, _ = camps(people=40, statements=30)
    plan = plan_of(THRESHOLD, grouping={"k": 4})
    base = aggregate(matrix, plan)

    def refused(*arguments: Any) -> None:
        raise EngineError("too_few_points", k=4, points=3)

    monkeypatch.setattr("aggregation.engine.resampling.group", refused)
    found = resample_range(matrix, plan, plan.seed, 0, 3, base=base)
    assert found.k.tolist() == [4, 4, 4]
    assert found.stayed.tolist() == found.people.tolist() == [40, 40, 40]


def test_people_without_votes_can_be_drawn_alone() -> None:
    matrix = VoteMatrix.from_triplets([0], [0], [1], participant_ids=range(9), statement_ids=[0, 1])
    plan = plan_of(THRESHOLD, participants={"min_votes": 0})
    base = aggregate(matrix, plan)
    found = resample_range(matrix, plan, 1, 0, 20, base=base)
    assert len(found) == 20


# The summary


def made_up(places: list[list[int]]) -> Resamples:
    table = np.array(places, dtype=np.int32)
    numbers = np.arange(len(table), dtype=np.int64)
    m = table.shape[1]
    return Resamples(np.arange(m), numbers, (table,), numbers * 0 + 2, numbers + 1, numbers + 2)


def run_with(selected: tuple[int, ...], m: int) -> Outcome:
    """A run with m statements whose selection is replaced."""
    who, what = np.nonzero(np.ones((8, m)))
    matrix = VoteMatrix.from_triplets(who, what, np.where((who % 2) ^ (what % 2), 1, -1))
    outcome = aggregate(matrix, plan_of(THRESHOLD))
    return replace(outcome, selections=(replace(outcome.selections[0], statements=selected),))


def test_frequency_places_and_changes_of_a_table_by_hand() -> None:
    found = stability(made_up([[1, 2, 0], [2, 1, 0], [1, 0, 2], [1, 2, 3]]), run_with((0, 1), 3))
    rule = found.rules[0]
    assert rule.frequency.tolist() == [1.0, 0.75, 0.5]
    assert rule.to_dict()["rank"] == [[1, 2], [1, 2], [2, 3]]
    # Nothing, nothing, one replaced by another (counted once), one more: median 0.5.
    assert rule.typical_change == 0.5
    assert rule.steady == 1
    assert found.membership == (1 + 2 + 3 + 4) / (2 + 3 + 4 + 5)
    assert found.to_dict()["k"] == {"2": 4}


def test_a_statement_that_was_never_selected_has_no_place() -> None:
    found = stability(made_up([[1, 0], [1, 0]]), run_with((0,), 2)).rules[0]
    assert found.to_dict()["rank"] == [[1, 1], None]
    assert found.to_dict()["flip"] == [None, None]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=200))
def test_places_are_percentiles_of_the_resamples_that_select(places: list[int]) -> None:
    taken = [place for place in places if place]
    rule = stability(made_up([[place] for place in places]), run_with((), 1)).rules[0]
    expected = [0, 0]
    if taken:
        expected = [
            int(np.quantile(taken, share, method="inverted_cdf")) for share in (0.025, 0.975)
        ]
    assert rule.rank[0].tolist() == expected


# Ballots to flip


def crosses(agree: list[int], seen: list[int], measure: str, above: float) -> bool:
    from fractions import Fraction

    bound = Fraction(repr(above))
    extra = 1 if measure == "gac_polis" else 0
    shares = [Fraction(a + extra, s + 2 * extra) for a, s in zip(agree, seen, strict=True)]
    if measure == "min_group":
        return min(shares) > bound
    value = Fraction(1)
    for share in shares:
        value *= share
    return value > bound


GROUPS = st.lists(
    st.integers(1, 7).flatmap(lambda s: st.tuples(st.integers(0, s), st.just(s))),
    min_size=1,
    max_size=3,
)


@settings(max_examples=300)
@given(
    GROUPS,
    st.sampled_from(["gac_polis", "gac_raw", "min_group"]),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.6, 0.723, 0.9, 1.0]),
)
def test_ballots_to_flip_a_threshold_are_the_least(
    groups: list[tuple[int, int]], measure: str, above: float
) -> None:
    """Against every way in which people could change their votes."""
    agree, seen = [a for a, _ in groups], [s for _, s in groups]
    inside = crosses(agree, seen, measure, above)
    count = people_to_drop if inside else people_to_lift
    ways = product(*(range(s + 1) for s in seen))
    costs = [
        sum(abs(new - old) for new, old in zip(way, agree, strict=True))
        for way in ways
        if crosses(list(way), seen, measure, above) != inside
    ]
    assert count(agree, seen, measure=measure, above=above) == min(costs, default=None)


def test_ballots_to_flip_of_a_run_move_the_statement() -> None:
    """One vote less than counted leaves every statement where it is, as many as counted flip it."""
    rng = np.random.default_rng(2)
    votes = np.where(rng.random((30, 6)) < rng.random(6), 1, -1)
    who, what = np.nonzero(votes)
    groups = dict.fromkeys(range(30), 0)
    rule = {"id": "threshold", "measure": "gac_polis", "above": 0.5, "min_group_votes": 0}
    plan = plan_of(rule, grouping=DECLARED)

    def run(table: np.ndarray[Any, Any]) -> tuple[VoteMatrix, Outcome]:
        matrix = VoteMatrix.from_triplets(who, what, table[who, what], declared_groups=groups)
        return matrix, aggregate(matrix, plan)

    matrix, base = run(votes)
    (flips,) = ballots_to_flip(matrix, plan, base)
    assert flips.exact
    for statement, needed in enumerate(flips.people):
        assert needed is not None
        inside = statement in base.selected
        movable = np.flatnonzero(votes[:, statement] == (1 if inside else -1))
        for people, expected in ((needed - 1, inside), (needed, not inside)):
            changed = votes.copy()
            changed[movable[:people], statement] *= -1
            assert (statement in run(changed)[1].selected) is expected


def test_with_weights_as_many_people_as_counted_are_enough() -> None:
    """Those who weigh most change first; fewer than counted might do, never more are needed."""
    rng = np.random.default_rng(4)
    votes = np.where(rng.random((20, 4)) < rng.random(4), 1, -1)
    who, what = np.nonzero(votes)
    groups = dict.fromkeys(range(20), 0)
    weights = rng.integers(300, 3000, 20)

    def matrix_of(table: np.ndarray[Any, Any]) -> VoteMatrix:
        found = VoteMatrix.from_triplets(who, what, table[who, what], declared_groups=groups)
        return found.weighted(weights)

    plan = plan_of(THRESHOLD | {"measure": "gac_raw", "above": 0.5}, grouping=DECLARED)
    base = aggregate(matrix_of(votes), plan)
    (flips,) = ballots_to_flip(matrix_of(votes), plan, base)
    assert not flips.exact
    assert None not in flips.people
    for statement, needed in enumerate(flips.people):
        inside = statement in base.selected
        heaviest = np.argsort(-weights, kind="stable")
        movable = heaviest[votes[heaviest, statement] == (1 if inside else -1)]
        changed = votes.copy()
        changed[movable[:needed], statement] *= -1
        assert (statement in aggregate(matrix_of(changed), plan).selected) is not inside


def test_without_enough_evidence_nothing_can_be_flipped() -> None:
    matrix = VoteMatrix.from_triplets([0, 1], [0, 0], [1, 1], declared_groups={0: 0, 1: 1})
    plan = plan_of(THRESHOLD | {"min_group_votes": 5}, grouping=DECLARED)
    (flips,) = ballots_to_flip(matrix, plan, aggregate(matrix, plan))
    assert flips.people == (None,)


@pytest.mark.parametrize("seed", range(8))
def test_ballots_to_flip_the_only_seat(seed: int) -> None:
    """One seat goes to the most agree votes, level ones to the lower id: the number is plain."""
    rng = np.random.default_rng(seed)
    votes = np.where(rng.random((25, 5)) < rng.random(5), 1, -1)
    votes[rng.random((25, 5)) < 0.2] = 0
    who, what = np.nonzero(np.ones((25, 5)))
    matrix = VoteMatrix.from_triplets(who, what, votes[who, what])
    plan = plan_of({"id": "sequential_pav", "seats": 1})
    base = aggregate(matrix, plan)
    (flips,) = ballots_to_flip(matrix, plan, base)
    agree = (votes == 1).sum(axis=0)
    order = sorted(range(5), key=lambda at: (-agree[at], at))
    first, second = order[0], order[1]
    assert base.selected == (first,)
    expected = [int(agree[first] - agree[at]) + (at > first) for at in range(5)]
    expected[first] = int(agree[first] - agree[second]) + (first < second)
    assert not flips.exact
    assert list(flips.people) == expected


# What would change the outcome


def test_what_would_change_says_every_line_in_words(camps: Camps) -> None:
    matrix, _ = camps(people=60, statements=12, seed=11)
    plan = plan_of(THRESHOLD | {"above": 0.3}, stability={"resamples": 20})
    base = aggregate(matrix, replace(plan, stability=None))
    found = stability_of(matrix, plan, base)
    variants = [
        {
            "kind": "k",
            "label": {"code": "k", "params": {"k": 2}},
            "selected": 3,
            "added": [1],
            "dropped": [],
        },
        {
            "kind": "k",
            "label": {"code": "k", "params": {"k": 4}},
            "selected": 3,
            "added": [],
            "dropped": [],
        },
        {
            "kind": "rule",
            "label": {"code": "rule", "params": {}},
            "selected": 3,
            "added": [1, 2],
            "dropped": [3],
        },
    ]
    lines = what_would_change(base, found, variants)
    codes = [line["code"] for line in lines]
    assert codes[:2] == ["typical_change", "steady"]
    assert "few_lift" in codes
    assert [line["params"]["kind"] for line in lines if line["code"] == "variant"] == [
        "rule",
        "k",
    ]
    assert lines[-1] == {"code": "variants_same", "params": {"count": 1}}
    for line in lines:
        assert "{" not in CHANGES[line["code"]].format(**line["params"])
    fewest = [line["params"]["people"] for line in lines if line["code"] == "few_lift"]
    flips = found.rules[0].flips
    assert flips is not None
    outside = [
        people
        for people, statement in zip(flips.people, base.statement_ids, strict=True)
        if people is not None and statement not in base.selected
    ]
    assert fewest == sorted(outside)[:3]


def test_without_resamples_it_says_so() -> None:
    assert what_would_change(run_with((0,), 2), None) == [{"code": "not_resampled", "params": {}}]


# The panel of 2023


@pytest.mark.reference_data
def test_the_top_75_of_2023_are_as_unsure_as_stated(ccai: Any) -> None:
    """About 14.5 of 75 change in a typical resample, and about 26 are in 95 % of them. Groups as
    published, all statements ranked by gac_raw; the bootstrap itself varies by a few."""
    groups = dict(zip(ccai.file_order, ccai.published, strict=True))
    matrix = ccai.matrix(groups)
    rule = {"id": "threshold", "measure": "gac_raw", "above": 0.0, "min_group_votes": 1}
    plan = plan_of(rule, grouping=DECLARED, participants={"min_votes": 0})
    base = aggregate(matrix, plan)
    found = resample_range(matrix, plan, 2023, 0, 300, base=base)
    top = replace(found, places=(np.where(found.places[0] <= 75, found.places[0], 0),))
    first = replace(base.selections[0], statements=base.selected[:75])
    rule_found: RuleStability = stability(top, replace(base, selections=(first,))).rules[0]
    assert rule_found.frequency.sum() == pytest.approx(75)
    assert rule_found.typical_change == pytest.approx(14.5, abs=2.5)
    assert rule_found.steady == pytest.approx(26, abs=8)


@pytest.mark.reference_data
def test_the_panel_of_2023_with_groups_found_anew(ccai: Any) -> None:
    groups = dict(zip(ccai.file_order, ccai.published, strict=True))
    matrix = ccai.matrix(groups)
    plan = replace(shipped("ccai-2023"), grouping=shipped("default").grouping)
    base = aggregate(matrix, plan)
    found = stability(resample_range(matrix, plan, plan.seed, 0, 12, base=base), base)
    assert sum(found.k.values()) == 12
    assert found.membership is not None
    assert 0.5 < found.membership < 1
    assert found.rules[0].steady < len(base.selected)


def test_a_rule_that_is_too_slow_to_be_repeated_says_so_by_having_no_stability(camps: Any) -> None:
    rules = [{"id": "exact_pav", "seats": 2}, {"id": "approval", "seats": 2}]
    plan = Plan.from_dict(
        shipped("default").to_dict() | {"rules": rules, "stability": {"resamples": 3}}
    )
    found = aggregate(camps()[0], plan).stability
    assert found is not None
    assert found["rules"][0] is None
    assert len(found["rules"][1]["frequency"]) == camps()[0].n_statements
