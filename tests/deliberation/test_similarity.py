"""Texts are compared offline, and contradictions are mostly flagged.

Contrary pairs, measured on data/polarity_pairs.toml (40 pairs; own words, one coder, written
before the cues were first run): 18 of 20 found, false alarms 2 of 20.

Statements like what someone types, measured on the 50 test pairs of data/similar_pairs.toml (30 on
one idea, 20 unrelated, five languages; written before the measure was first run; the cut-off was
set on 27 others). Candidates are all 15 or 16 statements of the language:

    shown of those on one idea       25 of 30
    right of those shown             25 of 30
    marked rightly of those shown    25 of 25

With only the 10 test statements of the language as candidates it was 23 of 30 and 23 of 27: what
counts as a common word depends on the candidates.

The cues for contrary meaning in German, French, Spanish and Arabic were written with these pairs
in sight, so that on other sentences they will do worse. Few sentences, one coder: the floors below
lie under what was measured. It misses ideas that share no words ("a person", "not a machine").
"""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation import similarity
from deliberation.ngrams import content_words, grams, likeness
from deliberation.polarity import contrary, polarity_flip
from deliberation.similarity import (
    LEAST_SIMILAR,
    Similar,
    embed,
    most_similar,
    similar_statements,
    warm_up,
)
from deploy.demo.spec import CLOSED
from deploy.demo.spec import load as load_demo

ROOT = Path(__file__).parents[2]
PAIRS = tomllib.loads(
    (Path(__file__).parent / "data" / "polarity_pairs.toml").read_text(encoding="utf-8")
)["pairs"]
TYPED = tomllib.loads(
    (Path(__file__).parent / "data" / "similar_pairs.toml").read_text(encoding="utf-8")
)["pairs"]
LANGUAGES = ("en", "de", "fr", "es", "ar")

OFFLINE = """
import logging, socket, sys

def refuse(*args, **kwargs):
    raise OSError("the network was touched")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from deliberation import similarity
assert "wordllama" not in sys.modules, "imported before it was needed"
vectors = similarity.embed(["Be honest.", "Tell the truth."])
assert "wordllama" in sys.modules
assert not logging.getLogger().handlers, "the import changed the logging of the process"
print(vectors.shape, vectors.dtype)
"""


# --- Vectors -----------------------------------------------------------------------------------


def test_it_loads_late_without_network_and_leaves_home_and_logging_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        cwd=ROOT,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(2, 256) float32"
    assert list(tmp_path.iterdir()) == []


def test_rows_have_length_one_and_empty_texts_none() -> None:
    vectors = embed(["Be kind.", "   ", "Sei höflich 🙂"])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=1e-5)
    assert embed([]).shape == (0, 256)


def test_a_text_gets_the_same_vector_alone_and_in_company() -> None:
    texts = [f"Sentence {'very ' * n}long." for n in range(100)]
    assert np.allclose(embed(texts)[57], embed([texts[57]])[0], atol=1e-6)


# --- Alike and contrary ------------------------------------------------------------------------


def test_the_nearest_come_first_with_their_places() -> None:
    candidates = ["Trains should be on time.", "Never tell a lie.", "Always tell the truth."]
    matches = most_similar("It should tell the truth.", candidates, top=2)
    assert [match.index for match in matches] == [2, 1]
    assert matches[0].score > matches[1].score
    assert most_similar("Anything", []) == []


def test_equal_candidates_keep_their_order() -> None:
    matches = most_similar("Be kind.", ["Be kind."] * 4, top=3)
    assert [match.index for match in matches] == [0, 1, 2]


def test_a_negation_is_as_similar_as_a_duplicate_but_flagged() -> None:
    [match] = most_similar("It must keep my secrets.", ["It must not keep my secrets."])
    assert match.score > 0.9
    assert match.opposite


def test_contrary_pairs_are_found_and_agreeing_ones_left_alone() -> None:
    found = Counter((pair["contrary"], polarity_flip(pair["a"], pair["b"])) for pair in PAIRS)
    assert found[True, True] + found[True, False] == found[False, True] + found[False, False] == 20
    assert found[True, True] >= 16
    assert found[False, True] <= 4


def test_the_order_of_two_sentences_does_not_matter() -> None:
    for pair in PAIRS:
        assert polarity_flip(pair["a"], pair["b"]) == polarity_flip(pair["b"], pair["a"])
        assert not polarity_flip(pair["a"], pair["a"])


