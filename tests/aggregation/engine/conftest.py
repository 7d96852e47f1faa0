"""Votes that several engine tests share."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aggregation.engine import VoteMatrix


@dataclass(frozen=True)
class Ccai:
    """The cleaned votes of the panel, as triplets, and the published groups in file order."""

    participants: list[int]
    statements: list[int]
    values: list[int]
    file_order: list[int]
    published: list[int]

    def matrix(self, groups: dict[int, int]) -> VoteMatrix:
        return VoteMatrix.from_triplets(
            self.participants, self.statements, self.values, declared_groups=groups
        )


@pytest.fixture(scope="session")
def ccai(reference_data: Path) -> Ccai:
    people: list[int] = []
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    groups: list[int] = []
    with (reference_data / "ccai" / "clean_votes.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows)
        statements = [(at, int(name)) for at, name in enumerate(header) if name.isdigit()]
        for row in rows:
            people.append(int(row[0]))
            groups.append(int(row[header.index("group-id")]))
            for at, statement in statements:
                if row[at]:
                    for column, entry in zip(found, (people[-1], statement, row[at]), strict=True):
                        column.append(int(float(entry)))
    return Ccai(*found, people, groups)


Camps = Callable[..., tuple[VoteMatrix, NDArray[np.int64]]]


@pytest.fixture(scope="session")
def camps() -> Camps:
    """Votes of people in clear camps, and the camp of each person."""

    def make(
        people: int = 120, statements: int = 30, camps: int = 3, seed: int = 5
    ) -> tuple[VoteMatrix, NDArray[np.int64]]:
        rng = np.random.default_rng(seed)
        camp = np.arange(people) % camps
        stance = np.where(rng.random((camps, statements)) < 0.5, 1, -1)
        votes = np.where(rng.random((people, statements)) < 0.9, stance[camp], 0)
        who, what = np.nonzero(rng.random((people, statements)) < 0.7)
        return VoteMatrix.from_triplets(who, what, votes[who, what]), camp

    return make
