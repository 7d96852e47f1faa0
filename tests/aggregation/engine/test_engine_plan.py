"""Plans: strict in reading, complete in writing, the same hash for the same analysis."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
from typing import Any

import pytest

from aggregation.engine import RULES, EngineError, Plan, PlanError, shipped, shipped_names

SMALLEST: dict[str, Any] = {
    "name": "small",
    "title": "A small plan",
    "rules": [{"id": "threshold", "above": 0.5}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The smallest plan with one setting put at a dotted path."""
    result: dict[str, Any] = json.loads(json.dumps(SMALLEST))
    *sections, last = path.split(".")
    table: Any = result
    for section in sections:
        table = table[0] if section == "0" else table.setdefault(section, {})
    table[last] = value
    return result


def test_defaults_are_filled_in_and_written_out() -> None:
    plan = Plan.from_dict(SMALLEST)
    written = plan.to_dict()
    assert written["grouping"]["k_max"] == 5
    assert written["rules"] == [
        {"id": "threshold", "above": 0.5, "measure": "gac_polis", "min_group_votes": 5}
    ]
    assert written["thresholds"] == [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    assert Plan.from_dict(written) == plan
    assert Plan.from_dict(json.loads(plan.canonical_json)).hash == plan.hash


def test_the_hash_is_of_the_canonical_text() -> None:
    plan = Plan.from_dict(SMALLEST)
    assert plan.hash == hashlib.sha256(plan.canonical_json.encode()).hexdigest()


def test_how_a_plan_is_written_down_does_not_change_its_hash() -> None:
    spelled_out = changed("grouping.method", "kmeans") | {"seed": 0, "confidence": 0.95}
    reordered = dict(reversed(list(spelled_out.items())))
    assert Plan.from_dict(reordered).hash == Plan.from_dict(SMALLEST).hash


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 7),
        ("title", "Another"),
        ("version", 2),
        ("confidence", 0.9),
        ("thresholds", [0.5]),
        ("participants.min_votes", 3),
        ("space.dimensions", 3),
        ("grouping.k", 3),
        ("grouping.starts", 11),
        ("rules.0.above", 0.51),
        ("rules.0.measure", "gac_raw"),
    ],
)
def test_every_setting_changes_the_hash(path: str, value: Any) -> None:
    assert Plan.from_dict(changed(path, value)).hash != Plan.from_dict(SMALLEST).hash


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        ("sed", 1, "sed", 'Did you mean "seed"?'),
        ("grouping.k_maximum", 1, "grouping.k_maximum", 'Did you mean "k_max"?'),
        ("rules.0.abov", 1, "rules[0].abov", 'Did you mean "above"?'),
        ("rules.0.id", "treshold", "rules[0].id", 'Did you mean "threshold"?'),
        ("rules.0.id", 5, "rules[0].id", "must be one of"),
        ("rules.0.measure", "gac", "rules[0].measure", "must be one of"),
        ("rules.0.above", 1.5, "rules[0].above", "between 0 and 1"),
        ("rules.0.above", "high", "rules[0].above", 'a number, not the text "high"'),
        ("rules.0.above", float("nan"), "rules[0].above", "must be a number"),
        ("rules.0.min_group_votes", -1, "rules[0].min_group_votes", "0 or more"),
        ("rules.0.min_group_votes", 1.0, "rules[0].min_group_votes", "a whole number"),
        ("seed", True, "seed", "not true or false"),
        ("seed", -1, "seed", "between 0 and"),
        ("seed", None, "seed", "not empty"),
        ("name", "", "name", "an empty text"),
        ("confidence", 1, "confidence", "both excluded"),
        ("thresholds", [0.7, 0.6], "thresholds", "must rise"),
        ("thresholds", [0.7, 1.2], "thresholds[1]", "both excluded"),
        ("thresholds", 0.7, "thresholds", "a list"),
        ("rules", [], "rules", "at least one rule"),
        ("rules", {}, "rules", "a list, not a table"),
        ("rules", [3], "rules[0]", "a table of settings"),
        ("rules", [{"above": 1}], "rules[0].id", "is missing"),
        ("rules", [{"id": "threshold"}], "rules[0].above", "is missing"),
        ("rules", SMALLEST["rules"] * 2, "rules", "twice"),
        ("space", [2], "space", "a table of settings, not a list"),
        ("grouping.source", "x", "grouping.source", "does not fit"),
        ("grouping.method", "declared", "grouping.source", "is missing"),
        ("grouping.k_min", 6, "grouping.k_max", "k_min is 6 and k_max is 5"),
    ],
)
def test_what_does_not_hold_is_named_by_its_path(
    path: str, value: Any, field: str, words: str
) -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(changed(path, value))
    assert caught.value.field == field
    assert words in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.field, str(again)) == (PlanError, field, str(caught.value))