def test_opposites_of_the_demo_are_flagged_and_its_duplicates_are_not() -> None:
    demo = load_demo(CLOSED)
    for statement in demo.accepted:
        if statement.opposite_of:
            assert polarity_flip(statement.text, demo.statement(statement.opposite_of).text)
        if statement.duplicate_of:
            assert not polarity_flip(statement.text, demo.statement(statement.duplicate_of).text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("If it doesn't know, it should say so.", "It should say so when it knows nothing."),
        ("It should ask back instead of guessing.", "It should ask back."),
        ("A person and not a machine should decide.", "A person should decide."),
        ("Choose the response that is least harmful.", "It must not be harmful."),
    ],
)
def test_a_negation_beside_the_demand_does_not_turn_it(a: str, b: str) -> None:
    assert not polarity_flip(a, b)


# --- While someone types -----------------------------------------------------------------------


def accepted(language: str) -> list[str]:
    return [pair["b"] for pair in TYPED if pair["language"] == language]


def held_out() -> list[dict[str, str]]:
    return [pair for pair in TYPED if pair["use"] == "test"]


def shown(pair: dict[str, str]) -> tuple[list[Similar], list[Similar]]:
    """What is rightly and what is wrongly shown to the person who types the first of a pair."""
    candidates = accepted(pair["language"])
    found = similar_statements(pair["a"], candidates, language=pair["language"])
    alike = pair["kind"] != "unrelated"
    right = [one for one in found if alike and candidates[one.index] == pair["b"]]
    return right, [one for one in found if one not in right]


def test_what_is_shown_is_mostly_what_was_meant() -> None:
    alike = [pair for pair in held_out() if pair["kind"] != "unrelated"]
    results = [shown(pair) for pair in held_out()]
    right = sum(len(one) for one, _ in results)
    wrong = sum(len(other) for _, other in results)
    assert (len(held_out()), len(alike)) == (50, 30)
    assert right / len(alike) >= 0.65
    assert right / (right + wrong) >= 0.7


def test_contrary_statements_are_shown_and_marked_and_others_are_not_marked() -> None:
    for pair in held_out():
        right, _ = shown(pair)
        if pair["kind"] == "opposite":
            assert [one.opposite for one in right] == [True], pair
        assert not any(one.opposite for one in right if pair["kind"] == "same"), pair


@pytest.mark.parametrize("language", LANGUAGES)
def test_contrary_means_the_same_from_both_sides(language: str) -> None:
    for pair in (pair for pair in TYPED if pair["language"] == language):
        a, b = pair["a"], pair["b"]
        assert contrary(a, b, language=language) == contrary(b, a, language=language)
        assert not contrary(a, a, language=language)


@pytest.mark.parametrize(
    ("language", "a", "b"),
    [
        ("de", "Wenn sie es nicht weiß, soll sie es sagen.", "Sie soll es sagen."),
        ("de", "Sie soll nicht nur Reichen helfen.", "Sie soll auch Armen helfen."),
        ("fr", "Quand elle ne sait pas, elle doit le dire.", "Elle doit le dire."),
        ("es", "Si no lo sabe, debe decirlo.", "Debe decirlo."),
        ("ar", "إذا كان لا يعرف، يجب أن يقول ذلك.", "يجب أن يقول ذلك."),
        ("de", "Sie darf keine Waffen erklären.", "Es ist verboten, Waffen zu erklären."),
    ],
)
def test_a_negation_beside_the_demand_turns_nothing_in_other_languages(
    language: str, a: str, b: str
) -> None:
    assert not contrary(a, b, language=language)


def test_nothing_is_called_contrary_in_a_language_without_cues() -> None:
    assert contrary("Il doit parler.", "Il ne doit pas parler.", language="fr-CA")
    assert not contrary("Il doit parler.", "Il ne doit pas parler.", language="pt")


def test_equal_statements_come_first_and_are_never_called_contrary() -> None:
    candidates = ["It should be kind.", "It must never be unkind!", "it should  never BE unkind"]
    found = similar_statements("It should never be unkind.", candidates, language="en")
    assert (found[0].index, found[0].same, found[0].score, found[0].opposite) == (2, True, 1, False)
    assert not any(one.same for one in found[1:])


def test_an_equal_text_is_found_even_if_it_says_almost_nothing() -> None:
    [found] = similar_statements("no", ["Yes", "No!"], language="en", least=2)
    assert (found.index, found.same) == (1, True)


@pytest.mark.parametrize("text", ["", "   ", "?!"])
def test_nothing_is_like_an_empty_text(text: str) -> None:
    assert similar_statements(text, ["Be kind.", "", "?!"], language="en") == []
    assert similar_statements("Be kind.", [], language="en") == []


def test_top_and_least_limit_what_is_shown() -> None:
    candidates = [f"Advertising number {n} is forbidden" for n in range(9)]
    assert len(similar_statements("Forbid advertising", candidates, language="en", top=2)) == 2
    for one in similar_statements("Forbid advertising", candidates, language="en", top=9):
        assert one.score >= LEAST_SIMILAR
    assert similar_statements("Forbid advertising", candidates, language="en", least=1.1) == []


