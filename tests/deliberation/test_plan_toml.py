"""A plan as a file: read back it is the same plan, and what is wrong with a file is said."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.engine import RULES, Plan, shipped, shipped_names
from aggregation.engine.params import Param
from aggregation.engine.plan import KMEANS
from aggregation.engine.plan_sections import PROPERTIES, SENSITIVITY, STABILITY
from deliberation import plan_toml
from deliberation.models.moderation import ReasonCode
from deliberation.services.errors import Invalid
from deliberation.set_up_round import REASONS, RoundFields, recommended

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
SAID = TEXT.filter(str.strip)


def values(param: Param) -> st.SearchStrategy[Any]:
    low, high = param.minimum, param.maximum
    if param.kind == "flag":
        return st.booleans()
    if param.kind == "choice":
        return st.sampled_from(param.choices)
    if param.kind == "int":
        return st.integers(int(low or 0), int(high if high is not None else 10_000))
    top = 100.0 if high is None else high
    return st.floats(low or 0.0, top, exclude_min=param.open_ended, exclude_max=param.open_ended)


def tables(params: tuple[Param, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({param.name: values(param) for param in params})


def one_rule(rule: str) -> st.SearchStrategy[dict[str, Any]]:
    return tables(RULES[rule].params).map(lambda settings: {"id": rule} | settings)


@st.composite
def margins(draw: st.DrawFn) -> dict[str, dict[str, float]]:
    names = draw(st.lists(SAID, min_size=1, max_size=3, unique=True))
    return {name: {"a": 0.25, draw(SAID.filter(lambda t: t != "a")): 0.75} for name in names}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    grouping = draw(tables(KMEANS))
    if draw(st.booleans()):
        grouping["k"] = None
    grouping["k_min"], grouping["k_max"] = sorted((grouping["k_min"], grouping["k_max"]))
    weights = {"low": 0.5, "high": 2.0, "margins": draw(margins())} if draw(st.booleans()) else None
    rules = [r for r in RULES if RULES[r].fractions or weights is None]
    chosen = draw(st.lists(st.sampled_from(rules), min_size=1, max_size=4, unique=True))
    thresholds = st.floats(0, 1, exclude_min=True, exclude_max=True)
    sections = {"stability": STABILITY, "sensitivity": SENSITIVITY, "properties": PROPERTIES}
    return Plan.from_dict(
        {
            "name": draw(SAID),
            "title": draw(SAID),
            "seed": draw(st.integers(0, 2**53 - 1)),
            "confidence": draw(st.floats(0.5, 0.999)),
            "thresholds": sorted(draw(st.lists(thresholds, max_size=5, unique=True))),
            "grouping": grouping,
            "rules": [draw(one_rule(rule)) for rule in chosen],
            **{name: draw(tables(sections[name])) for name in sections if draw(st.booleans())},
            **({"weights": weights} if weights else {}),
        }
    )


@given(plans(), TEXT, TEXT, st.sets(st.sampled_from([code for code, _ in REASONS]), min_size=1))
def test_what_is_written_reads_back_with_the_same_fingerprint(plan, policy, source, reasons):
    form = RoundFields(
        recommended()
        | {"moderation_policy": policy, "seed_source": source, "reason_codes": sorted(reasons)}
    )
    assert form.is_valid(), form.errors
    text = plan_toml.written(plan, form.cleaned_data)
    found = plan_toml.read(text)
    assert found.plan.hash == plan.hash
    assert found.columns == form.cleaned_data
    assert plan_toml.written(found.plan, found.columns) == text


@pytest.mark.parametrize("name", shipped_names())
def test_the_engine_reads_the_plan_of_a_file_without_the_round(name: str) -> None:
    assert Plan.from_toml(plan_toml.written(shipped(name), {})).hash == shipped(name).hash


def test_texts_of_several_lines_stay_readable() -> None:
    policy = 'First.\n\nA "quoted" \\n second.'
    text = plan_toml.written(shipped("default"), {"moderation_policy": policy})
    assert '"""\nFirst.\n\nA ' in text
    assert tomllib.loads(text)["round"]["moderation_policy"] == policy


BASE = plan_toml.written(shipped("default"), {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = [", "not written in TOML"),
        ("rules = " + "[" * 60_000, ""),
        (BASE.replace("above = 0.5", "above = 5.0"), "rules[0].above"),
        (BASE + "[unknown]\nx = 1\n", "unknown"),
        (BASE.replace('"default"', r'"de\u0000fault"'), "cannot be stored"),
        ("round = 3\n" + BASE, "must be a table"),
        (BASE + "[round]\ncolour = 1\n", "“round.colour” is not a setting."),
        (BASE + "[round]\ntarget_vote = 9\n", "Did you mean “target_votes”?"),
        (BASE + '[round]\ntarget_votes = "30"\n', "(round.target_votes) must be a whole number"),
        (BASE + "[round]\ntarget_votes = true\n", "must be a whole number, not true or false"),
        (
            BASE + "[round]\ntarget_votes = 0\n",
            "“Votes asked of each person” (round.target_votes): Ask",
        ),
        (BASE + "[round]\nshow_origin = 1\n", "must be true or false, not 1"),
        (BASE + '[round]\nreason_codes = "spam"\n', "must be a list, not the text “spam”"),
        (BASE + '[round]\nreason_codes = ["fits"]\n', "round.reason_codes"),
        (BASE + "[round]\nreason_codes = [1]\n", "(round.reason_codes)"),
        (BASE + "[round]\nseed_source = 1979-05-27\n", "must be a text, not 1979-05-27"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        plan_toml.read(text)
    assert words in refusal.value.message


def test_a_file_without_a_round_changes_the_counting_only() -> None:
    assert plan_toml.read(BASE).columns == {}


def test_reasons_that_no_moderator_gives_cannot_be_chosen() -> None:
    offered = {code for code, _ in REASONS}
    assert offered.isdisjoint({ReasonCode.FITS, ReasonCode.REPLACED, ReasonCode.SOURCE})


def test_the_engine_reads_the_file_of_a_deliberation_as_it_is() -> None:
    text = plan_toml.written(shipped("thorough"), {"target_votes": 30})
    assert "[round]" in text
    assert Plan.from_toml(text).hash == shipped("thorough").hash
