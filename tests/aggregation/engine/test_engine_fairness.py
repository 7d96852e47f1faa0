"""A run says which of its selections give every group its due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aggregation.engine import Plan, VoteMatrix, aggregate, shipped


def two_parties() -> VoteMatrix:
    """Six people agree with statements 1 to 4, three people with 5 and 6."""
    who, what, votes = [], [], []
    for person in range(9):
        mine = (1, 2, 3, 4) if person < 6 else (5, 6)
        for statement in range(1, 7):
            who.append(person)
            what.append(statement)
            votes.append(1 if statement in mine else -1)
    return VoteMatrix.from_triplets(who, what, votes)


def plan_with(*rules: dict[str, Any], **properties: bool) -> Plan:
    grouping = {"method": "kmeans", "k": 2, "min_votes": 1}
    base = shipped("default").to_dict() | {"rules": list(rules), "grouping": grouping}
    return Plan.from_dict(base | {"properties": properties})


def test_a_majority_that_takes_every_seat_is_shown_with_those_it_left_out() -> None:
    plan = plan_with({"id": "approval", "seats": 3}, {"id": "sequential_pav", "seats": 3})
    found = {
        (one["rule"], one["property"]): one for one in aggregate(two_parties(), plan).properties
    }
    unfair = found["approval", "jr"]
    assert unfair["holds"] is False
    assert unfair["counterexample"] == {
        "people": 3, "statements": [5], "deserved": 1, "got": 0, "seats": 3,
    }  # fmt: skip
    assert found["sequential_pav", "jr"]["holds"] is True
    assert found["sequential_pav", "ejr_plus"]["holds"] is True


def test_a_rule_without_seats_is_held_to_what_it_selected() -> None:
    rule = {"id": "threshold", "above": 0.1, "min_group_votes": 1}
    outcome = aggregate(two_parties(), plan_with(rule))
    assert {one["seats"] for one in outcome.properties} == {len(outcome.selected)}


def test_only_what_is_asked_for_is_checked_and_nothing_of_an_empty_selection() -> None:
    rule = {"id": "approval", "seats": 3}
    assert [
        one["property"] for one in aggregate(two_parties(), plan_with(rule, jr=False)).properties
    ] == ["ejr_plus"]
    nobody = VoteMatrix.from_triplets([0, 1], [1, 1], [-1, -1])
    assert aggregate(nobody, Plan.from_dict(shipped("default").to_dict() | {
        "rules": [rule], "properties": {}})).properties == ()  # fmt: skip


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_verdicts_are_part_of_the_digest_and_the_same_in_any_order(order: list[int]) -> None:
    matrix = two_parties()
    who = matrix.participant_ids[matrix.rows]
    what = matrix.statement_ids[matrix.indices]
    mixed = np.lexsort([np.arange(len(who)) % 3 == part for part in order])
    again = VoteMatrix.from_triplets(who[mixed], what[mixed], matrix.values[mixed])
    plan = plan_with({"id": "approval", "seats": 3})
    assert aggregate(again, plan).digest == aggregate(matrix, plan).digest
    assert (
        aggregate(matrix, plan).digest
        != aggregate(matrix, plan_with({"id": "approval", "seats": 3}, jr=False)).digest
    )
