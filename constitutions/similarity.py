"""Machine suggestions: where a principle belongs in a baseline.

Pure: texts in, suggestions out; no Django, no network. Suggestions are shown as such, a person
accepts or refuses them, and they never count as votes. Texts are compared as
deliberation/similarity.py does it; what knows baselines stands here. Measured in
tests/constitutions/test_similarity.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import numpy as np
from numpy.typing import NDArray

from constitutions.baselines import BEYOND, Baseline, Item
from deliberation.similarity import METHOD, Vectors, embed, most_similar, unit

# Version of the scoring below. Raise it when the same text and baseline may score otherwise.
SCORING = "1"
# Under this score no aspect is close enough, and the principle counts as beyond the baseline. Set
# on the baseline's own examples, each left out in turn: 9 in 10 examples of the pillars stay
# above it, more than half of those of areas that the pillars do not name stay below. Tests hold it.
LEAST_SCORE = 0.16
# Under this score no area beyond is named either.
LEAST_AREA_SCORE = 0.10
# An item is as close as its nearest examples; one lucky example should not decide alone.
NEAREST_EXAMPLES = 2
# A principle is called contrary to an aspect only if it is so to all of this many examples.
POLARITY_EXAMPLES = 3

# How demands begin says nothing of what they are about: "Choose the response that is most …".
_FRAMES = (
    re.compile(r"^(?:choose|select|pick|prefer) the response (?:that|which)\s+", re.I),
    re.compile(
        r"^(?:(?:an?|the|our|any) (?:ai|assistant|system|machine|chatbot|program|computer)"
        r"(?: assistant)?|it|they) (?:should|must|ought to|shall|has to|needs to|may|can)"
        r"(?: be)?\s+",
        re.I,
    ),
    re.compile(r"^(?:is|are|does|has)\s+", re.I),
    re.compile(r"^(?:the )?(?:most|least|more|less)(?: likely to)?\s+", re.I),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a principle seems to belong. Exactly one of these holds:

    aspect_id and pillar : an aspect of a pillar. ``opposite`` if the principle seems to ask for
                           the contrary of it.
    beyond_id            : an area that the baseline does not name.
    neither              : beyond the baseline, and no known area is close; a person has to look.

    score      : of what is suggested, or the best there was; mean cosine, about 0 to 0.6.
    runner_up  : id of the best other item, of either kind.
    """

    aspect_id: str | None
    pillar: str | None
    beyond_id: str | None
    score: float
    runner_up: str
    opposite: bool
    method: str
    version: str

    @property
    def item_id(self) -> str | None:
        return self.aspect_id or self.beyond_id


def suggest_aspect(text: str, baseline: Baseline) -> Suggestion:
    """Where one principle seems to belong in a baseline."""
    return suggest_aspects([text], baseline)[0]


def suggest_aspects(texts: Sequence[str], baseline: Baseline) -> list[Suggestion]:
    """Where each principle seems to belong.

    An aspect is suggested if it comes before every area beyond and reaches LEAST_SCORE.
    Else the best area beyond is, if it reaches LEAST_AREA_SCORE.
    """
    index = _index(baseline)
    scores = index.scores(_vectors(texts, index.centre))
    return [_suggestion(text, row, index) for text, row in zip(texts, scores, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Index:
    """A baseline as vectors. ``owner`` is the item's position for each example."""

    items: tuple[Item, ...]
    centre: Vectors
    labels: Vectors
    keywords: Vectors
    examples: Vectors
    owner: NDArray[np.int64]

    def scores(self, vectors: Vectors, without: NDArray[np.bool_] | None = None) -> Vectors:
        """float32[n texts, n items]: mean of three cosines, each in [-1, 1].

        They are those with the item's nearest examples, with its label and description, and with
        its keywords. ``without``, bool[n texts, n examples], leaves examples out of account.
        """
        near = vectors @ self.examples.T
        if without is not None:
            near[without] = -1
        nearest = np.empty((len(vectors), len(self.items)), dtype=np.float32)
        for position in range(len(self.items)):
            own = np.sort(near[:, self.owner == position], axis=1)
            nearest[:, position] = own[:, -NEAREST_EXAMPLES:].mean(axis=1)
        about = vectors @ self.labels.T + vectors @ self.keywords.T
        scores: Vectors = (nearest + about) / np.float32(3)
        return scores


@cache
def _index(baseline: Baseline) -> _Index:
    examples = [(i, text) for i, item in enumerate(baseline.items) for text in item.examples]
    # What all examples share (they all make demands) is no reason to choose between them.
    centre = unit(embed([_core(text) for _, text in examples])).mean(axis=0)
    return _Index(
        items=baseline.items,
        centre=centre,
        labels=_vectors([f"{i.label}. {i.description}" for i in baseline.items], centre),
        keywords=_vectors([", ".join(item.keywords) for item in baseline.items], centre),
        examples=_vectors([text for _, text in examples], centre),
        owner=np.array([i for i, _ in examples]),
    )


def _suggestion(text: str, scores: Vectors, index: _Index) -> Suggestion:
    order = [int(position) for position in np.argsort(-scores, kind="stable")]
    best = order[0]
    if index.items[best].kind == BEYOND or scores[best] < LEAST_SCORE:
        area = next(i for i in order if index.items[i].kind == BEYOND)
        chosen = area if scores[area] >= LEAST_AREA_SCORE else None
    else:
        chosen = best
    item = None if chosen is None else index.items[chosen]
    aspect = item if item and item.kind != BEYOND else None
    return Suggestion(
        aspect_id=aspect.id if aspect else None,
        pillar=aspect.pillar if aspect else None,
        beyond_id=item.id if item and not aspect else None,
        score=float(scores[best if chosen is None else chosen]),
        runner_up=index.items[next(i for i in order if i != chosen)].id,
        opposite=aspect is not None and _contrary(text, aspect),
        method=METHOD,
        version=f"{metadata.version('wordllama')}/{SCORING}",
    )


def _contrary(text: str, item: Item) -> bool:
    nearest = most_similar(text, item.examples, top=POLARITY_EXAMPLES)
    return all(match.opposite for match in nearest)


def _vectors(texts: Sequence[str], centre: Vectors) -> Vectors:
    vectors = embed([_core(text) for text in texts])
    wordless = ~vectors.any(axis=1)
    vectors = vectors - centre
    vectors[wordless] = 0  # no words, no likeness
    return unit(vectors)


def _core(text: str) -> str:
    """A text without its frame; the text itself if nothing would be left."""
    core = text.strip()
    for frame in _FRAMES:
        core = frame.sub("", core)
    return core or text
