"""Suggestions of where a principle belongs are right often enough to help.

Measured on tests/constitutions/data (60 principles; own words, one coder, written before the
matcher was first run and not changed since):

    pillar or "beyond" right    73 %, as drafted principles 78 %   (always "beyond": 33 %)
    aspect or area right        65 %, as drafted principles 70 %   (always the same one: 2 %)
    right one among the two     85 %

With 60 principles one standard error is 6 points, and the floors below lie about that much or
more under what was measured. So this is an aid for a person who decides, and no more.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from constitutions import similarity
from constitutions.baselines import BEYOND, Baseline, load
from constitutions.similarity import (
    LEAST_AREA_SCORE,
    LEAST_SCORE,
    Suggestion,
    suggest_aspect,
    suggest_aspects,
)

LABELLED = tomllib.loads(
    (Path(__file__).parent / "data" / "labelled_principles.toml").read_text(encoding="utf-8")
)["principles"]


@pytest.fixture(scope="module")
def hhh() -> Baseline:
    return load("hhh")


def group(code: str) -> str:
    """Pillar of an item id, or "beyond"."""
    return code.split(".")[0]


def right(suggestions: list[Suggestion]) -> tuple[float, float, float]:
    """Shares with the right pillar, the right item, and the right item among the best two."""
    pairs = list(zip(suggestions, (entry["code"] for entry in LABELLED), strict=True))
    pillar = np.mean([(s.pillar or BEYOND) == group(code) for s, code in pairs])
    item = np.mean([s.item_id == code for s, code in pairs])
    two = np.mean([code in (s.item_id, s.runner_up) for s, code in pairs])
    return float(pillar), float(item), float(two)


def test_suggestions_beat_guessing_by_far(hhh: Baseline) -> None:
    codes = [entry["code"] for entry in LABELLED]
    commonest = Counter(group(code) for code in codes).most_common(1)[0][1] / len(codes)
    pillar, item, two = right(suggest_aspects([entry["text"] for entry in LABELLED], hhh))
    assert len(codes) == 60
    assert commonest < 0.35
    assert pillar >= 0.65
    assert item >= 0.55
    assert two >= 0.75


def test_the_wording_of_drafted_principles_does_no_harm(hhh: Baseline) -> None:
    texts = [f"Choose the response that most {entry['text'].lower()}" for entry in LABELLED]
    pillar, item, _ = right(suggest_aspects(texts, hhh))
    assert pillar >= 0.65
    assert item >= 0.55


def test_no_labelled_principle_is_an_example(hhh: Baseline) -> None:
    examples = {text for item in hhh.items for text in item.examples}
    assert not examples & {entry["text"] for entry in LABELLED}
    assert {entry["code"] for entry in LABELLED} <= {item.id for item in hhh.items}


def test_the_threshold_keeps_the_pillars_and_lets_go_of_what_they_lack(hhh: Baseline) -> None:
    index = similarity._index(hhh)
    texts = [text for item in hhh.items for text in item.examples]
    itself = np.eye(len(texts), dtype=bool)
    scores = index.scores(similarity._vectors(texts, index.centre), without=itself)
    aspects = np.array([item.kind != BEYOND for item in hhh.items])
    best_aspect = scores[:, aspects].max(axis=1)
    of_pillar = aspects[index.owner]
    assert (best_aspect[of_pillar] >= LEAST_SCORE).mean() >= 0.88
    assert (best_aspect[~of_pillar] < LEAST_SCORE).mean() >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "They should finally fix the bus line to the hospital.",
        "Rents in the old town have doubled.",
    ],
)
def test_what_has_nothing_to_do_with_it_is_put_under_no_pillar(hhh: Baseline, text: str) -> None:
    suggestion = suggest_aspect(text, hhh)
    assert suggestion.pillar is None
    assert suggestion.aspect_id is None


def test_a_suggestion_says_what_how_and_how_sure(hhh: Baseline) -> None:
    aspect = suggest_aspect("It must not flatter people.", hhh)
    assert (aspect.aspect_id, aspect.pillar) == ("honest.prevent.sycophancy", "honest")
    assert aspect.score >= LEAST_SCORE
    assert aspect.item_id == aspect.aspect_id != aspect.runner_up
    assert aspect.method == "wordllama-l2_supercat-256"
    assert aspect.version
    area = suggest_aspect("Workers should not lose their jobs to it.", hhh)
    assert (area.aspect_id, area.pillar, area.beyond_id) == (None, None, "beyond.labour")
    assert area.score >= LEAST_AREA_SCORE


def test_a_text_without_words_is_put_nowhere(hhh: Baseline) -> None:
    nothing = suggest_aspect("", hhh)
    assert nothing.item_id is None


def test_a_principle_that_allows_what_the_baseline_prevents_is_marked(hhh: Baseline) -> None:
    allows = suggest_aspect("It should write sexual texts for adults who want them.", hhh)
    forbids = suggest_aspect("It should never write sexual texts for anybody.", hhh)
    assert allows.aspect_id == forbids.aspect_id == "harmless.prevent.sexual_content"
    assert allows.opposite
    assert not forbids.opposite


def test_the_same_text_gets_the_same_suggestion_in_any_company(hhh: Baseline) -> None:
    texts = [entry["text"] for entry in LABELLED[:10]]
    together = suggest_aspects(texts, hhh)
    for text, suggestion in zip(texts, together, strict=True):
        alone = suggest_aspect(text, hhh)
        assert alone.item_id == suggestion.item_id
        assert alone.score == pytest.approx(suggestion.score, abs=1e-5)