def test_without_word_vectors_letters_alone_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise FileNotFoundError("no vectors")

    monkeypatch.setattr(similarity, "_model", missing)
    monkeypatch.setattr(similarity, "_seen", type(similarity._seen)())
    similarity._meaning_readable.cache_clear()
    try:
        warm_up()
        candidates = ["Advertising is forbidden.", "Schools should be warm."]
        found = similar_statements("Forbid all advertising.", candidates, language="en")
        a, b = (grams(content_words(t, "en")) for t in ("Forbid all advertising.", candidates[0]))
        c = grams(content_words(candidates[1], "en"))
        assert [one.index for one in found] == [0]
        assert found[0].score == pytest.approx(likeness(a, [b, c])[0])
    finally:
        similarity._meaning_readable.cache_clear()


def test_whoever_has_no_patience_gets_letters_alone_until_the_vectors_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed, candidates = "Guard our privacy.", ["Keep personal secrets private.", "Be brave."]

    def score(patience: float) -> float:
        found = similar_statements(
            typed, candidates, language="en", top=2, least=-1, patience=patience
        )
        return next(one.score for one in found if one.index == 0)

    monkeypatch.setattr(similarity, "_warm", threading.Event())
    letters = score(0)
    similarity.warm_soon(candidates, language="en")
    assert similarity._warm.wait(30)
    with_meaning = similar_statements(typed, candidates, language="en", top=2, least=-1)
    assert score(0) == next(one.score for one in with_meaning if one.index == 0) > letters


def test_many_threads_read_the_word_vectors_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    real = similarity._read_model.__wrapped__
    again = functools.cache(lambda: loads.append("once") or real())
    monkeypatch.setattr(similarity, "_read_model", again)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda _: embed(["Be kind."]), range(8)))
    assert loads == ["once"]
    assert all(np.array_equal(row, rows[0]) for row in rows)


def test_candidates_are_read_once_and_what_is_typed_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similarity, "_seen", type(similarity._seen)())
    read: list[str] = []
    real = similarity._read
    monkeypatch.setattr(
        similarity, "_read", lambda texts, *how: read.extend(texts) or real(texts, *how)
    )
    for typed in ("Be ki", "Be kind"):
        similar_statements(typed, ["Be kind.", "Be brave.", "Be kind."], language="en")
    assert sorted(read) == ["Be brave.", "Be ki", "Be kind", "Be kind."]
    assert set(similarity._seen) == {("en", True, "Be kind."), ("en", True, "Be brave.")}


def test_memory_is_bounded_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_seen", type(similarity._seen)())
    monkeypatch.setattr(similarity, "REMEMBERED", 5)
    texts = [f"Statement of number {n}" for n in range(8)]
    assert len(similar_statements("Statement", texts, language="ar", top=8, least=0)) == 8
    similar_statements("Statement", texts[3:4], language="ar")
    similar_statements("Statement", ["A new one"], language="ar")
    assert [text for *_, text in similarity._seen] == [*texts[5:], texts[3], "A new one"]


@given(st.text(), st.lists(st.text(), max_size=5), st.sampled_from([*LANGUAGES, "pt", ""]))
def test_any_text_gets_an_answer_in_order(text: str, candidates: list[str], language: str) -> None:
    found = similar_statements(text, candidates, language=language, least=0)
    assert len({one.index for one in found}) == len(found) <= 3
    assert all(0 <= one.index < len(candidates) for one in found)
    assert found == sorted(found, key=lambda one: (not one.same, -one.score))


# --- By letters --------------------------------------------------------------------------------


def test_letters_see_past_endings_accents_and_articles() -> None:
    def near(language: str, a: str, b: str) -> float:
        return float(
            likeness(grams(content_words(a, language)), [grams(content_words(b, language))])[0]
        )

    assert near("de", "Schutz", "Schützen") > 0.3
    assert near("fr", "Éléphants", "elephants") == pytest.approx(1)
    assert near("ar", "الأطفال", "أطفال") == pytest.approx(1)
    assert near("de", "Katze", "Himmel") == 0


def test_words_that_many_candidates_share_weigh_less() -> None:
    rows = [grams(["robots", word]) for word in ("alpha", "kitten", "summer", "window", "yellow")]
    few = likeness(grams(["robots", "kitten"]), [rows[0], rows[1]])[0]
    many = likeness(grams(["robots", "kitten"]), [*rows, *rows, *rows])[0]
    assert many < few


def test_a_frame_is_left_out_unless_nothing_else_is_there() -> None:
    assert content_words("The AI should be patient.", "en-GB") == ["patient"]
    assert content_words("It should.", "en") == ["it", "should"]
    assert content_words("La IA debe ser rápida", "es") == ["rapida"]
    assert content_words("The AI should", "pt") == ["the", "ai", "should"]
