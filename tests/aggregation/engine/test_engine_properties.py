"""Properties: equal to their definitions and to abcvoting; refuted in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.engine import VoteMatrix
from aggregation.engine.committees.approvals import approvals
from aggregation.engine.committees.equal_shares import equal_shares
from aggregation.engine.properties import PROPERTIES, Verdict, check, cores, solver
from tests.aggregation.engine.approval_profiles import (
    BALLOTS,
    STATEMENTS,
    Ballots,
    approved,
    ties,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "shares.json").read_text())
COMMITTEES = st.frozensets(st.integers(0, STATEMENTS - 1))
SMALL = st.lists(st.frozensets(st.integers(0, STATEMENTS - 1)), min_size=1, max_size=8)
WEIGHTS = st.lists(st.sampled_from([500, 1000, 1500, 2000]), min_size=8, max_size=8)


def groups(ballots: Ballots, weights: Sequence[int], seats: int) -> Iterator[tuple[int, ...]]:
    """Every group of people that deserves a seat or more."""
    for size in range(1, len(ballots) + 1):
        for group in combinations(range(len(ballots)), size):
            if sum(weights[who] for who in group) * seats >= sum(weights[: len(ballots)]):
                yield group


def holds(
    name: str, ballots: Ballots, weights: Sequence[int], committee: frozenset[int], seats: int
) -> bool:
    """The definition, over every group there is."""
    everyone = sum(weights[: len(ballots)])
    for group in groups(ballots, weights, seats):
        deserved = sum(weights[who] for who in group) * seats // everyone
        common = frozenset.intersection(*(ballots[who] for who in group))
        most = max(len(ballots[who] & committee) for who in group)
        together = len(frozenset.union(*(ballots[who] for who in group)) & committee)
        due = min(deserved, len(common))
        if name == "jr" and common and most == 0:
            return False
        if name == "ejr" and most < due:
            return False
        if name == "pjr" and together < due:
            return False
        if name == "ejr_plus" and common - committee and most < deserved:
            return False
    return True


def checked(verdict: Verdict, ballots: Ballots, committee: frozenset[int]) -> None:
    """A counterexample is what it says."""
    found = verdict.counterexample
    assert found is not None
    members = [ballots[who] for who in found.rows.tolist()]
    common = frozenset.intersection(*members)
    assert set(found.statements) <= common
    most = max(len(ballot & committee) for ballot in members)
    together = len(frozenset.union(*members) & committee)
    assert found.got == (together if found.property == "pjr" else most) < found.deserved
    if found.property in ("ejr", "pjr"):
        assert len(found.statements) >= found.deserved
    else:
        assert not set(found.statements) & committee


@pytest.mark.parametrize("name", PROPERTIES)
@settings(max_examples=250, deadline=None)
@given(SMALL, COMMITTEES, st.integers(1, 6), WEIGHTS)
def test_verdicts_are_those_of_the_definition(
    name: str, ballots: Ballots, committee: frozenset[int], seats: int, weights: list[int]
) -> None:
    plain = check(name, approved(ballots), sorted(committee), seats)
    assert plain.holds == holds(name, ballots, [1] * len(ballots), committee, seats)
    weighed = check(name, approved(ballots, weights[: len(ballots)]), sorted(committee), seats)
    assert weighed.holds == holds(name, ballots, weights, committee, seats)
    for verdict in (plain, weighed):
        if not verdict.holds:
            checked(verdict, ballots, committee)


@pytest.mark.parametrize("name", PROPERTIES)
def test_verdicts_are_those_of_abcvoting(name: str) -> None:
    found = [
        check(
            name,
            approved([frozenset(b) for b in case["ballots"]], statements=case["statements"]),
            case["committee"],
            len(case["committee"]),
        ).holds
        for case in GOLDEN["properties"]
    ]
    assert found == [case[name] for case in GOLDEN["properties"]]
    assert set(found) == {True, False}


@pytest.mark.parametrize("name", ["pjr", "ejr"])
def test_a_core_larger_than_need_be_gives_the_same_verdicts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "WORK", -1)
    for case in GOLDEN["properties"]:
        profile = approved([frozenset(b) for b in case["ballots"]], statements=case["statements"])
        verdict = check(name, profile, case["committee"], len(case["committee"]))
        assert verdict.holds == case[name], case


@settings(max_examples=200, deadline=None)
@given(BALLOTS, COMMITTEES, st.integers(1, 6))
def test_each_property_implies_the_one_before(
    ballots: Ballots, committee: frozenset[int], seats: int
) -> None:
    found = [
        bool(check(name, approved(ballots), sorted(committee), seats).holds) for name in PROPERTIES
    ]
    assert found == sorted(found, reverse=True)


def two_camps() -> tuple[Ballots, frozenset[int]]:
    """Ten people agree on four statements and have one each of three that were selected."""
    ballots = [frozenset({0, 1, 2, 3, 4 + who % 3}) for who in range(10)] + [frozenset({7})] * 10
    return ballots, frozenset({4, 5, 6, 7})


def test_together_is_less_than_alone() -> None:
    """Taken together they agree with three, nobody with more than one."""
    ballots, committee = two_camps()
    profile = approved(ballots, statements=8)
    assert check("pjr", profile, sorted(committee), 4).holds
    assert not check("ejr", profile, sorted(committee), 4).holds


def test_a_counterexample_reads_well() -> None:
    ballots, committee = two_camps()
    profile = approved(ballots, statements=8)
    found = check("ejr", profile, sorted(committee), 4).counterexample
    assert str(found) == (
        f"10 people all agree with statements {', '.join(map(str, found.statements))}. They are "
        "enough for 2 of 4 seats, but none of them agrees with more than 1 selected."
    )
    left_out = check("jr", profile, [7], 4).counterexample
    assert left_out.told(np.arange(100, 108)) == (
        "10 people all agree with statement 100. They are enough for one of 4 seats, "
        "but none of them agrees with any selected statement."
    )


def test_a_verdict_counts_people_and_names_statements() -> None:
    verdict = check("jr", approved([frozenset({0})] * 3 + [frozenset({1})]), [1], 2)
    assert verdict.to_dict(np.arange(10, 20)) == {
        "property": "jr",
        "holds": False,
        "bound": 0,
        "counterexample": {
            "people": 3,
            "statements": [10],
            "deserved": 1,
            "got": 0,
            "seats": 2,
        },
    }


@pytest.mark.parametrize("limit", ["CELLS", "DENSE"])
def test_what_is_too_large_for_the_solver_is_left_open(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballots, committee = two_camps()
    profile = approved(ballots, statements=8)
    monkeypatch.setattr(solver, limit, 0)
    verdict = check("ejr", profile, sorted(committee), 4)
    assert (verdict.holds, verdict.bound) == (None, 1)


def test_a_search_given_up_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    ballots, committee = two_camps()
    profile = approved(ballots, statements=8)
    monkeypatch.setattr(solver, "milp", lambda *_, **__: SimpleNamespace(status=1, x=None))
    verdict = check("ejr", profile, sorted(committee), 4)
    assert (verdict.holds, verdict.bound) == (None, 1)


def test_the_solver_is_not_loaded_while_it_is_not_needed() -> None:
    loaded = sys.modules.pop("aggregation.engine.properties.solver", None)
    assert check("ejr", approved([frozenset({0})] * 4), [0], 1).holds
    assert "aggregation.engine.properties.solver" not in sys.modules
    if loaded:
        sys.modules["aggregation.engine.properties.solver"] = loaded


@pytest.mark.parametrize("name", PROPERTIES)
def test_without_people_or_approvals_nothing_is_due(name: str) -> None:
    assert check(name, approved([]), [], 3).holds
    assert check(name, approved([frozenset()] * 3), [0, 1], 2).holds


@pytest.mark.reference_data
@pytest.mark.parametrize("name", PROPERTIES)
def test_the_panel_gets_its_due_from_equal_shares(name: str, ccai) -> None:
    votes = VoteMatrix.from_triplets(ccai.participants, ccai.statements, ccai.values)
    profile = approvals(votes)
    bought = equal_shares(profile, 75, completion="phragmen", ties=ties(profile))
    verdict = check(name, profile, [purchase.column for purchase in bought], 75)
    assert verdict.holds
