"""In which language is a short text? Pure; offline.

Guessed by py3langid (BSD-3-Clause, numpy only, 4.5 MB with its model of 139 languages). A hint is
worth giving only where it is nearly sure, since people write short sentences with borrowed words:
the expected language has to be very unlikely and one other likely. Languages that a short text
cannot tell from the expected one (Egyptian from standard Arabic) count as it.
tests/deliberation/test_language_guess.py says how often it errs.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib import import_module
from typing import Any, Final

from deliberation.ngrams import primary

# Set on the 154 sentences of similar_pairs.toml and 2,734 public English comments: no false alarm.
EXPECTED_AT_MOST: Final = 0.05
OTHER_AT_LEAST: Final = 0.3
# Fewer letters than this say too little.
LEAST_LETTERS: Final = 6
# Its class for numbers, markup and names of things.
_NO_LANGUAGE: Final = "zxx"
# People who write these write the language before the colon, or nearly.
_KIN: Final = {
    "en": {"pcm"},
    "de": {"lb"},
    "fr": {"wa", "oc", "gcf", "gcr"},
    "es": {"an", "ext", "oc"},
    "ar": {"ary", "arz"},
}
_reading = threading.Lock()
_ready = threading.Event()
_one_at_a_time = threading.Lock()


def is_ready() -> bool:
    """Whether the model was read in this process, so that asking takes no time."""
    return _ready.is_set()


def warm_up() -> None:
    """Read the model, which takes most of a second."""
    _identifier()
    _ready.set()


def warm_soon() -> None:
    """Begin to read the model in a thread of its own, and return at once."""
    if not _ready.is_set() and _one_at_a_time.acquire(blocking=False):
        threading.Thread(target=_read_ahead, daemon=True).start()


def _read_ahead() -> None:
    try:
        warm_up()
    finally:
        _one_at_a_time.release()


def other_language(text: str, expected: str) -> str:
    """The language a text seems to be in, if that is not the expected one; else "".

    expected : a tag as in ``lang``, "de" or "de-AT". For languages that the model does not know
    the answer is always "".
    """
    expected = primary(expected)
    if sum(letter.isalpha() for letter in text) < LEAST_LETTERS or expected not in _known():
        return ""
    likely = dict(_identifier().rank(text))
    same = {expected, *_KIN.get(expected, ())}
    if sum(likely.get(one, 0.0) for one in same) > EXPECTED_AT_MOST:
        return ""
    best, probability = next((k, v) for k, v in likely.items() if k not in same)
    sure = probability >= OTHER_AT_LEAST and best != _NO_LANGUAGE
    return str(best) if sure else ""


@cache
def _known() -> frozenset[str]:
    return frozenset(_identifier().nb_classes)


def _identifier() -> Any:
    """The model; one thread reads it, others that need it wait."""
    with _reading:
        return _read_model()


@cache
def _read_model() -> Any:
    # Imported by name and late: it takes most of a second, and most processes never need it.
    langid: Any = import_module("py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
