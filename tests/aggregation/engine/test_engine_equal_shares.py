"""Equal Shares: equal to its definition in exact fractions, and to abcvoting and pabutools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import Evidence, VoteMatrix, consensus
from aggregation.engine.committees.approvals import Approvals, approvals
from aggregation.engine.committees.equal_shares import (
    COMPLETIONS,
    Purchase,
    equal_shares,
    select,
)
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    STATEMENTS,
    Ballots,
    approved,
    first,
    support,
    ties,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "shares.json").read_text())
WEIGHTED = st.lists(
    st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(1, 4)),
    min_size=1,
    max_size=9,
)


def price(budgets: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction | None:
    """The lowest p with sum of min(budget, p · weight) = 1, tried at every kink."""
    if sum(budgets) < 1:
        return None
    kinks = sorted((b / w, b, w) for b, w in zip(budgets, weights, strict=True))
    for at, (per_weight, _, _) in enumerate(kinks):
        spent = sum(b for _, b, _ in kinks[:at])
        found = (1 - spent) / sum(w for _, _, w in kinks[at:])
        if found <= per_weight:
            return found
    raise AssertionError


def bought_by_definition(
    ballots: Ballots, weights: Sequence[int] | None, endowment: int, seats: int
) -> tuple[list[tuple[int, Fraction]], list[Fraction]]:
    shares = [Fraction(w, 1000) for w in weights or [1000] * len(ballots)]
    budgets = [endowment * w / sum(shares) for w in shares]
    bought: list[tuple[int, Fraction]] = []
    while len(bought) < seats:
        taken = {at for at, _ in bought}
        prices = {}
        for at in set(range(STATEMENTS)) - taken:
            fans = [who for who, ballot in enumerate(ballots) if at in ballot]
            if fans:
                prices[at] = price([budgets[who] for who in fans], [shares[who] for who in fans])
        known = {at: found for at, found in prices.items() if found is not None}
        if not known:
            break
        lowest = min(known.values())
        winner = first([at for at in known if known[at] == lowest], ballots, weights)
        bought.append((winner, lowest))
        for who, ballot in enumerate(ballots):
            if winner in ballot:
                budgets[who] -= min(budgets[who], lowest * shares[who])
    return bought, budgets


def by_definition(
    ballots: Ballots, weights: Sequence[int] | None, seats: int, completion: str
) -> list[int]:
    plain, budgets = bought_by_definition(ballots, weights, seats, seats)
    chosen = [at for at, _ in plain]
    left = [at for at in range(STATEMENTS) if support(ballots, weights, at)]
    if completion.startswith("add1"):
        for endowment in range(seats, seats + 200):
            more, _ = bought_by_definition(ballots, weights, endowment, STATEMENTS)
            if len(more) > seats:
                break
            chosen = [at for at, _ in more]
            if len(more) == min(seats, len(left)):
                break
    if completion == "phragmen":
        shares = [Fraction(w, 1000) for w in weights or [1000] * len(ballots)]
        loads = [-budget / w for budget, w in zip(budgets, shares, strict=True)]
        while len(chosen) < seats and set(left) - set(chosen):
            new = {}
            for at in set(left) - set(chosen):
                fans = [who for who, ballot in enumerate(ballots) if at in ballot]
                carried = sum(shares[who] * loads[who] for who in fans)
                new[at] = (1 + carried) / sum(shares[who] for who in fans)
            lowest = min(new.values())
            winner = first([at for at in new if new[at] == lowest], ballots, weights)
            loads = [
                lowest if winner in ballot else load
                for ballot, load in zip(ballots, loads, strict=True)
            ]
            chosen.append(winner)
    if completion in ("utilitarian", "add1u"):
        while len(chosen) < seats and set(left) - set(chosen):
            rest = sorted(set(left) - set(chosen))
            most = max(support(ballots, weights, at) for at in rest)
            level = [at for at in rest if support(ballots, weights, at) == most]
            chosen.append(first(level, ballots, weights))
    return chosen


def columns(
    profile: Approvals, seats: int, completion: str
) -> tuple[list[int], tuple[Purchase, ...]]:
    found = equal_shares(profile, seats, completion=completion, ties=ties(profile))
    return [purchase.column for purchase in found], found


@pytest.mark.parametrize("completion", COMPLETIONS)
@settings(max_examples=150, deadline=None)
@given(BALLOTS, SEATS)
def test_seats_are_those_of_the_definition(completion: str, ballots: Ballots, seats: int) -> None:
    found, _ = columns(approved(ballots), seats, completion)
    assert found == by_definition(ballots, None, seats, completion)


@pytest.mark.parametrize("completion", COMPLETIONS)
@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(300, 4000)),
        min_size=1,
        max_size=8,
    ),
    SEATS,
)
def test_weighted_people_hold_and_pay_in_proportion(
    completion: str, people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    ballots, weights = [ballot for ballot, _ in people], [weight for _, weight in people]
    found, _ = columns(approved(ballots, weights), seats, completion)
    assert found == by_definition(ballots, weights, seats, completion)


@settings(max_examples=150, deadline=None)
@given(BALLOTS, SEATS)
def test_prices_are_exact(ballots: Ballots, seats: int) -> None:
    _, found = columns(approved(ballots), seats, "none")
    expected, _ = bought_by_definition(ballots, None, seats, seats)
    assert [(each.column, each.price) for each in found] == expected


@pytest.mark.parametrize("completion", COMPLETIONS)
@settings(max_examples=80, deadline=None)
@given(WEIGHTED, SEATS)
def test_two_people_alike_are_one_of_double_weight(
    completion: str, people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    cloned = [ballot for ballot, times in people for _ in range(times)]
    once = approved([b for b, _ in people], [1000 * times for _, times in people])
    assert columns(once, seats, completion) == columns(approved(cloned), seats, completion)


@settings(max_examples=80, deadline=None)
@given(BALLOTS, SEATS, st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(
    ballots: list[frozenset[int]], seats: int, random: Random
) -> None:
    shuffled = list(ballots)
    random.shuffle(shuffled)
    assert columns(approved(shuffled), seats, "phragmen") == columns(
        approved(ballots), seats, "phragmen"
    )


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_larger_profiles_equal_the_definition(completion: str) -> None:
    """Many people, so that budgets and prices come in many values."""
    rng = np.random.default_rng(3)
    likes = rng.random((60, STATEMENTS)) < rng.random((60, 1)) * rng.random(STATEMENTS)
    ballots = [frozenset(np.flatnonzero(row).tolist()) for row in likes]
    for seats in range(1, STATEMENTS + 1):
        found, _ = columns(approved(ballots), seats, completion)
        assert found == by_definition(ballots, None, seats, completion)


@pytest.mark.parametrize("completion", ["none", "phragmen", "add1"])
def test_committees_are_those_of_abcvoting_and_pabutools(completion: str) -> None:
    for case in GOLDEN["equal_shares"]:
        profile = approved([frozenset(b) for b in case["ballots"]], statements=case["statements"])
        found, _ = columns(profile, case["seats"], completion)
        assert sorted(found) == case[completion], case


@pytest.mark.reference_data
def test_the_panel_elects_what_abcvoting_elects(ccai) -> None:
    matrix = VoteMatrix.from_triplets(ccai.participants, ccai.statements, ccai.values)
    ids = matrix.statement_ids
    for completion, expected in GOLDEN["ccai_equal_shares"].items():
        found, _ = columns(approvals(matrix), 75, completion)
        assert sorted(int(ids[at]) for at in found) == expected


def test_a_minority_buys_its_share_and_the_trace_says_who_paid() -> None:
    ballots = [frozenset({0, 1, 2, 3})] * 60 + [frozenset({4, 5})] * 30
    found, purchases = columns(approved(ballots), 3, "none")
    assert found == [0, 1, 4]
    assert [each.price for each in purchases] == [Fraction(1, 60), Fraction(1, 60), Fraction(1, 30)]
    assert [each.payers for each in purchases] == [60, 60, 30]
    assert [each.score for each in purchases] == [60.0, 60.0, 30.0]


def test_a_seat_nobody_can_pay_is_filled_by_the_completion() -> None:
    ballots = [frozenset({0}), frozenset({0}), frozenset({1}), frozenset({2}), frozenset({2})]
    filled = {
        completion: [(p.column, p.filled_by) for p in columns(approved(ballots), 2, completion)[1]]
        for completion in COMPLETIONS
    }
    assert filled["none"] == []
    assert filled["add1"] == [(0, "shares"), (2, "shares")]
    assert filled["utilitarian"] == [(0, "approvals"), (2, "approvals")]
    assert filled["phragmen"] == [(0, "phragmen"), (2, "phragmen")]


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_small_and_empty_votes_have_a_result(completion: str) -> None:
    nobody = approved([frozenset(), frozenset()])
    assert columns(nobody, 3, completion)[0] == []
    assert columns(approved([]), 3, completion)[0] == []
    one_voter = approved([frozenset({1, 4})])
    assert sorted(columns(one_voter, 3, completion)[0]) == [1, 4]
    single = approved([frozenset({0}), frozenset()], statements=1)
    assert columns(single, 1, completion)[0] == ([] if completion == "none" else [0])


@pytest.mark.parametrize(
    ("completion", "selected", "reason"),
    [("none", (), "not_affordable"), ("utilitarian", (1, 2), "no_seat_left")],
)
def test_every_statement_is_told_why(
    completion: str, selected: tuple[int, ...], reason: str
) -> None:
    """Five people, two seats: nobody has three people's part of the price."""
    votes = VoteMatrix.from_triplets(
        [1, 2, 3, 4, 5, 1], [1, 1, 2, 2, 3, 4], [1, 1, 1, 1, 1, -1], participant_ids=range(1, 7)
    )
    everyone = consensus(votes.group_counts(np.zeros(6, dtype=np.int32), 1))
    evidence = Evidence(votes, votes.counts(), everyone, (0,))
    found = select(evidence, {"seats": 2, "completion": completion, "unseen": "not_approved"})
    assert found.statements == selected
    assert [d.reason for d in found.decisions[2:]] == [reason, "nobody_agreed"]
    assert [dict(step.detail)["filled_by"] for step in found.trace] == ["approvals"] * len(selected)


def test_a_tie_is_recorded_once_with_all_that_were_level() -> None:
    profile = approved([frozenset({2, 5}), frozenset({2, 5}), frozenset({6})])
    # Two of three people have 2/3 of a seat, and more than one after the endowment was raised.
    expected = {"none": [], "add1": [("seat 1", (2, 5))], "phragmen": [("seat 1", (2, 5))]}
    for completion in expected:
        breaker = ties(profile)
        equal_shares(profile, 1, completion=completion, ties=breaker)
        assert [(tie.where, tie.candidates) for tie in breaker.found] == expected[completion]
