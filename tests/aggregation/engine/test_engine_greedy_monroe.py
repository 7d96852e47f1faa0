"""Greedy Monroe: equal to its definition and to abcvoting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import EngineError
from aggregation.engine.committees.greedy_monroe import Mandate, greedy_monroe
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    STATEMENTS,
    Ballots,
    approved,
    first,
    ties,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "shares.json").read_text())


def by_definition(ballots: Ballots, seats: int) -> list[tuple[int, str, int]]:
    """(statement, how, people it represents), round by round."""
    unrepresented = list(range(len(ballots)))
    found: list[tuple[int, str, int]] = []
    while len(found) < seats:
        left = set(range(STATEMENTS)) - {at for at, _, _ in found}
        fans = {at: [who for who in unrepresented if at in ballots[who]] for at in left}
        how, most = "monroe", max((len(people) for people in fans.values()), default=0)
        if not most:
            fans = {at: [who for who, b in enumerate(ballots) if at in b] for at in left}
            how, most = "approvals", max((len(people) for people in fans.values()), default=0)
        if not most:
            break
        winner = first([at for at in left if len(fans[at]) == most], ballots)
        quota = len(ballots) // seats + (len(found) < len(ballots) % seats)
        represented = fans[winner][:quota] if how == "monroe" else []
        unrepresented = [who for who in unrepresented if who not in represented]
        found.append((winner, how, len(represented)))
    return found


def elected(ballots: Ballots, seats: int, **options: object) -> tuple[Mandate, ...]:
    profile = approved(ballots, **options)
    return greedy_monroe(profile, seats, ties=ties(profile))


@settings(max_examples=300, deadline=None)
@given(BALLOTS, SEATS)
def test_every_round_is_the_one_of_the_definition(ballots: Ballots, seats: int) -> None:
    found = [(each.column, each.filled_by, each.assigned) for each in elected(ballots, seats)]
    assert found == by_definition(ballots, seats)


def test_committees_are_those_of_abcvoting() -> None:
    for case in GOLDEN["sequential"]:
        ballots = [frozenset(b) for b in case["ballots"]]
        found = elected(ballots, case["seats"], statements=case["statements"])
        assert sorted(each.column for each in found) == case["greedy_monroe"], case


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.frozensets(st.integers(0, STATEMENTS - 1)), st.integers(1, 4)),
        min_size=1,
        max_size=8,
    ),
    SEATS,
)
def test_two_people_alike_are_one_of_double_weight(
    people: list[tuple[frozenset[int], int]], seats: int
) -> None:
    cloned = [ballot for ballot, times in people for _ in range(times)]
    weighed = elected([b for b, _ in people], seats, weights=[1000 * times for _, times in people])
    assert weighed == elected(cloned, seats)


def test_parts_of_people_are_refused() -> None:
    with pytest.raises(EngineError, match="whole numbers"):
        elected([frozenset({0}), frozenset({1})], 1, weights=[1500, 500])


def test_each_camp_is_represented_by_its_share() -> None:
    found = elected([frozenset({0, 1, 2})] * 6 + [frozenset({3})] * 3, 3)
    assert [each.column for each in found] == [0, 1, 3]
    assert [each.score for each in found] == [6, 3, 3]


def test_small_and_empty_votes_have_a_result() -> None:
    assert elected([], 3) == ()
    assert elected([frozenset()], 3) == ()
    assert [each.column for each in elected([frozenset({1, 4})], 5)] == [1, 4]
    assert [each.column for each in elected([frozenset({0})], 1, statements=1)] == [0]
