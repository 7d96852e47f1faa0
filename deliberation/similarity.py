"""Machine suggestions: which statements are alike.

``most_similar`` compares by meaning alone, in English. ``similar_statements`` is for someone who is
typing a statement, in any language: it adds likeness by letters (deliberation/ngrams.py), leaves
out what is not close enough, and remembers the candidates that it has seen.

Pure: texts in, suggestions out; no Django, no network. Suggestions are shown as such, a person
accepts or refuses them, and they never count as votes. Texts are compared with wordllama's static
word vectors (19 MB, part of the package). They are fast and always give the same answer, but they
read words and not sentences: who does what to whom, and "not", are lost on them. So similarity is
never enough to merge two statements, and every match also says whether it looks contrary
(deliberation/polarity.py). Measured in tests/deliberation/test_similarity.py.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.ngrams import Grams, content_words, grams, likeness, primary
from deliberation.polarity import contrary, polarity_flip
from deliberation.texts import fold

Vectors = NDArray[np.float32]

DIMENSIONS = 256
METHOD = f"wordllama-l2_supercat-{DIMENSIONS}"
# Share of the word vectors in the score of ``similar_statements``; the rest is likeness by letters.
# The vectors know English well and its neighbours a little; Arabic falls into single bytes.
_MEANING = {"en": 0.6, "de": 0.4, "fr": 0.4, "es": 0.4}
# Under this score a statement is not shown. Set on the tuning pairs of the tests, with
# a look at what a real round of 1,000 English statements would show.
LEAST_SIMILAR = 0.32
# About 2 kB each, so at most 40 MB in a process; more candidates at once still work, but slowly.
REMEMBERED = 20_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate by position, its cosine in [-1, 1], and whether it seems to say the contrary."""

    index: int
    score: float
    opposite: bool


@dataclass(frozen=True, slots=True)
class Similar:
    """An accepted statement like the one someone types.

    index    : position among the candidates.
    score    : at most 1; 1 if ``same``.
    opposite : the cues say that it demands the contrary.
    same     : equal after ``texts.fold``.
    """

    index: int
    score: float
    opposite: bool
    same: bool


def similar_statements(
    text: str,
    candidates: Sequence[str],
    *,
    language: str,
    top: int = 3,
    least: float = LEAST_SIMILAR,
    patience: float | None = None,
) -> list[Similar]:
    """The accepted statements most like what someone is typing; equal ones first, then the nearest.

    language : of the text and the candidates, as in ``lang``. In languages other than English,
               German, French, Spanish and Arabic only letters count, and nothing is opposite.
    top      : at most this many.
    least    : what scores lower is left out; equal texts never are.
    patience : seconds to wait for word vectors that are being loaded (``warm_soon``); after that
               letters alone decide. None waits as long as it takes.
    Quick once the candidates were seen: see ``warm_up``. Safe to call from several threads.
    """
    folded = fold(text)
    if not folded or not candidates:
        return []
    language = primary(language)
    share = _meaning_share(language, patience)
    known = _features(candidates, language, bool(share))
    scores = _scores(_read([text], language, bool(share))[0], known, share)
    same = np.array([own.folded == folded for own in known])
    scores[same] = 1.0
    order = np.lexsort((-scores, ~same))[:top]
    return [
        Similar(
            index=int(i),
            score=float(scores[i]),
            opposite=not same[i] and contrary(text, candidates[i], language=language),
            same=bool(same[i]),
        )
        for i in order
        if same[i] or scores[i] >= least
    ]


def warm_up() -> None:
    """Loads the word vectors, which takes about a second, so that nobody waits for them later."""
    _meaning_readable()
    _warm.set()


def is_warm() -> bool:
    """Whether the word vectors were loaded in this process, or are known not to be there."""
    return _warm.is_set()


def warm_soon(candidates: Sequence[str], *, language: str) -> None:
    """Begins to load the word vectors and to read the candidates, and returns at once.

    In a thread of its own, one at a time in a process, and no more once they are loaded. Call
    it when somebody is about to write, not when a process starts: while a program imports its
    own modules, imports by another thread can wait for each other for ever.
    """
    if _warm.is_set() or not _one_at_a_time.acquire(blocking=False):
        return
    reading = threading.Thread(
        target=_read_ahead, args=(list(candidates), primary(language)), daemon=True
    )
    reading.start()


def _read_ahead(candidates: list[str], language: str) -> None:
    try:
        warm_up()
        _features(candidates, language, bool(_meaning_share(language, None)))
    finally:
        _one_at_a_time.release()


