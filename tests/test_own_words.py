"""Texts that ship with Folkmoot are our own: no long run of words comes from the reference data."""

from __future__ import annotations

import csv
import functools
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
RUN_LENGTH = 6  # words


def word_runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z']+", text.lower().replace("’", "'"))
    return {tuple(words[i : i + RUN_LENGTH]) for i in range(len(words) - RUN_LENGTH + 1)}


def strings(node: Any) -> Iterator[str]:
    """All texts inside a JSON or TOML document, except where they cite their source."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from (s for key, value in node.items() if key != "sources" for s in strings(value))
    elif isinstance(node, list):
        yield from (s for value in node for s in strings(value))


@functools.cache
def taken(data: Path) -> frozenset[tuple[str, ...]]:
    texts = [s for file in data.glob("*/*.json") for s in strings(json.loads(file.read_text()))]
    for file in (*data.glob("ccai/*comments.csv"), *data.glob("polis/*/comments.csv")):
        with file.open(encoding="utf-8", newline="") as rows:
            texts += [cell for row in csv.reader(rows) for cell in row]
    return frozenset(run for text in texts for run in word_runs(text))


@pytest.mark.reference_data
@pytest.mark.parametrize(
    "file",
    [
        "deploy/demo/statements.toml",
        "deploy/demo/open.toml",
        "constitutions/baselines/hhh.toml",
        "tests/constitutions/data/labelled_principles.toml",
        "tests/deliberation/data/polarity_pairs.toml",
        "tests/deliberation/data/similar_pairs.toml",
    ],
)
def test_no_six_words_in_a_row_come_from_the_reference_data(
    file: str, reference_data: Path
) -> None:
    document = tomllib.loads((ROOT / file).read_text(encoding="utf-8"))
    copied = {
        " ".join(run)
        for text in strings(document)
        for run in word_runs(text) & taken(reference_data)
    }
    assert not copied
