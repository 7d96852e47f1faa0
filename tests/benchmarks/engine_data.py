"""Votes for engine.py: made from a seed that was never tuned, or taken from the reference data.

``engine_data.py NAME FOLDER`` writes FOLDER/NAME once: ``who``, ``what`` and ``value`` as arrays,
and, where a task starts from a file, ``matrix.csv``. engine.py starts it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SEED = 20261121
ROOT = Path(__file__).resolve().parents[2]
# Name → people, statements, votes each on average, whether as a file, too.
CROWDS = {
    "10k": (10_000, 500, 30, True),
    "100k": (100_000, 1_000, 30, True),
    "1m": (1_000_000, 1_000, 30, False),
}
CAMPS = 3
CANDIDATES, VOTERS, COMPARISONS = 300, 999, 1_000_000
_BLOCK = 50_000


def crowd(people: int, statements: int, each: int, folder: Path, file: bool) -> None:
    """People of three camps of unlike size, each seeing 10 to 2 · each - 10 statements.

    A camp agrees with a statement with a probability of its own; a tenth of all votes pass. The
    statements that a person sees are a walk of coprime steps, so that none comes twice.
    """
    rng = np.random.default_rng([SEED, people])
    agree = np.clip(rng.normal(0.6, 0.15, statements) + rng.normal(0, 0.2, (CAMPS, statements)),
                    0.02, 0.98)  # fmt: skip
    steps = np.array([s for s in range(1, statements) if np.gcd(s, statements) == 1])
    parts: list[tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int8]]] = []
    for start in range(0, people, _BLOCK):
        count = min(_BLOCK, people - start)
        camp = rng.choice(CAMPS, count, p=[0.5, 0.3, 0.2])
        cast = rng.integers(10, 2 * each - 9, count)
        person = np.repeat(np.arange(count), cast)
        turn = np.arange(len(person)) - np.repeat(np.cumsum(cast) - cast, cast)
        first, step = rng.integers(0, statements, count), rng.choice(steps, count)
        statement = (first[person] + step[person] * turn) % statements
        votes = np.where(rng.random(len(person)) < agree[camp[person], statement], 1, -1)
        votes[rng.random(len(person)) < 0.1] = 0
        parts.append(
            ((person + start).astype(np.int32), statement.astype(np.int16), votes.astype(np.int8))
        )
    who, what, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    save(folder, who=who, what=what, value=value)
    if file:
        write_matrix(folder / "matrix.csv", who, what, value, people, statements)


def write_matrix(
    path: Path,
    who: NDArray[np.int32],
    what: NDArray[np.int16],
    value: NDArray[np.int8],
    people: int,
    statements: int,
) -> None:
    """A Polis matrix. ``who`` rises."""
    words = np.array([b"0", b"1", b"-1"])
    with path.open("wb") as file:
        about = "participant,group-id,n-votes,"
        file.write(about.encode() + b",".join(b"%d" % at for at in range(statements)) + b"\n")
        for start in range(0, people, 2_000):
            stop = min(start + 2_000, people)
            low, high = np.searchsorted(who, [start, stop])
            cells = np.full((stop - start, statements), b"", dtype="S2")
            cells[who[low:high] - start, what[low:high]] = words[value[low:high]]
            cast = np.bincount(who[low:high] - start, minlength=stop - start)
            for at, row in enumerate(cells.tolist()):
                file.write(b"%d,,%d," % (start + at, cast[at]) + b",".join(row) + b"\n")


def rankings(folder: Path) -> None:
    """Every ranking as likely as any other: hardly ever does one candidate beat all the rest."""
    rng = np.random.default_rng([SEED, CANDIDATES])
    places = rng.permuted(np.tile(np.arange(CANDIDATES), (VOTERS, 1)), axis=1)
    margins = np.zeros((CANDIDATES, CANDIDATES), dtype=np.int64)
    for place in places:
        margins += np.sign(place[None, :] - place[:, None])
    save(folder, places=places, margins=margins)


def comparisons(folder: Path) -> None:
    """Who beats whom, by strengths that are normally distributed."""
    rng = np.random.default_rng([SEED, COMPARISONS])
    strength = rng.normal(0, 1, CANDIDATES)
    first = rng.integers(0, CANDIDATES, COMPARISONS)
    second = (first + rng.integers(1, CANDIDATES, COMPARISONS)) % CANDIDATES
    wins = rng.random(COMPARISONS) < 1 / (1 + np.exp(strength[second] - strength[first]))
    save(folder, winners=np.where(wins, first, second), losers=np.where(wins, second, first))


def reference(path: str, folder: Path, *, clean: bool = False) -> None:
    """A matrix of the reference data, alone, and its votes as arrays."""
    from aggregation.engine.reading import read

    beside = ROOT.parent / "shared" / "data"
    source = Path(os.environ.get("FOLKMOOT_DATA", beside)) / path
    name = "clean_votes.csv" if clean else "participants-votes.csv"
    (folder / "matrix.csv").write_bytes((source / name).read_bytes())
    matrix = read(folder / "matrix.csv").matrix
    who, what = matrix.participant_ids[matrix.rows], matrix.statement_ids[matrix.indices]
    save(folder, who=who, what=what, value=matrix.values)


def save(folder: Path, **arrays: NDArray[np.generic]) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def main(name: str, base: Path) -> None:
    folder = base / name
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if name in CROWDS:
        people, statements, each, file = CROWDS[name]
        crowd(people, statements, each, folder, file)
    elif name == "rankings":
        rankings(folder)
    elif name == "comparisons":
        comparisons(folder)
    elif name == "ccai":
        reference("ccai", folder, clean=True)
    elif name == "ccai-raw":
        reference("ccai", folder)
    else:
        reference("polis/american-assembly.bowling-green", folder)
    (folder / "done").touch()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
