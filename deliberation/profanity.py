"""Coarse words by list: something for a moderator to look at, never a reason by itself. Pure.

The lists are in data/coarse_words.toml and are short on purpose. Words are compared whole, folded
and without accents; a few common disguises are seen through (“sh1t”, “f*ck”, “fuuuck”).
tests/deliberation/test_profanity.py says how often it errs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from deliberation.ngrams import plain, primary

_LISTS: Final = Path(__file__).parent / "data" / "coarse_words.toml"
# A word, perhaps with signs in the place of letters.
_WORD = re.compile(r"[^\W_](?:[\w*@$!]*[^\W_])?")
_DISGUISES = str.maketrans({"@": "a", "$": "s", "!": "i", "0": "o", "1": "i", "3": "e"})
_LONG_RUN = re.compile(r"(.)\1{2,}")
# "and", "the", "for the" … written as one with an Arabic word.
_ARABIC_PREFIX = re.compile(r"^(?:[وفبلك]?ال|[وفبلك])(?=\w{2})")


@dataclass(frozen=True, slots=True)
class _List:
    """What is coarse in a language. Phrases are tuples of words."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    phrases: frozenset[tuple[str, ...]]

    def holds(self, word: str) -> bool:
        if "*" in word:
            return self._behind(re.compile(re.escape(word).replace(r"\*", r"\w")))
        return word in self.words or word.startswith(self.beginnings)

    def _behind(self, disguised: re.Pattern[str]) -> bool:
        """Whether a word or a beginning stands behind stars. Every star is one letter."""
        return any(disguised.fullmatch(word) for word in (*self.words, *self.beginnings))


def coarse_words(text: str, language: str) -> list[str]:
    """The coarse words of a text as they stand in it, each once, in their order.

    language : of the text, "de" or "de-AT". In languages without a list only a few English words
    that are coarse everywhere are looked for.
    """
    coarse = _list(primary(language))
    found = [(match.group(), _variants(match.group())) for match in _WORD.finditer(text)]
    single = [shown for shown, variants in found if any(map(coarse.holds, variants))]
    return list(dict.fromkeys([*single, *_phrases(found, coarse)]))


def _variants(word: str) -> list[str]:
    """A word as it is compared: with disguises and long runs of a letter undone."""
    bare = plain(word) or word
    forms = {bare, bare.translate(_DISGUISES)}
    forms |= {_LONG_RUN.sub(r"\1", form) for form in forms} | {
        _LONG_RUN.sub(r"\1\1", form) for form in forms
    }
    forms |= {_ARABIC_PREFIX.sub("", form) for form in forms}
    return [form for form in sorted(forms) if any(letter.isalpha() for letter in form)]


def _phrases(found: list[tuple[str, list[str]]], coarse: _List) -> Iterator[str]:
    for phrase in sorted(coarse.phrases):
        for at in range(len(found) - len(phrase) + 1):
            here = found[at : at + len(phrase)]
            if all(word in variants for word, (_, variants) in zip(phrase, here, strict=True)):
                yield " ".join(shown for shown, _ in here)


@cache
def _list(language: str) -> _List:
    lists = tomllib.loads(_LISTS.read_text(encoding="utf-8"))
    entries = [*lists["everywhere"], *lists.get(language, [])]
    return _List(
        words=frozenset(one for one in entries if " " not in one and not one.endswith("*")),
        beginnings=tuple(one[:-1] for one in entries if one.endswith("*")),
        phrases=frozenset(tuple(one.split()) for one in entries if " " in one),
    )
