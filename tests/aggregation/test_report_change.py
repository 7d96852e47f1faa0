"""What would change the outcome: from a summary as the engine writes it, real and made up."""

from __future__ import annotations

import pytest

from aggregation.models import Run
from aggregation.report.change import change_of
from aggregation.report.lines import lines
from aggregation.report.steadiness import resampling
from aggregation.words import variant_in_words
from tests.aggregation.reporting import DEEP, another, closed, finish, text_of, two_groups

pytestmark = pytest.mark.django_db


@pytest.fixture
def deep() -> Run:
    round = closed()
    return finish(round, another(round, DEEP))


def retold(run: Run, **summary: object) -> Run:
    """The run with parts of its summary made up; nothing is stored, a done run is frozen."""
    run.summary = run.summary | summary
    return run


def steady(*frequencies: float, flips: list[int | None] | None = None) -> dict:
    """A summary of 200 resamples of one rule."""
    return {
        "resamples": 200,
        "refit_groups": True,
        "k": {"2": 150, "3": 50},
        "membership": 0.875,
        "rules": [
            {
                "frequency": list(frequencies),
                "rank": [[1, 4] if one else None for one in frequencies],
                "steady": 1,
                "typical_change": 1.5,
                "flip": flips or [None] * len(frequencies),
                "flip_exact": True,
            }
        ],
    }


def test_what_stands_firm_is_told_from_what_is_open(deep):
    run = retold(deep, stability=steady(1.0, 0.6, 0.2, 0.0), variants=[])
    (rule,) = change_of(run, lines(run)).rules
    numbers = [line.number for line in lines(run)]
    assert [line.number for line in rule.firm] == numbers[:1]
    selected = [line.number for line in lines(run) if line.selected_by(0)]
    rare = [number for number in selected if number == numbers[3]]
    assert [line.number for line in rule.open] == [*numbers[1:3], *rare]


def test_the_closest_calls_come_first(deep):
    run = retold(deep, stability=steady(1.0, 0.6, 0.2, 0.0, flips=[9, 2, None, 4]))
    (rule,) = change_of(run, lines(run)).rules
    assert [line.steady[0].flip for line in rule.closest] == [2, 4, 9]


def test_numbers_of_groups_are_shares_of_all_resamples(deep):
    found = resampling(retold(deep, stability=steady(1.0, 0.6, 0.2, 0.0)))
    assert found.groups == ((2, 0.75), (3, 0.25))


def test_a_summary_about_other_statements_is_refused(deep):
    run = retold(deep, stability=steady(1.0, 0.6))
    with pytest.raises(ValueError, match="another number of statements"):
        lines(run)


def test_the_page_says_it_without_a_word_of_statistics(client, deep):
    text = text_of(client.get(f"/d/assistant/report/{deep.pk}/change/"))
    assert "This was done 12 times, keeping the size of each opinion group" in text
    assert "In a typical redrawn panel" in text
    assert "If a few people had voted otherwise" in text
    assert "With the threshold at 0.55" in text
    for word in ("bootstrap", "resampl", "quantile", "None", "nan"):
        assert word not in text


def test_the_variants_are_those_of_the_engine(deep):
    variants = change_of(deep, lines(deep)).variants
    assert len(variants) == len(deep.summary["variants"]) > 0
    for told, found in zip(variants, deep.summary["variants"], strict=True):
        assert [line.number for line in told.added] == found["added"]
        assert [line.number for line in told.dropped] == found["dropped"]
        assert told.selected == found["selected"]


@pytest.mark.parametrize(
    ("kind", "code", "params", "words"),
    [
        ("k", "k", {"k": 3}, "With 3 opinion groups"),
        ("threshold", "above", {"above": 0.45}, "With the threshold at 0.45"),
        ("rule", "rule", {"rule": "approval", "index": 1}, "By another rule: Most agree votes"),
        ("weights", "unweighted", {}, "With every person counted once"),
        (
            "exclusions",
            "with_excluded",
            {"people": 1},
            "With the 1 person counted who was left out",
        ),
        ("threshold", "something later", {"new": 1}, "With another threshold"),
        ("something later", "something later", {}, "something later"),
    ],
)
def test_every_kind_of_variant_has_words(kind, code, params, words):
    assert variant_in_words(kind, code, params) == words


def test_a_run_that_was_not_asked_says_so_and_shows_nothing(client):
    round = closed()
    run = finish(round, two_groups(round))
    assert resampling(run) is None
    text = text_of(client.get(f"/d/assistant/report/{run.pk}/change/"))
    assert "The plan of this run did not ask for this." in text
    assert "redrawn" not in text
    assert "redrawn" not in text_of(client.get(f"/d/assistant/report/{run.pk}/"))


def test_the_report_gives_the_gist_and_leads_there(client, deep):
    page = client.get(f"/d/assistant/report/{deep.pk}/")
    assert "the panel was drawn again 12 times" in text_of(page)
    assert f"/d/assistant/report/{deep.pk}/change/" in page.content.decode()


def test_a_rule_that_was_too_slow_to_repeat_lends_its_place_to_no_other(client, deep):
    found = steady(1.0, 0.6, 0.2, 0.0)
    run = retold(deep, stability=found | {"rules": [None, *found["rules"]]}, variants=[])
    assert resampling(run).drafting is None
    assert change_of(run, lines(run)).drafting is None
    assert [rule.index for rule in change_of(run, lines(run)).rules] == [1]
    assert all(line.frequency(0) is None for line in lines(run))