@pytest.mark.parametrize("missing", ["name", "title", "rules"])
def test_what_must_be_there_is_named(missing: str) -> None:
    with pytest.raises(PlanError, match=f'"{missing}" is missing'):
        Plan.from_dict({key: value for key, value in SMALLEST.items() if key != missing})


def test_settings_of_another_method_are_refused() -> None:
    given = changed("grouping.method", "declared")
    given["grouping"] |= {"source": "group-id", "k": 3}
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(given)
    assert caught.value.field == "grouping.k"


def test_a_plan_that_is_built_or_changed_in_code_is_checked_too() -> None:
    plan = Plan.from_dict(SMALLEST)
    with pytest.raises(PlanError, match="seed"):
        dataclasses.replace(plan, seed=-1)
    assert dataclasses.replace(plan, seed=9).to_dict()["seed"] == 9


def test_a_plan_is_frozen_and_can_be_a_key() -> None:
    plan = Plan.from_dict(SMALLEST)
    assert {plan: 1}[Plan.from_dict(SMALLEST)] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.seed = 2  # type: ignore[misc]


def test_toml_that_is_none_is_named() -> None:
    with pytest.raises(PlanError, match="not valid TOML"):
        Plan.from_toml("name = ")


def test_shipped_plans_are_there_and_read_back() -> None:
    assert shipped_names() == ("ccai-2023", "default", "thorough")
    for name in shipped_names():
        plan = shipped(name)
        assert plan.name == name
        assert Plan.from_dict(plan.to_dict()) == plan


def test_the_default_plan_drafts_by_consensus_and_shows_a_proportional_choice() -> None:
    plan = shipped("default")
    assert [rule.id for rule in plan.rules] == ["threshold", "sequential_pav"]
    assert plan.rules[0].settings["measure"] == "gac_polis"
    assert plan.grouping.method == "kmeans"


def test_the_plan_of_2023_is_what_was_published() -> None:
    plan = shipped("ccai-2023")
    assert (plan.grouping.method, plan.grouping.source) == ("declared", "group-id")
    assert plan.rules[0].settings == {"measure": "gac_raw", "above": 0.723, "min_group_votes": 1}


def test_a_plan_that_does_not_ship_is_named() -> None:
    with pytest.raises(EngineError, match="There are: ccai-2023, default"):
        shipped("ccai")


def test_every_rule_describes_itself_and_its_settings() -> None:
    for name, rule in RULES.items():
        assert rule.id == name
        assert rule.label
        assert rule.inputs
        assert rule.complexity
        assert rule.reference
        for param in rule.params:
            assert param.help.endswith(".")
            assert param.required or param.default is not None


WHOLE: dict[str, Any] = {
    "weights": {"margins": {"age": {"old": 0.4, "young": 0.6}}},
    "stability": {"resamples": 50, "refit_groups": False},
    "sensitivity": {},
    "properties": {"jr": False},
    "ranges": {"participants": 512},
}


def test_optional_sections_are_read_back_and_change_the_hash() -> None:
    plain = shipped("ccai-2023")
    for name, section in WHOLE.items():
        plan = Plan.from_dict(plain.to_dict() | {name: section})
        assert plan.hash != plain.hash
        assert Plan.from_dict(plan.to_dict()) == plan
    assert not set(WHOLE) & set(plain.to_dict())


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"weights": {}}, "weights.margins"),
        ({"weights": {"margins": {}}}, "weights.margins"),
        ({"weights": {"margins": {"age": {"old": 0.5}}}}, "weights.margins.age"),
        ({"weights": {"margins": {"age": {"old": 2}}}}, "weights.margins.age.old"),
        ({"weights": {"margins": {"age": {"old": 1}}, "low": 2}}, "weights.low"),
        (
            {
                "weights": {"margins": {"age": {"old": 1}}},
                "rules": [{"id": "approval", "seats": 2}, {"id": "greedy_monroe", "seats": 2}],
            },
            "rules[1].id",
        ),
        ({"stability": {"resamples": 0}}, "stability.resamples"),
        ({"stability": {"refit_groups": "yes"}}, "stability.refit_groups"),
        ({"stability": {"resample": 5}}, "stability.resample"),
        ({"ranges": {"participants": 100}}, "ranges.participants"),
        ({"grouping": {"method": "strata"}}, "grouping.source"),
        ({"grouping": {"method": "strata", "source": "age", "k": 2}}, "grouping.k"),
    ],
)
def test_an_optional_section_that_does_not_hold_is_named(
    section: dict[str, Any], field: str
) -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(shipped("default").to_dict() | section)
    assert caught.value.field == field
    assert str(caught.value)
