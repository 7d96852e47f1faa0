"""Which statements of a whole round are alike. Pure; numpy and scipy.

The same measure as ``similarity.similar_statements``, for many statements at once: the round is
read into one table of letter runs and one of word vectors, and a page of statements is compared
with it in two products of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deliberation.ngrams import BACKGROUND, BUCKETS, Grams
from deliberation.similarity import Vectors, read_features

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True, slots=True, eq=False)
class RoundTexts:
    """The texts of a round, ready to be compared.

    texts : as they were given, in their order.
    runs  : float32[n, buckets], CSR, rows of length 1: letter runs, rare ones weigh more.
    means : float32[n, 256], rows of length 1 or 0: mean word vectors.
    share : how much of the score is ``means``; 0 where the language has no vectors.
    """

    texts: tuple[str, ...]
    runs: sparse.csr_matrix
    means: Vectors
    share: float

    def scores(self, places: Sequence[int]) -> NDArray[np.float32]:
        """Likeness of each named text with all texts, at most 1; float32[len(places), n]."""
        rows = list(places)
        letters = np.asarray((self.runs[rows] @ self.runs.T).toarray(), dtype=np.float32)
        if not self.share:
            return letters
        meaning = self.means[rows] @ self.means.T
        mixed: NDArray[np.float32] = (1 - self.share) * letters + self.share * meaning
        return mixed


def read_texts(texts: Sequence[str], *, language: str, patience: float | None = None) -> RoundTexts:
    """Read the texts of a round; those seen before come from memory.

    language, patience : as in ``similarity.similar_statements``.
    """
    features, share = read_features(texts, language=language, patience=patience)
    means = np.stack([own.vector for own in features]) if features else np.zeros((0, 1), np.float32)
    return RoundTexts(tuple(texts), _weighted([own.grams for own in features]), means, share)


def nearest(
    scores: NDArray[np.float32], *, own: int, least: float, top: int
) -> list[tuple[int, float]]:
    """The places of at most ``top`` texts that reach ``least``, best first, without its own.

    scores : one row of ``RoundTexts.scores``. Equal scores keep the order of the texts.
    """
    near = np.flatnonzero(scores >= least)
    ranked = near[np.argsort(-scores[near], kind="stable")]
    return [(int(place), float(scores[place])) for place in ranked if place != own][:top]


def _weighted(grams: Sequence[Grams]) -> sparse.csr_matrix:
    """Rows of unit length; the weights are those of ``ngrams.likeness``."""
    # Loaded when it is used: it takes longer than the rest of a web process's own modules.
    from scipy import sparse

    ends = np.cumsum([0, *(len(own) for own in grams)])
    columns = np.concatenate([np.zeros(0, np.int32), *grams])
    frequency = np.bincount(columns, minlength=BUCKETS)
    rare = np.log1p((len(grams) + BACKGROUND) / (frequency + 1))
    values = rare[columns]
    sums = np.cumsum(np.append(0.0, values**2))
    lengths = np.sqrt(sums[ends[1:]] - sums[ends[:-1]])
    counts = np.diff(ends)
    data = (values / np.repeat(np.maximum(lengths, 1e-9), counts)).astype(np.float32)
    return sparse.csr_matrix((data, columns, ends), shape=(len(grams), BUCKETS))
