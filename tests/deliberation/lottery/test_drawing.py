"""Draws against all panels one by one, and on pools as large as the ones people draw from."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deliberation.lottery import LotteryError, Quotas, draw, pool_digest, replay
from tests.deliberation.lottery.pools import every_panel, leximin_by_force, made_up_pool


@st.composite
def small_pools(make):
    """Up to 9 people, up to 3 strata, quotas around those of one panel: often very tight."""
    people = make(st.integers(3, 9))
    seats = make(st.integers(1, min(4, people)))
    strata = make(st.integers(1, 3))
    rows = [
        {f"s{n}": make(st.sampled_from("abc")) for n in range(strata)} for _person in range(people)
    ]
    slack = make(st.integers(0, 1))
    quotas = {}
    for n in range(strata):
        held = Counter(row[f"s{n}"] for row in rows[:seats])
        quotas[f"s{n}"] = {
            value: (max(0, held[value] - slack), held[value] + slack) for value in "abc"
        }
    return rows, Quotas.of(quotas), seats


def met(drawn) -> bool:
    return all(count.minimum <= count.drawn <= count.maximum for count in drawn.counts)


@settings(max_examples=60, deadline=None)
@given(small_pools())
def test_leximin_is_that_of_all_panels_one_by_one(pool):
    rows, quotas, seats = pool
    expected = leximin_by_force(len(rows), every_panel(rows, quotas, seats))
    drawn = draw(rows, quotas, seats, seed="seed")
    assert drawn.probabilities == pytest.approx(expected, abs=2e-6)
    assert drawn.exact
    assert drawn.bound == pytest.approx(min(p for p in expected if p > 1e-7), abs=2e-6)


def test_leximin_is_that_of_another_implementation_on_a_pool_too_large_for_force():
    """The file is what sortition-algorithms 0.12.15 computes (tests/benchmarks/lottery.py)."""
    theirs = json.loads((Path(__file__).parent / "sortition_leximin.json").read_text())
    rows, quotas = made_up_pool(theirs["people"], theirs["seats"], theirs["seed"])
    drawn = draw(rows, quotas, theirs["seats"], seed="seed")
    assert drawn.probabilities == pytest.approx(theirs["leximin"], abs=1e-5)
    assert len(set(theirs["leximin"])) > 5


@settings(max_examples=40, deadline=None)
@given(small_pools())
def test_maximin_gives_the_smallest_chance_that_any_draw_can(pool):
    rows, quotas, seats = pool
    expected = leximin_by_force(len(rows), every_panel(rows, quotas, seats))
    assume(min(expected) > 1e-7)
    drawn = draw(rows, quotas, seats, seed="seed", algorithm="maximin")
    assert min(drawn.probabilities) == pytest.approx(min(expected), abs=2e-6)


@settings(max_examples=40, deadline=None)
@given(small_pools(), st.text(min_size=1).filter(str.strip), st.randoms())
def test_who_is_drawn_meets_the_quotas_and_does_not_depend_on_the_order_of_rows(pool, seed, random):
    rows, quotas, seats = pool
    ids = [str(100 + number) for number in range(len(rows))]
    drawn = draw(rows, quotas, seats, seed=seed, ids=ids)
    assert met(drawn)
    assert len(set(drawn.chosen)) == seats
    assert sum(drawn.probabilities) == pytest.approx(seats)
    order = list(range(len(rows)))
    random.shuffle(order)
    turned = Quotas(dict(reversed(list(quotas.strata.items()))))
    again = draw(
        [rows[at] for at in order], turned, seats, seed=seed, ids=[ids[at] for at in order]
    )
    assert {order[at] for at in again.chosen} == set(drawn.chosen)
    assert again.lot == drawn.lot


@pytest.mark.parametrize(("people", "seats"), [(200, 40), (500, 40)])
@pytest.mark.parametrize("algorithm", ["leximin", "maximin"])
def test_a_pool_with_five_strata_meets_all_quotas_with_the_best_smallest_chance(
    people, seats, algorithm
):
    rows, quotas = made_up_pool(people, seats, seed=1)
    drawn = draw(rows, quotas, seats, seed="4 8 15 16 23 42", algorithm=algorithm)
    assert met(drawn)
    assert len(drawn.counts) == 20
    assert len(drawn.chosen) == seats
    assert drawn.minimum >= 0.99 * drawn.bound
    assert drawn.exact


def test_a_pool_of_2000_meets_all_quotas_with_the_best_smallest_chance():
    rows, quotas = made_up_pool(2000, 100, seed=1)
    drawn = draw(rows, quotas, 100, seed="4 8 15 16 23 42")
    assert met(drawn)
    assert len(drawn.chosen) == 100
    assert drawn.unreachable == 0
    assert drawn.minimum >= 0.99 * drawn.bound
    assert drawn.exact


def test_people_with_equal_values_have_exactly_equal_chances():
    rows, quotas = made_up_pool(200, 40, seed=2)
    chances: dict[tuple[str, ...], set[float]] = {}
    for row, chance in zip(rows, draw(rows, quotas, 40, seed="x").probabilities, strict=True):
        chances.setdefault(tuple(row.values()), set()).add(chance)
    assert {len(of_kind) for of_kind in chances.values()} == {1}


def test_over_many_seeds_people_are_drawn_as_often_as_their_chance_says():
    rows = [{"side": "left"}] * 6 + [{"side": "right"}] * 3
    quotas = Quotas.of({"side": {"left": (1, 2), "right": (1, 2)}})
    times = np.zeros(len(rows))
    for seed in range(300):
        drawn = draw(rows, quotas, 3, seed=str(seed))
        times[list(drawn.chosen)] += 1
    assert drawn.probabilities == pytest.approx([1 / 3] * 9, abs=1e-6)
    # Four standard deviations of 300 draws.
    assert np.abs(times / 300 - drawn.probabilities).max() < 4 * np.sqrt(2 / 9 / 300)


def test_without_strata_everyone_has_the_same_chance():
    drawn = draw([{}] * 20, Quotas({}), 5, seed="x")
    assert drawn.probabilities == pytest.approx([0.25] * 20)
    assert len(drawn.chosen) == 5


def test_someone_no_panel_can_have_is_counted_and_the_rest_is_fair_all_the_same():
    # Whoever is "x" and "p" would need a second "x".
    rows = [{"a": "x", "b": "p"}, *[{"a": "x", "b": "q"}] * 2, *[{"a": "y", "b": "q"}] * 4]
    quotas = Quotas.of({"a": {"x": (1, 1), "y": (2, 2)}, "b": {"p": (0, 0), "q": (3, 3)}})
    drawn = draw(rows, quotas, 3, seed="x")
    assert drawn.unreachable == 1
    assert drawn.minimum == pytest.approx(0.5)
    assert drawn.bound == pytest.approx(0.5)


def test_fractions_that_promise_too_much_are_noticed():
    """In each pair of strata one may come; fractions would take half of each of the three."""
    rows = [
        {"a": "1", "b": "1", "c": "0"},
        {"a": "1", "b": "0", "c": "1"},
        {"a": "0", "b": "1", "c": "1"},
        *[{"a": "0", "b": "0", "c": "0"}] * 3,
    ]
    quotas = Quotas.of({name: {"1": (0, 1), "0": (0, 2)} for name in "abc"})
    drawn = draw(rows, quotas, 2, seed="x")
    expected = leximin_by_force(6, every_panel(rows, quotas, 2))
    assert drawn.probabilities == pytest.approx(expected, abs=2e-6)
    assert drawn.bound == pytest.approx(1 / 3, abs=1e-6)


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    rows, quotas = made_up_pool(200, 40, seed=3)
    first = draw(rows, quotas, 40, seed="one")
    assert draw(rows, quotas, 40, seed="one") == first
    other = draw(rows, quotas, 40, seed="two")
    assert other.chosen != first.chosen
    assert other.probabilities == first.probabilities
    assert other.lot.portfolio_digest == first.lot.portfolio_digest


def test_the_last_step_can_be_redone_from_what_is_published():
    rows, quotas = made_up_pool(200, 40, seed=3)
    ids = [str(number) for number in range(200)]
    lot = draw(rows, quotas, 40, seed="one", ids=ids).lot
    assert lot.pool_digest == pool_digest(rows, ids)
    assert replay("one", lot.pool_digest, lot.tickets) == (lot.number, lot.panel)
    assert sum(lot.tickets) == 1_000_000_000
    assert len(lot.panels) == len(lot.tickets)


def test_the_lot_number_is_the_hash_of_seed_and_digest():
    # sha256 of "one\nffff": 0x3bbb4cd0… of 2**256, times ten.
    from hashlib import sha256

    share = int(sha256(b"one\nffff").hexdigest(), 16) / 2**256
    assert replay("one", "ffff", [1] * 10) == (int(share * 10), int(share * 10))


def test_a_published_digest_decides_the_lot_rather_than_ones_own():
    rows = [{}] * 50
    own = draw(rows, Quotas({}), 5, seed="x")
    given_one = draw(rows, Quotas({}), 5, seed="x", digest="0" * 64)
    assert given_one.lot.pool_digest == "0" * 64
    assert given_one.chosen != own.chosen


def test_progress_rises_and_can_stop_the_draw():
    rows, quotas = made_up_pool(200, 40, seed=1)
    told: list[tuple[int, str]] = []
    draw(rows, quotas, 40, seed="x", progress=lambda percent, step: told.append((percent, step)))
    assert [percent for percent, _step in told] == sorted(percent for percent, _step in told)
    assert {step for _percent, step in told} >= {"checking", "chances", "panels", "lot"}

    def stop(percent: int, step: str) -> None:
        if step == "panels":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        draw(rows, quotas, 40, seed="x", progress=stop)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"seed": " "}, "empty_seed"),
        ({"algorithm": "nash"}, "algorithm_unknown"),
        ({"ids": ["1", "1", "2"]}, "ids_repeated"),
        ({"seats": 4}, "infeasible"),
        ({"seats": 0}, "infeasible"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, code):
    asked = {"features": [{}] * 3, "quotas": Quotas({}), "seats": 2, "seed": "x"} | changed
    with pytest.raises(LotteryError) as refused:
        draw(asked.pop("features"), asked.pop("quotas"), asked.pop("seats"), **asked)
    assert refused.value.code == code
