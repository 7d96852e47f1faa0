"""What the engine refuses can be said in every language, and says the same as the engine does."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from django.utils import translation

from aggregation.engine import RULES, EngineError, Plan, PlanError
from aggregation.engine import errors as engine_errors
from aggregation.engine.errors import MESSAGES
from aggregation.engine.params import Param
from aggregation.engine.plan import GROUPINGS, PARTICIPANTS, SPACE, TOP
from aggregation.engine.plan_sections import OPTIONAL
from deliberation import plan_toml
from deliberation.engine_words import FAULTS, FILES, REFUSALS, engine_words, refusal_words
from deliberation.plan_fault_words import PLAN_FAULTS, RANGES, setting_name
from deliberation.services.errors import Invalid

SMALLEST: dict[str, Any] = {
    "name": "small",
    "title": "A small plan",
    "rules": [{"id": "threshold", "above": 0.5}],
}
FACTS: dict[str, Any] = {
    "choices": ("a", "b"), "expected": "int", "found": 7, "meant": "b", "low": 1, "high": 2,
    "open_ended": False, "rule": "greedy_monroe", "total": "1.2", "field": "seed",
}  # fmt: skip


def given(code: str) -> dict[str, Any]:
    """A value for everything that the engine's message of this code names."""
    names = {name for _, name, _, _ in string.Formatter().parse(MESSAGES[code]) if name}
    return {name: FACTS.get(name, 7) for name in names} | FACTS


# Pages call settings by their names in the plan's form.
SAID_OTHERWISE = {"weights_not_whole", "space_not_converged", "strengths_unbounded"}


def plain(text: str) -> str:
    return re.sub("[“”]", '"', text)


def params() -> list[Param]:
    """Every setting that the engine knows."""
    found = [*TOP, *PARTICIPANTS, *SPACE]
    found += [param for settings in GROUPINGS.values() for param in settings]
    found += [param for _, settings in OPTIONAL.values() for param in settings]
    return found + [param for rule in RULES.values() for param in rule.params]


def test_every_code_of_the_engine_has_words_and_no_other_has() -> None:
    assert set(MESSAGES) == REFUSALS | PLAN_FAULTS | FAULTS | FILES
    assert not (REFUSALS | PLAN_FAULTS) & (FAULTS | FILES)
    assert not FAULTS & FILES


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_words_are_filled_in(code: str) -> None:
    kind = PlanError if code in PLAN_FAULTS else EngineError
    said = engine_words(kind(code, **given(code)))
    assert said
    assert "%(" not in said


@pytest.mark.parametrize("code", sorted(REFUSALS - SAID_OTHERWISE))
def test_english_of_pages_is_that_of_the_shell(code: str) -> None:
    params = given(code)
    assert plain(refusal_words(code, params)) == MESSAGES[code].format(**params)


@pytest.mark.parametrize(
    "code",
    sorted(PLAN_FAULTS - {"plan_not_toml", "whole_people_only", "margins_do_not_add_up"}),
)
def test_english_of_a_faulty_plan_is_that_of_the_shell(code: str) -> None:
    error = PlanError(code, **given(code))
    said = engine_words(error).replace(setting_name(error.field), f"“{error.field}”")
    assert plain(said) == str(error)


def test_every_type_that_a_setting_can_have_is_named() -> None:
    for expected, words in engine_errors.EXPECTED.items():
        error = PlanError("wrong_type", field="seed", expected=expected, found=None)
        assert f"must be {words}, not empty" in engine_words(error)


@pytest.mark.parametrize("param", params(), ids=lambda param: param.name)
def test_every_setting_has_words_for_its_range(param: Param) -> None:
    if param.kind in ("int", "float"):
        low, high = param.minimum is not None, param.maximum is not None
        assert (low, high, param.open_ended) in RANGES


@pytest.mark.parametrize("path", ["seed", "grouping.k_max", "rules[2].above", "thresholds[1]"])
def test_a_setting_goes_by_its_name_and_its_place(path: str) -> None:
    assert setting_name(path).endswith(f"({path})")
    assert path not in setting_name(path, path=False)


def test_rules_are_counted_from_one() -> None:
    assert setting_name("rules[2].above") == "“Threshold” of rule 3 (rules[2].above)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": "soon"}, "“Start of all random draws” (seed) must be a whole number, not the "),
        ({"seed": -1}, "must be between 0 and 9007199254740991, not -1."),
        ({"confidence": 1}, "must be more than 0 and less than 1, not 1."),
        ({"sed": 1}, "“sed” is not a setting. Did you mean “seed”?"),
        ({"grouping": {"method": "declared", "source": "x", "k": 3}}, "with the method “declared”"),
        ({"weights": {"margins": {"Age?": {"old": 0.4}}}}, "“Age?” must add up to 1, not to 0.4."),
        ({"rules": [{"id": "borda"}]}, "“Places in the selection” of rule 1 (rules[0].seats)"),
    ],
)
def test_a_mistake_in_a_plan_is_said_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(SMALLEST | change)
    assert words in engine_words(caught.value)


def test_parts_of_files_keep_their_order_where_one_reads_from_the_right() -> None:
    with translation.override("ar"):
        assert setting_name("thresholds[1]").endswith("(\u2066thresholds[1]\u2069)")
        assert "\u2066rules[0].abov\u2069" in setting_name("rules[0].abov")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    error = PlanError("out_of_range", field="x", low=0.5, high=None, open_ended=False, found=0.25)
    with translation.override("de"):
        said = engine_words(error)
    assert "0,25" in said
    assert "0,5" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = 'a'\ntitle = [\n", "It ends too early: a bracket"),
        (
            'name = "a\ntitle = "b"\n',
            'Line 1 cannot be read: “name = "a”. A bracket or a quotation',
        ),
        (
            "seed = 1\nseed = 2\n",
            "Line 2 cannot be read: “seed = 2”. Something is set twice there.",
        ),
        ("name\n", "Line 1 cannot be read: “name”"),
        ("seed = 1 2\n", "Line 1 cannot be read"),
    ],
)
def test_where_a_file_is_not_toml_is_said_without_the_readers_english(
    text: str, words: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        plan_toml.read(text)
    assert words in refusal.value.message
    assert "(at " not in refusal.value.message
