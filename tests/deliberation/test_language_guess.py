"""In which language a short text is: how often the guess errs.

Measured on data/languages.toml (own words, one coder, written before the guess was run on them):

    false alarms on sentences in the expected language      0 of 110
    found of those in another language                    496 of 575
    named wrongly of those found                            0 of 496

Missed are very short ones for the most part ("Be honest."). Half as many were missed once the
second threshold was lowered on other sentences: first it was 456 of 575. On 2,734 public English
comments one is pointed out, which is in Spanish; of 197 Chinese ones 196 are found.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from deliberation.language_guess import other_language

SENTENCES = tomllib.loads(
    (Path(__file__).parent / "data" / "languages.toml").read_text(encoding="utf-8")
)
OTHER = SENTENCES.pop("other")
PAIRS = tomllib.loads(
    (Path(__file__).parent / "data" / "similar_pairs.toml").read_text(encoding="utf-8")
)["pairs"]


def test_what_is_in_the_expected_language_is_left_alone() -> None:
    alarms = [
        text
        for language, texts in SENTENCES.items()
        for text in texts
        if other_language(text, language)
    ]
    assert len(alarms) <= 1
    assert [p for p in PAIRS for k in "ab" if other_language(p[k], p["language"])] == []


def test_most_of_what_is_in_another_language_is_found_and_named() -> None:
    guesses = [
        (language, other_language(text, expected))
        for expected in SENTENCES
        for language, texts in (SENTENCES | OTHER).items()
        for text in texts
        if language != expected
    ]
    found = [(language, guess) for language, guess in guesses if guess]
    assert len(found) >= 0.83 * len(guesses)
    assert sum(language != guess for language, guess in found) <= 0.02 * len(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "en"),
        ("12 34 56 !!", "de"),
        ("Ja!", "en"),
        ("Das ist auf Deutsch geschrieben.", "de-AT"),
        ("Das ist auf Deutsch geschrieben.", "tlh"),
    ],
)
def test_too_little_or_unknown_is_no_finding(text: str, expected: str) -> None:
    assert other_language(text, expected) == ""
