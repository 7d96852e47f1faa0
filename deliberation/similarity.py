"""Machine suggestions: which statements are alike.

Pure: texts in, suggestions out; no Django, no network. Suggestions are shown as such, a person
accepts or refuses them, and they never count as votes. Texts are compared with wordllama's static
word vectors (19 MB, part of the package). They are fast and always give the same answer, but they
read words and not sentences: who does what to whom, and "not", are lost on them. So similarity is
never enough to merge two statements, and every match also says whether it looks contrary
(deliberation/polarity.py). Measured in tests/deliberation/test_similarity.py.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.polarity import polarity_flip

Vectors = NDArray[np.float32]

DIMENSIONS = 256
METHOD = f"wordllama-l2_supercat-{DIMENSIONS}"


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate by position, its cosine in [-1, 1], and whether it seems to say the contrary."""

    index: int
    score: float
    opposite: bool


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


@cache
def _model() -> Any:
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
