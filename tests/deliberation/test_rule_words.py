"""Every rule, measure and promise of the engine can be said in plain words."""

from __future__ import annotations

import pytest

from aggregation.engine import RULES
from aggregation.engine.consensus import MEASURES
from aggregation.engine.registry import GUARANTEES, UNSEEN
from deliberation.rule_words import (
    guarantee_in_words,
    measure_in_words,
    measure_name,
    rule_in_words,
    rule_name,
)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_name_and_a_sentence_with_its_settings(rule: str) -> None:
    settings = {
        param.name: param.default if param.default is not None else 7
        for param in RULES[rule].params
    }
    said = rule_in_words(rule, settings)
    assert rule_name(rule) == RULES[rule].label
    assert said != rule_name(rule)
    assert "%" not in said
    if "seats" in settings:
        assert "7" in said


def test_every_measure_and_promise_has_words() -> None:
    for measure in MEASURES:
        assert measure_name(measure) != measure
        assert measure_in_words(measure) != measure
    for one in GUARANTEES:
        assert guarantee_in_words(one) != one


@pytest.mark.parametrize("unseen", UNSEEN[1:])
def test_what_unseen_statements_count_is_said_where_it_is_not_the_usual(unseen: str) -> None:
    plain = rule_in_words("approval", {"seats": 5, "unseen": UNSEEN[0]})
    assert rule_in_words("approval", {"seats": 5, "unseen": unseen}).startswith(plain + " ")
