"""Raking: margins met, closed forms, bounds, unknown answers, and what cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from aggregation.engine import EngineError, Plan, VoteMatrix, aggregate
from aggregation.engine.matrix import Characteristic
from aggregation.engine.weights import Raking, rake


def known(name: str, labels: Sequence[int], values: str) -> Characteristic:
    return Characteristic(name, tuple(values), np.array(labels, dtype=np.int32))


def shares(raking: Raking, name: str) -> dict[str, float]:
    return {one.value: one.after for one in raking.margins if one.characteristic == name}


def test_one_characteristic_gives_the_ratio_of_shares() -> None:
    """8 of 10 are a and 2 are b; half and half are wanted."""
    found = rake([known("age", [0] * 8 + [1] * 2, "ab")], {"age": {"a": 0.5, "b": 0.5}})
    assert found.weights.tolist() == [625] * 8 + [2500] * 2
    # Kish: 10² over 8 · 0.625² + 2 · 2.5².
    assert found.effective_n == pytest.approx(100 / (8 * 0.625**2 + 2 * 2.5**2))
    assert found.design_effect == pytest.approx(10 / found.effective_n)
    assert (found.trimmed, found.converged) == (0, True)


def test_two_by_two_keeps_the_odds_ratio() -> None:
    """Raking changes margins and leaves the cross ratio; both together fix the table."""
    table = {(0, 0): 30, (0, 1): 10, (1, 0): 20, (1, 1): 40}
    people = [cell for cell, count in table.items() for _ in range(count)]
    one = known("age", [a for a, _ in people], "ab")
    two = known("place", [b for _, b in people], "xy")
    margins = {"age": {"a": 0.5, "b": 0.5}, "place": {"x": 0.6, "y": 0.4}}
    found = rake([one, two], margins, low=0.01, high=50)
    # p = share of cell (a, x): p (0.5 + 0.4 - 1 + p - ... ) solved for the odds ratio 6.
    odds = 30 * 40 / (10 * 20)
    roots = np.roots([1 - odds, (0.4 - 0.5) + odds * (0.5 + 0.6), -odds * 0.5 * 0.6])
    p = next(root for root in roots if 0 < root < 0.5)
    wanted = {
        (0, 0): p,
        (0, 1): 0.5 - p,
        (1, 0): 0.6 - p,
        (1, 1): 0.4 - 0.5 + p,
    }
    for cell, count in table.items():
        at = people.index(cell)
        assert found.weights[at] / 1000 == pytest.approx(100 * wanted[cell] / count, abs=6e-4)


PANELS = st.integers(2, 3).flatmap(
    lambda sizes: st.tuples(
        st.just(sizes),
        st.lists(st.tuples(st.integers(0, sizes - 1), st.integers(0, 1)), max_size=40),
        st.lists(st.integers(1, 9), min_size=sizes, max_size=sizes),
        st.integers(1, 9),
    )
)


def panel_of(drawn: Any) -> tuple[list[Characteristic], dict[str, dict[str, float]]]:
    """Every pair of answers is there, so margins can be met."""
    sizes, extra, parts, other = drawn
    people = [(a, b) for a in range(sizes) for b in range(2)] + extra
    values = "abc"[:sizes]
    margins = {
        "age": {value: part / sum(parts) for value, part in zip(values, parts, strict=True)},
        "place": {"x": other / 10, "y": 1 - other / 10},
    }
    one = known("age", [a for a, _ in people], values)
    return [one, known("place", [b for _, b in people], "xy")], margins


@settings(max_examples=60, deadline=None)
@given(PANELS)
def test_margins_are_met_where_nobody_is_trimmed(drawn: Any) -> None:
    characteristics, margins = panel_of(drawn)
    found = rake(characteristics, margins, low=0, high=1000)
    assert found.converged
    for name, wanted in margins.items():
        for value, share in shares(found, name).items():
            assert share == pytest.approx(wanted[value], abs=1e-3)
    assert found.weights.mean() == pytest.approx(1000, abs=1)
    assert found.design_effect >= 1 - 1e-9


@settings(max_examples=30, deadline=None)
@given(PANELS, st.randoms(use_true_random=False))
def test_order_of_people_characteristics_and_answers_changes_nothing(drawn: Any, rng: Any) -> None:
    characteristics, margins = panel_of(drawn)
    found = rake(characteristics, margins)
    order = list(range(len(found.weights)))
    rng.shuffle(order)
    shuffled = [
        Characteristic(one.name, one.values, one.labels[order]) for one in characteristics[::-1]
    ]
    again = rake(shuffled, dict(reversed(margins.items())))
    assert again.weights.tolist() == found.weights[order].tolist()


def test_twice_the_same_panel_has_the_same_weights() -> None:
    labels = ([0, 0, 0, 1, 1, 2, 2], [0, 1, 1, 0, 1, 0, 1])
    margins = {"age": {"a": 0.2, "b": 0.5, "c": 0.3}, "place": {"x": 0.3, "y": 0.7}}
    once = rake([known("age", labels[0], "abc"), known("place", labels[1], "xy")], margins)
    twice = rake([known("age", labels[0] * 2, "abc"), known("place", labels[1] * 2, "xy")], margins)
    assert twice.weights.tolist() == once.weights.tolist() * 2
    assert twice.effective_n == pytest.approx(2 * once.effective_n)


def test_what_trimming_takes_is_given_to_others_with_the_same_answer() -> None:
    """Against a general solver: the weights closest to 1, within bounds, that meet the margins."""
    size = np.array([30, 20, 36, 4, 6, 4])
    pairs = [(a, b) for a in range(3) for b in range(2)]
    people = [pair for pair, count in zip(pairs, size, strict=True) for _ in range(count)]
    characteristics = [
        known("age", [a for a, _ in people], "abc"),
        known("place", [b for _, b in people], "xy"),
    ]
    margins = {"age": {"a": 0.4, "b": 0.42, "c": 0.18}, "place": {"x": 0.66, "y": 0.34}}
    found = rake(characteristics, margins, low=0.5, high=1.9)
    assert found.converged
    assert found.trimmed > 0
    in_age = [np.array([a == at for a, _ in pairs]) for at in range(3)]
    in_place = np.array([b == 0 for _, b in pairs])
    wanted = [*zip(in_age, (40, 42, 18), strict=True), (in_place, 66)]
    conditions = [
        {"type": "eq", "fun": lambda w, mask=mask, total=total: (size * w)[mask].sum() - total}
        for mask, total in wanted
    ]
    closest = minimize(
        lambda w: (size * (w * np.log(w) - w + 1)).sum(),
        np.ones(6),
        bounds=[(0.5, 1.9)] * 6,
        constraints=conditions,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert closest.success
    first = np.cumsum(size) - size
    assert found.weights[first] / 1000 == pytest.approx(closest.x, abs=2e-3)


def test_bounds_that_leave_no_room_are_said() -> None:
    found = rake(
        [known("age", [0] * 99 + [1], "ab")], {"age": {"a": 0.5, "b": 0.5}}, low=0.5, high=3
    )
    assert not found.converged
    assert found.weights[-1] == 3000
    assert found.weights.min() >= 500
    assert found.largest_gap > 0.4
    assert found.to_dict()["converged"] is False


def test_unknown_answers_keep_their_part_of_the_panel() -> None:
    """2 of 10 gave no answer, 2 one that the margins do not name: together they count 4."""
    age = known("age", [0] * 5 + [1] + [-1] * 2 + [2] * 2, "abz")
    found = rake([age], {"age": {"a": 0.5, "b": 0.5}})
    assert found.weights.tolist() == [600] * 5 + [3000] + [1000] * 4
    assert shares(found, "age") == {"a": 0.5, "b": 0.5}


def test_a_share_of_nothing_gives_no_weight_unless_a_bound_keeps_some() -> None:
    age = [known("age", [0, 0, 1, 1], "ab")]
    margins = {"age": {"a": 1.0, "b": 0.0}}
    assert rake(age, margins, low=0, high=5).weights.tolist() == [2000, 2000, 0, 0]
    assert rake(age, margins, low=0.2, high=5).weights.tolist()[2:] == [200, 200]


@pytest.mark.parametrize(
    ("margins", "bounds", "code"),
    [
        ({"age": {"a": 0.5, "c": 0.5}}, {}, "margin_without_people"),
        ({"age": {"a": 0.5, "b": 0.4}}, {}, "margins_do_not_add_up"),
        ({"age": {"a": 1.5, "b": -0.5}}, {}, "margins_do_not_add_up"),
        ({"income": {"a": 1.0}}, {}, "characteristic_missing"),
        ({"age": {"a": 0.5, "b": 0.5}}, {"low": 1.5}, "bounds_malformed"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    margins: dict[str, dict[str, float]], bounds: dict[str, float], code: str
) -> None:
    with pytest.raises(EngineError) as caught:
        rake([known("age", [0, 0, 1], "abc")], margins, **bounds)
    assert caught.value.code == code
    assert "{" not in str(caught.value)


def test_a_run_with_weights_stands_beside_the_run_without() -> None:
    """All of a agree, nobody of b does; b is a quarter of the panel and half of the population."""
    people = range(40)
    values = [1 if who % 4 else -1 for who in people]
    labels = np.array([0 if who % 4 else 1 for who in people], dtype=np.int32)
    plain = VoteMatrix.from_triplets(
        people, [0] * 40, values, declared_groups=dict.fromkeys(people, 0)
    )
    matrix = VoteMatrix(
        plain.participant_ids, plain.statement_ids, plain.indptr, plain.indices, plain.values,
        plain.declared_groups, characteristics=(Characteristic("age", ("a", "b"), labels),),
    )  # fmt: skip
    rule = {"id": "threshold", "measure": "min_group", "above": 0.6, "min_group_votes": 1}
    plan = Plan.from_dict(
        {
            "name": "test",
            "title": "Test",
            "rules": [rule],
            "grouping": {"method": "declared", "source": "test"},
            "weights": {"margins": {"age": {"a": 0.5, "b": 0.5}}},
        }
    )
    found = aggregate(matrix, plan)
    assert found.selected == ()
    assert found.min_group[0] == pytest.approx(0.5, abs=1e-3)
    assert found.weighting is not None
    assert found.weighting["unweighted"]["min_group"] == [0.75]
