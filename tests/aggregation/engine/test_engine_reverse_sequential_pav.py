"""Reverse sequential PAV: equal to its definition, computed the slow way in exact fractions."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings

from aggregation.engine import VoteMatrix
from aggregation.engine.committees.reverse_sequential_pav import (
    Place,
    places,
    reverse_sequential_pav,
    select,
)
from aggregation.engine.ties import Tie
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    SEATS,
    Ballots,
    approved,
    support,
    ties,
)
from tests.aggregation.engine.committee_rules import evidence


def brute_force(ballots: Ballots) -> list[tuple[int, Fraction]]:
    """The definition: drop the statement whose loss lowers the Thiele score least."""
    left = set().union(*ballots)
    gone: list[tuple[int, Fraction]] = []
    while left:
        missed = {
            at: sum((Fraction(1, len(b & left)) for b in ballots if at in b), Fraction(0))
            for at in left
        }
        # Of level statements the one with fewest agree votes goes, then the highest id.
        worst = min(missed, key=lambda at: (missed[at], support(ballots, None, at), -at))
        gone.append((worst, missed[worst]))
        left.remove(worst)
    return gone[::-1]


def elect(ballots: Ballots) -> tuple[tuple[Place, ...], list[Tie]]:
    profile = approved(ballots)
    breaker = ties(profile)
    return places(profile, ties=breaker), breaker.found


@settings(max_examples=300, deadline=None)
@given(BALLOTS)
def test_every_place_is_the_one_of_the_definition(ballots: Ballots) -> None:
    found, _ = elect(ballots)
    expected = brute_force(ballots)
    assert [place.column for place in found] == [statement for statement, _ in expected]
    assert [place.score for place in found] == [float(score) for _, score in expected]


@settings(max_examples=100, deadline=None)
@given(BALLOTS, SEATS)
def test_the_committee_is_what_is_left(ballots: Ballots, seats: int) -> None:
    profile = approved(ballots)
    found = reverse_sequential_pav(profile, seats, ties=ties(profile))
    assert found == elect(ballots)[0][:seats]


def test_a_minority_keeps_its_statement() -> None:
    ballots = [frozenset({0, 1, 2})] * 60 + [frozenset({4, 5})] * 31
    profile = approved(ballots)
    found = reverse_sequential_pav(profile, 3, ties=ties(profile))
    assert {place.column for place in found} == {0, 1, 4}
    # The second statement of the majority is the first of the three that would go.
    assert [(place.column, place.score, place.only_one) for place in found] == [
        (0, 60.0, 60),
        (4, 31.0, 31),
        (1, 30.0, 0),
    ]


def test_a_tie_is_written_down_once_while_it_is_worked_off() -> None:
    _, met = elect([frozenset({0}), frozenset({1}), frozenset({2})])
    assert [(tie.where, tie.candidates) for tie in met] == [("place 3", (0, 1, 2))]


def test_the_trace_tells_what_went_first() -> None:
    matrix = VoteMatrix.from_triplets([1, 1, 2, 3], [7, 8, 7, 9], [1, 1, 1, 1])
    found = select(evidence(matrix), {"seats": 1, "unseen": "not_approved"})
    assert found.statements == (7,)
    assert [(step.statement_id, dict(step.detail)["place"]) for step in found.trace] == [
        (8, 3),
        (9, 2),
        (7, 1),
    ]
    scores = {decision.statement_id: decision.score for decision in found.decisions}
    assert scores == {7: 2.0, 8: 0.5, 9: 1.0}
