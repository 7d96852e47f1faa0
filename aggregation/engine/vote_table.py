"""A Polis matrix, ``participants-votes.csv``: one row for a person, one column for a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.cells import offsets
from aggregation.engine.delimited import Places, Table
from aggregation.engine.errors import EngineError
from aggregation.engine.matrix import VoteMatrix

_WHOLE = "a whole number from 0 up"
# Columns about the people that are read, and the largest number that may stand there.
_ABOUT = {"participant": 10**18, "group-id": 2**31 - 1, "n-votes": 2**31 - 1}


@dataclass(frozen=True, eq=False)
class Ballots:
    """n people and m statements in the order of the file, and their votes by row and column.

    participant_ids : int64[n]. statement_ids : int64[m].
    rows, columns   : whole numbers [nnz], place of each vote. values : int8[nnz].
    groups          : int32[n], -1 for none; None where nobody has one.
    stated_votes    : int64[n] from the column ``n-votes``, or None.
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    rows: NDArray[np.integer[Any]]
    columns: NDArray[np.integer[Any]]
    values: NDArray[np.int8]
    groups: NDArray[np.int32] | None = None
    stated_votes: NDArray[np.int64] | None = None

    def matrix(self, statements: NDArray[np.int64]) -> VoteMatrix:
        """The votes in canonical order; sorted only if the file has another one.

        statements : int64, all ids that there are, ascending.
        """
        people, known = self.participant_ids, self.statement_ids
        if np.all(people[1:] > people[:-1]) and np.all(known[1:] > known[:-1]):
            place = np.searchsorted(statements, known).astype(np.int32)
            return VoteMatrix(
                participant_ids=people,
                statement_ids=statements,
                indptr=offsets(np.bincount(self.rows, minlength=len(people))),
                indices=place[self.columns],
                values=self.values,
            )
        return VoteMatrix.from_triplets(
            people[self.rows],
            known[self.columns],
            self.values,
            participant_ids=people,
            statement_ids=statements,
        )


def table_votes(table: Table) -> Ballots:
    """All votes of a matrix. Raises EngineError: file_*. O(bytes), in a fixed work space."""
    if "participant" not in table.header:
        raise EngineError("file_kind_unknown", file=table.name)
    statements, place_of = _statements(table)
    about: dict[str, list[tuple[Places, NDArray[np.int64]]]] = {
        name: [] for name in _ABOUT if name in table.header
    }
    votes: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]] = []
    n_rows = 0
    for piece in table.pieces():
        cells = piece.cells()
        n_rows = piece.first_row + piece.n_rows
        for name, parts in about.items():
            mine = cells.of(np.flatnonzero(cells.column == table.header.index(name)))
            numbers = piece.whole_numbers(mine)
            bad = (numbers < 0) | (numbers > _ABOUT[name])
            piece.refuse(bad, mine, _WHOLE)
            parts.append((mine.row, numbers))
        place = place_of[cells.column]
        at = np.flatnonzero(place >= 0)
        mine = cells.of(at)
        values = piece.votes(mine)
        piece.refuse(np.abs(values) > 1, mine, "a vote: 1, -1, 0 or blank")
        votes.append((mine.row.astype(np.int32), place[at], values))
    if not n_rows:
        raise EngineError("file_no_people", file=table.name)
    rows, columns, values = (np.concatenate(parts) for parts in zip(*votes, strict=True))
    known = {name: _filled(parts, n_rows) for name, parts in about.items()}
    people = known["participant"]
    _refuse_strangers(table, people)
    groups = known.get("group-id")
    return Ballots(
        people, statements, rows, columns, values,
        groups=None if groups is None or groups.max() < 0 else groups.astype(np.int32),
        stated_votes=np.maximum(known["n-votes"], 0) if "n-votes" in known else None,
    )  # fmt: skip


def _statements(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Statement ids in the order of the file, and the place of each column among them, or -1."""
    at = [place for place, name in enumerate(table.header) if _is_number(name)]
    if not at:
        raise EngineError("file_no_statements", file=table.name)
    ids = np.array([int(table.header[place]) for place in at], dtype=np.int64)
    rising = np.sort(ids)
    twice = np.flatnonzero(rising[1:] == rising[:-1])
    if len(twice):
        raise EngineError("file_column_twice", file=table.name, column=int(rising[twice[0]]))
    place_of = np.full(len(table.header), -1, dtype=np.int32)
    place_of[at] = np.arange(len(at))
    return ids, place_of


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= 18


def _filled(parts: list[tuple[Places, NDArray[np.int64]]], n_rows: int) -> NDArray[np.int64]:
    """int64[n]: the cell of every row, -1 where it is blank."""
    result = np.full(n_rows, -1, dtype=np.int64)
    for rows, numbers in parts:
        result[rows] = numbers
    return result


def _refuse_strangers(table: Table, people: NDArray[np.int64]) -> None:
    """Everyone has an id of their own."""
    if people.min() < 0:
        row = table.row_number(int(np.argmin(people)))
        raise EngineError("file_cell_blank", file=table.name, row=row, column="participant")
    order = np.argsort(people, kind="stable")
    twice = np.flatnonzero(people[order][1:] == people[order][:-1])
    if len(twice):
        first, again = int(order[twice[0]]), int(order[twice[0] + 1])
        raise EngineError(
            "file_person_twice", file=table.name, id=int(people[first]),
            first=table.row_number(first), row=table.row_number(again),
        )  # fmt: skip
