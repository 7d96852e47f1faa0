"""Approval and satisfaction approval: equal to their definitions in exact fractions."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings

from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    STATEMENTS,
    Ballots,
    approved,
    first,
    support,
)
from tests.aggregation.engine.committee_rules import won


def brute_force(
    ballots: Ballots, scores: dict[int, Fraction], seats: int
) -> list[tuple[int, float]]:
    """The best by score, then by the rule for ties, one after the other."""
    left = {at: score for at, score in scores.items() if score > 0}
    found = []
    while left and len(found) < seats:
        top = max(left.values())
        best = first([at for at, score in left.items() if score == top], ballots)
        found.append((best, float(left.pop(best))))
    return found


@settings(max_examples=200, deadline=None)
@given(BALLOTS, SEATS)
def test_approval_takes_what_most_agree_with(ballots: Ballots, seats: int) -> None:
    scores = {at: support(ballots, None, at) for at in range(STATEMENTS)}
    assert won("approval", approved(ballots), seats)[0] == brute_force(ballots, scores, seats)


@settings(max_examples=200, deadline=None)
@given(BALLOTS, SEATS)
def test_satisfaction_approval_splits_one_vote_evenly(ballots: Ballots, seats: int) -> None:
    scores = {
        at: sum((Fraction(1, len(b)) for b in ballots if at in b), Fraction(0))
        for at in range(STATEMENTS)
    }
    found, _ = won("satisfaction_approval", approved(ballots), seats)
    expected = brute_force(ballots, scores, seats)
    assert [column for column, _ in found] == [column for column, _ in expected]
    assert all(abs(a - b) < 1e-12 for (_, a), (_, b) in zip(found, expected, strict=True))


def test_a_majority_takes_every_seat_of_approval() -> None:
    ballots = [frozenset({0, 1, 2})] * 6 + [frozenset({3})] * 5
    assert won("approval", approved(ballots), 3)[0] == [(0, 6.0), (1, 6.0), (2, 6.0)]


def test_who_agrees_with_much_gives_less_to_each() -> None:
    ballots = [frozenset({0, 1, 2})] * 6 + [frozenset({3})] * 5
    assert won("satisfaction_approval", approved(ballots), 2)[0] == [(3, 5.0), (0, 2.0)]


def test_thirds_and_sixths_that_add_up_to_a_half_are_level() -> None:
    half, third, sixth = [{0, 6}], [{1, 4, 5}], [{1, 2, 3, 4, 5, 6}]
    ballots = [frozenset(ballot) for ballot in half + third + sixth]
    _, ties = won("satisfaction_approval", approved(ballots), 6)
    level = {tie.candidates for tie in ties.found}
    assert (1, 4, 5, 0) in level


def test_a_tie_below_the_last_seat_is_not_recorded() -> None:
    ballots = [frozenset({0})] * 3 + [frozenset({1}), frozenset({2})]
    found, ties = won("approval", approved(ballots), 1)
    assert (found, ties.found) == ([(0, 3.0)], [])


def test_a_tie_for_the_last_seat_is_recorded_with_all_that_were_level() -> None:
    ballots = [frozenset({0})] * 3 + [frozenset({1}), frozenset({2}), frozenset({5})]
    found, ties = won("approval", approved(ballots), 2)
    assert [column for column, _ in found] == [0, 1]
    assert [tie.candidates for tie in ties.found] == [(1, 2, 5)]
