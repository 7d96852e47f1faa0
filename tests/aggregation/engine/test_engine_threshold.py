"""The threshold rule: in, out, or not enough evidence, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from aggregation.engine import Plan, Selection, VoteMatrix, aggregate


def select(cells: dict[int, list[tuple[int, int, int]]], **rule: Any) -> Selection:
    """cells : statement → (agree, disagree, pass) of each of two groups."""
    votes: list[tuple[int, int, int]] = []
    groups: dict[int, int] = {}
    for statement, by_group in cells.items():
        for group, counts in enumerate(by_group):
            values = [1] * counts[0] + [-1] * counts[1] + [0] * counts[2]
            for number, value in enumerate(values):
                votes.append((1000 * group + number, statement, value))
                groups[1000 * group + number] = group
    people, statements, values = zip(*votes, strict=True)
    matrix = VoteMatrix.from_triplets(
        people, statements, values, statement_ids=sorted(cells), declared_groups=groups
    )
    plan = Plan.from_dict(
        {
            "name": "t",
            "title": "t",
            "grouping": {"method": "declared", "source": "camps"},
            "rules": [{"id": "threshold", **rule}],
        }
    )
    return aggregate(matrix, plan).selections[0]


def test_the_bound_itself_is_not_above() -> None:
    cells = {1: [(8, 2, 0), (8, 2, 0)], 2: [(9, 1, 0), (8, 2, 0)]}
    found = select(cells, measure="gac_raw", above=0.64)
    assert found.statements == (2,)
    assert [d.reason for d in found.decisions] == ["not_above_threshold", "above_threshold"]
    assert str(found.decisions[0]) == "gac_raw is not above 0.64."


@pytest.mark.parametrize(
    ("measure", "score"),
    [("gac_raw", 0.9 * 0.5), ("min_group", 0.5), ("gac_polis", (10 / 12) * (6 / 12))],
)
def test_each_measure_can_be_used(measure: str, score: float) -> None:
    cells = {1: [(9, 1, 0), (5, 3, 2)]}
    assert select(cells, measure=measure, above=score - 0.01).scores == pytest.approx((score,))
    assert select(cells, measure=measure, above=score + 0.01).scores == ()


def test_the_highest_comes_first_and_ties_go_to_more_agree_votes() -> None:
    cells = {
        1: [(5, 5, 0), (5, 5, 0)],
        2: [(9, 1, 0), (9, 1, 0)],
        3: [(10, 10, 0), (10, 10, 0)],
        4: [(5, 5, 0), (5, 5, 0)],
    }
    found = select(cells, measure="gac_raw", above=0.1)
    assert found.statements == (2, 3, 1, 4)
    assert [tie.candidates for tie in found.ties] == [(3, 1, 4)]


def test_too_few_votes_in_one_group_are_not_enough_evidence_however_agreed() -> None:
    cells = {1: [(9, 0, 0), (4, 0, 0)], 2: [(9, 0, 0), (5, 0, 0)], 3: [(0, 9, 0), (0, 4, 0)]}
    found = select(cells, measure="gac_polis", above=0.5, min_group_votes=5)
    assert found.statements == (2,)
    assert [d.status for d in found.decisions] == [
        "not_enough_evidence",
        "selected",
        "not_enough_evidence",
    ]
    assert dict(found.decisions[0].params) == {"group": 1, "votes": 4, "needed": 5}


def test_a_share_of_no_votes_is_not_enough_evidence_even_if_none_are_asked_for() -> None:
    cells = {1: [(9, 0, 0), (0, 0, 0)], 2: [(1, 0, 0), (1, 0, 0)]}
    found = select(cells, measure="gac_raw", above=0.5, min_group_votes=0)
    assert (found.statements, found.decisions[0].status) == ((2,), "not_enough_evidence")
    assert found.decisions[0].score is None
    smoothed = select(cells, measure="gac_polis", above=0.4, min_group_votes=0)
    assert smoothed.statements == (1, 2)


def test_a_run_without_groups_decides_nothing() -> None:
    matrix = VoteMatrix.from_triplets([1, 2], [1, 2], [1, 1])
    plan = Plan.from_dict({"name": "t", "title": "t", "rules": [{"id": "threshold", "above": 0.1}]})
    found = aggregate(matrix, plan).selections[0]
    assert {d.reason for d in found.decisions} == {"no_groups"}
    assert found.statements == ()