def read_features(
    texts: Sequence[str], *, language: str, patience: float | None
) -> tuple[list[Features], float]:
    """What is remembered of each text, and the share of the word vectors in a score.

    language, patience : as in ``similar_statements``.
    """
    language = primary(language)
    share = _meaning_share(language, patience)
    return _features(texts, language, bool(share)), share


def embed(texts: Sequence[str]) -> Vectors:
    """Mean word vectors, float32[n, 256], rows of length 1; an empty text gives a row of zeros.

    Raises FileNotFoundError if wordllama was installed without its vectors; nothing is fetched.
    """
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    vectors = np.asarray(_model().embed(list(texts)), dtype=np.float32)
    vectors[[not text.strip() for text in texts]] = 0
    return unit(vectors)


def most_similar(text: str, candidates: Sequence[str], *, top: int = 3) -> list[Match]:
    """The candidates nearest to a text, best first, equal ones in their given order."""
    if not candidates:
        return []
    scores = embed(candidates) @ embed([text])[0]
    order = np.argsort(-scores, kind="stable")[:top]
    return [
        Match(index=int(i), score=float(scores[i]), opposite=polarity_flip(text, candidates[i]))
        for i in order
    ]


def unit(vectors: Vectors) -> Vectors:
    """The rows scaled to length 1; rows of zeros stay so."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What is remembered of a text. ``vector`` is of length 1, or zero if not known."""

    folded: str
    grams: Grams
    vector: Vectors


# By language, whether the vector was asked for, and text.
_seen: OrderedDict[tuple[str, bool, str], Features] = OrderedDict()
_seen_lock = threading.Lock()
_warm = threading.Event()
_one_at_a_time = threading.Lock()
_importing = threading.Lock()


def _features(texts: Sequence[str], language: str, meaning: bool) -> list[Features]:
    """Features of each text, from memory where it was seen; the least recently seen are dropped."""
    with _seen_lock:
        found = {text: own for text in texts if (own := _seen.get((language, meaning, text)))}
    missing = list(dict.fromkeys(text for text in texts if text not in found))
    found.update(zip(missing, _read(missing, language, meaning), strict=True))
    with _seen_lock:
        for text, own in found.items():
            _seen[language, meaning, text] = own
            _seen.move_to_end((language, meaning, text))
        while len(_seen) > REMEMBERED:
            _seen.popitem(last=False)
    return [found[text] for text in texts]


def _read(texts: Sequence[str], language: str, meaning: bool) -> list[Features]:
    words = [content_words(text, language) for text in texts]
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    if texts and meaning:
        vectors = embed([" ".join(own) for own in words])
    return [
        # A copy, as a view would keep the vectors of the whole batch in memory.
        Features(fold(text), grams(own), vector.copy())
        for text, own, vector in zip(texts, words, vectors, strict=True)
    ]


def _meaning_share(language: str, patience: float | None) -> float:
    """How much the word vectors say in this language; 0 where they cannot be used, or not yet."""
    share = _MEANING.get(language, 0.0)
    if not share or (patience is not None and not _warm.wait(patience)):
        return 0.0
    return share if _meaning_readable() else 0.0


def _scores(text: Features, known: Sequence[Features], share: float) -> NDArray[np.float64]:
    scores = likeness(text.grams, [own.grams for own in known])
    if not share:
        return scores
    meaning = np.stack([own.vector for own in known]) @ text.vector
    return (1 - share) * scores + share * meaning.astype(np.float64)


@cache
def _meaning_readable() -> bool:
    """Whether the word vectors can be used; asked once in a process."""
    try:
        embed(["a first sentence"])
    except (ImportError, OSError):
        logger.warning("No word vectors: statements are compared by letters alone.", exc_info=True)
        return False
    return True


def _model() -> Any:
    """The word vectors; one thread reads them, others that need them wait for it."""
    with _importing:
        return _read_model()


@cache
def _read_model() -> Any:
    """The word vectors, read once from wordllama's own folder."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    # Imported by name and late: it takes a second, and most processes never need it.
    wordllama: Any = import_module("wordllama")
    # The import calls logging.basicConfig, which is not a library's to decide.
    root.handlers[:] = before
    root.setLevel(level)
    return wordllama.WordLlama.load(
        dim=DIMENSIONS, cache_dir=Path(wordllama.__file__).parent, disable_download=True
    )
