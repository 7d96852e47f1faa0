"""Why no panel meets the quotas, and what would help: each advice is followed and tried."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.lottery import LotteryError, Quota, Quotas, check, remaining_quotas
from tests.deliberation.lottery.pools import every_panel, made_up_pool

BOTH = [{"age": "young", "town": "north"}] * 10 + [{"age": "old", "town": "south"}] * 10
# All young people live in the north, and few of the north are wanted.
TORN = Quotas.of(
    {"age": {"young": (6, 10), "old": (0, 10)}, "town": {"north": (0, 4), "south": (0, 10)}}
)


def codes(features, quotas, seats):
    return [(one.code, dict(one.params)) for one in check(features, quotas, seats)]


def eased(quotas: Quotas, changes) -> Quotas:
    strata = {name: dict(values) for name, values in quotas.strata.items()}
    for change in changes:
        was = strata[change.stratum][change.value]
        assert getattr(was, change.side) == change.now
        strata[change.stratum][change.value] = (
            Quota(change.then, was.maximum)
            if change.side == "minimum"
            else Quota(was.minimum, change.then)
        )
    return Quotas(strata)


def without(quotas: Quotas, side, seats: int) -> Quotas:
    strata = {name: dict(values) for name, values in quotas.strata.items()}
    was = strata[side.stratum][side.value]
    strata[side.stratum][side.value] = (
        Quota(0, was.maximum) if side.side == "minimum" else Quota(was.minimum, seats)
    )
    return Quotas(strata)


def only(sides, quotas: Quotas, seats: int) -> Quotas:
    strata = {
        name: dict.fromkeys(values, Quota(0, seats)) for name, values in quotas.strata.items()
    }
    for side in sides:
        was = strata[side.stratum][side.value]
        strata[side.stratum][side.value] = (
            Quota(side.bound, was.maximum)
            if side.side == "minimum"
            else Quota(was.minimum, side.bound)
        )
    return Quotas(strata)


def test_quotas_that_can_be_met_have_no_contradiction():
    rows, quotas = made_up_pool(200, 40, seed=1)
    assert check(rows, quotas, 40) == []


def test_more_seats_than_people():
    assert codes([{}] * 3, Quotas({}), 4) == [("seats_above_pool", {"seats": 4, "people": 3})]


def test_what_is_wrong_with_a_single_stratum_is_said_for_all_at_once():
    quotas = Quotas.of(
        {
            "age": {"young": (8, 10), "old": (5, 9)},
            "town": {"north": (2, 4), "south": (1, 5)},
            "work": {"yes": (3, 2), "no": (0, 20)},
        }
    )
    rows = [row | {"work": "no"} for row in BOTH]
    assert codes(rows, quotas, 12) == [
        ("minimums_above_seats", {"stratum": "age", "total": 13, "seats": 12}),
        ("maximums_below_seats", {"stratum": "town", "total": 9, "seats": 12}),
        ("quota_reversed", {"stratum": "work", "value": "yes", "minimum": 3, "maximum": 2}),
        ("too_few_people", {"stratum": "work", "value": "yes", "minimum": 3, "people": 0}),
    ]


def test_people_run_out_although_the_maximums_would_do():
    quotas = Quotas.of({"age": {"young": (0, 2), "old": (0, 20)}})
    assert codes(BOTH, quotas, 15) == [
        ("too_few_for_seats", {"stratum": "age", "possible": 12, "seats": 15})
    ]


def test_people_with_a_value_without_a_quota_are_counted():
    quotas = Quotas.of({"age": {"young": (0, 5)}})
    rows = [*BOTH[:10], {"age": "odd"}, {"age": "odd"}, {}]
    assert codes(rows, quotas, 5) == [
        ("value_unknown", {"stratum": "age", "value": "", "people": 1}),
        ("value_unknown", {"stratum": "age", "value": "odd", "people": 2}),
    ]


def test_two_quotas_that_contradict_each_other_are_named_with_what_would_help():
    [found] = check(BOTH, TORN, 10)
    assert found.code == "together"
    assert {(side.stratum, side.value, side.side, side.bound) for side in found.conflict} == {
        ("age", "young", "minimum", 6),
        ("town", "north", "maximum", 4),
    }
    assert sum(abs(change.then - change.now) for change in found.changes) == 2
    [recruits] = found.recruits
    assert (recruits.people, dict(recruits.values)) == (2, {"age": "young", "town": "south"})


@st.composite
def torn_pools(make):
    """Small pools with quotas taken from people who are not in it."""
    people = make(st.integers(4, 10))
    row = st.fixed_dictionaries({name: st.sampled_from("ab") for name in ("s", "t", "u")})
    rows = make(st.lists(row, min_size=people, max_size=people))
    seats = make(st.integers(1, 4))
    other = make(st.lists(row, min_size=seats, max_size=seats))
    quotas = {}
    for name in ("s", "t", "u"):
        held = Counter(one[name] for one in other)
        quotas[name] = {value: (held[value], held[value]) for value in "ab"}
    return rows, Quotas.of(quotas), seats


@settings(max_examples=120, deadline=None)
@given(torn_pools())
def test_check_agrees_with_all_panels_one_by_one_and_its_advice_works(pool):
    rows, quotas, seats = pool
    found = check(rows, quotas, seats)
    assert bool(found) != bool(every_panel(rows, quotas, seats))
    for one in found:
        if one.code != "together":
            continue
        assert check(rows, eased(quotas, one.changes), seats) == []
        more = [dict(group.values) for group in one.recruits for _person in range(group.people)]
        assert more
        assert check(rows + more, quotas, seats) == []
        kept = only(one.conflict, quotas, seats)
        assert not every_panel(rows, kept, seats)
        for side in one.conflict:
            assert every_panel(rows, without(kept, side, seats), seats)


def test_what_remains_of_the_quotas_when_some_people_stay():
    quotas = Quotas.of({"age": {"young": (2, 3), "old": (1, 2)}})
    staying = [{"age": "young"}, {"age": "young"}, {"age": "old"}]
    assert remaining_quotas(quotas, staying) == Quotas.of({"age": {"young": (0, 1), "old": (0, 1)}})
    assert remaining_quotas(quotas, staying * 2).strata["age"]["young"] == Quota(0, 0)


def test_quotas_survive_the_way_to_the_database_and_back():
    assert Quotas.from_json(TORN.to_json()) == TORN
    assert list(Quotas.from_json(TORN.to_json()).strata) == ["age", "town"]


def test_a_refusal_survives_pickling():
    again = pickle.loads(pickle.dumps(LotteryError("unsolved", status=4)))
    assert (again.code, again.params) == ("unsolved", {"status": 4})
    with pytest.raises(LotteryError, match=r"unsolved \(status=4\)"):
        raise again
