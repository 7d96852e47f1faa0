"""Texts are compared offline, and contradictions are mostly flagged.

Contrary pairs, measured on data/polarity_pairs.toml (40 pairs; own words, one coder, written
before the cues were first run): 18 of 20 found, false alarms 2 of 20.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from deliberation.polarity import polarity_flip
from deliberation.similarity import embed, most_similar
from deploy.demo.spec import CLOSED
from deploy.demo.spec import load as load_demo

ROOT = Path(__file__).parents[2]
PAIRS = tomllib.loads(
    (Path(__file__).parent / "data" / "polarity_pairs.toml").read_text(encoding="utf-8")
)["pairs"]

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
