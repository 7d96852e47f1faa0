"""What all rules that take statements one by one have in common, and what abcvoting chooses."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import VoteMatrix
from aggregation.engine.committees import (
    approval,
    reverse_sequential_pav,
    satisfaction_approval,
    sequential_pav,
    sequential_phragmen,
)
from aggregation.engine.committees.approvals import Approvals, approvals
from tests.aggregation.engine.approval_profiles import BALLOTS, SEATS, STATEMENTS, Ballots, approved
from tests.aggregation.engine.committee_rules import RULES, evidence, won
from tests.aggregation.engine.conftest import Ccai
from tests.aggregation.engine.random_ballots import random_profile

every_rule = pytest.mark.parametrize("rule", RULES)
SELECT: dict[str, Any] = {
    "approval": approval.select,
    "satisfaction_approval": satisfaction_approval.select,
    "sequential_pav": sequential_pav.select,
    "reverse_sequential_pav": reverse_sequential_pav.select,
    "sequential_phragmen": sequential_phragmen.select,
}
ADDITIVE = [rule for rule in RULES if rule != "sequential_phragmen"]


@cache
def golden() -> dict[str, Any]:
    path = Path(__file__).parent / "golden" / "committees.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@every_rule
def test_random_committees_are_those_of_abcvoting(rule: str) -> None:
    cases = golden()["random"]
    different = []
    for number, expected in enumerate(cases):
        profile = random_profile(number)
        weights = [1000 * weight for weight in profile.weights]
        people = Approvals.from_ballots(profile.ballots, profile.statements, weights=weights)
        found, _ = won(rule, people, profile.seats)
        if sorted(column for column, _ in found) != expected[rule]:
            different.append(number)
    assert len(cases) == 400
    assert different == []


@every_rule
def test_committees_of_the_ccai_panel_are_those_of_abcvoting(rule: str, ccai: Ccai) -> None:
    matrix = ccai.matrix({})
    expected = golden()["ccai"]
    found, _ = won(rule, approvals(matrix), expected["seats"])
    columns = [column for column, _ in found]
    assert sorted(matrix.statement_ids[columns].tolist()) == expected["statements"][rule]


@every_rule
@settings(max_examples=60, deadline=None)
@given(BALLOTS, SEATS, st.data())
def test_a_weight_of_two_is_two_people_bit_for_bit(
    rule: str, ballots: Ballots, seats: int, data: st.DataObject
) -> None:
    copies = data.draw(st.lists(st.integers(1, 4), min_size=len(ballots), max_size=len(ballots)))
    cloned = [b for b, times in zip(ballots, copies, strict=True) for _ in range(times)]
    found, ties = won(rule, approved(cloned), seats)
    weighted, weighted_ties = won(rule, approved(ballots, [1000 * n for n in copies]), seats)
    assert found == weighted
    assert ties.found == weighted_ties.found


@every_rule
@settings(max_examples=60, deadline=None)
@given(BALLOTS, SEATS, st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(
    rule: str, ballots: Ballots, seats: int, random: Any
) -> None:
    found, ties = won(rule, approved(ballots), seats)
    shuffled = list(ballots)
    random.shuffle(shuffled)
    again, ties_again = won(rule, approved(shuffled), seats)
    assert found == again
    assert ties.found == ties_again.found


@every_rule
def test_the_order_of_many_people_changes_nothing(rule: str) -> None:
    rng = np.random.default_rng(3)
    liked = rng.random((4, 40))
    votes = rng.random((2_000, 40)) < liked[rng.integers(0, 4, 2_000)]
    ballots = [frozenset(np.flatnonzero(row).tolist()) for row in votes]
    found, _ = won(rule, approved(ballots, statements=40), 25)
    again, _ = won(rule, approved(ballots[::-1], statements=40), 25)
    assert found == again


@every_rule
@settings(max_examples=60, deadline=None)
@given(BALLOTS, SEATS)
def test_one_more_seat_only_adds(rule: str, ballots: Ballots, seats: int) -> None:
    fewer, _ = won(rule, approved(ballots), seats)
    more, _ = won(rule, approved(ballots), seats + 1)
    assert more[:seats] == fewer


@every_rule
@settings(max_examples=60, deadline=None)
@given(BALLOTS, SEATS)
def test_only_what_somebody_agrees_with_takes_a_seat(
    rule: str, ballots: Ballots, seats: int
) -> None:
    liked = set().union(*ballots)
    found, _ = won(rule, approved(ballots), seats)
    columns = {column for column, _ in found}
    assert columns <= liked
    assert len(found) == len(columns) == min(seats, len(liked))


@every_rule
def test_when_all_agree_with_all_the_lowest_ids_win(rule: str) -> None:
    found, ties = won(rule, approved([frozenset(range(STATEMENTS))] * 3), 3)
    assert [column for column, _ in found] == [0, 1, 2]
    assert ties.found[0].candidates == tuple(range(STATEMENTS))


@every_rule
@pytest.mark.parametrize("ballots", [[], [[]], [[], []]])
def test_without_an_approval_nothing_is_selected(rule: str, ballots: list[list[int]]) -> None:
    found, ties = won(rule, Approvals.from_ballots(ballots, 3), 2)
    assert (found, ties.found) == ([], [])


@every_rule
def test_without_statements_nothing_is_selected(rule: str) -> None:
    assert won(rule, Approvals.from_ballots([[], []], 0), 2)[0] == []


@every_rule
def test_people_without_weight_do_not_count(rule: str) -> None:
    people = approved([frozenset({0}), frozenset({1})], [0, 1])
    assert [column for column, _ in won(rule, people, 2)[0]] == [1]


@every_rule
def test_every_statement_is_told_why(rule: str) -> None:
    matrix = VoteMatrix.from_triplets(
        [1, 1, 2, 2, 1], [1, 2, 1, 3, 4], [1, 1, 1, -1, 0], statement_ids=[1, 2, 3, 4, 5]
    )
    found = SELECT[rule](evidence(matrix), {"seats": 1, "unseen": "not_approved"})
    assert (found.rule, found.statements) == (rule, (1,))
    assert [(d.statement_id, d.status, d.reason) for d in found.decisions] == [
        (1, "selected", "won_seat"),
        (2, "not_selected", "no_seat_left"),
        (3, "not_selected", "nobody_agreed"),
        (4, "not_selected", "nobody_agreed"),
        (5, "not_enough_evidence", "nobody_voted"),
    ]
    assert found.trace[-1].statement_id == 1
    assert dict(found.trace[-1].detail)["supporters"] == 2


@pytest.mark.parametrize("rule", ADDITIVE)
def test_shares_among_viewers_lift_what_few_were_shown(rule: str) -> None:
    # Three of four agree with 1; the only one who was shown 2 agrees with it.
    matrix = VoteMatrix.from_triplets([1, 2, 3, 4, 4], [1, 1, 1, 1, 2], [1, 1, 1, -1, 1])
    chosen = {
        unseen: SELECT[rule](evidence(matrix), {"seats": 1, "unseen": unseen}).statements
        for unseen in ("not_approved", "share_among_viewers")
    }
    assert chosen == {"not_approved": (1,), "share_among_viewers": (2,)}


@pytest.mark.parametrize("rule", ADDITIVE)
@settings(max_examples=40, deadline=None)
@given(BALLOTS, SEATS)
def test_where_all_see_all_the_policies_agree(rule: str, ballots: Ballots, seats: int) -> None:
    votes = [(who, what) for who in range(len(ballots)) for what in range(STATEMENTS)]
    matrix = VoteMatrix.from_triplets(
        [who for who, _ in votes],
        [what for _, what in votes],
        [1 if what in ballots[who] else 0 for who, what in votes],
    )
    plain, _ = won(rule, approvals(matrix), seats)
    shared, _ = won(rule, approvals(matrix, "share_among_viewers"), seats)
    assert plain == shared
