"""A list of votes, one a row: ``votes.csv`` and ``votes.json``. Of several votes of a person on a
statement the last one by its time counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.comments import NO_COMMENTS, Comments, json_rows
from aggregation.engine.delimited import Table
from aggregation.engine.errors import EngineError
from aggregation.engine.ids import Places, distinct
from aggregation.engine.vote_table import Ballots

_PERSON = ("voter-id", "participant", "participant-id", "participant_id", "pid")
_STATEMENT = ("comment-id", "statement", "statement-id", "statement_id", "tid")
_VOTE = ("vote", "value")
_TIME = ("timestamp", "modified", "created")


@dataclass(frozen=True)
class Columns:
    """Where the columns of a list stand; ``time`` is None in a list without times."""

    person: int
    statement: int
    vote: int
    time: int | None


def list_columns(table: Table) -> Columns | None:
    """The columns, or None if the table is no list of votes.

    Raises EngineError("file_column_missing") if it is one in part.
    """
    vote = _first(_VOTE, table.header)
    if vote is None:
        return None
    person, statement = _first(_PERSON, table.header), _first(_STATEMENT, table.header)
    if person is None or statement is None:
        names = _PERSON if person is None else _STATEMENT
        raise EngineError("file_column_missing", file=table.name, column=" or ".join(names[:2]))
    return Columns(person, statement, vote, _first(_TIME, table.header))


def list_votes(table: Table, columns: Columns) -> Ballots:
    """The votes that count. Raises EngineError: file_*."""
    wanted = [columns.person, columns.statement, columns.vote]
    wanted += [] if columns.time is None else [columns.time]
    parts: list[list[NDArray[Any]]] = [[] for _ in wanted]
    for piece in table.pieces():
        for at, cells in enumerate(piece.columns(wanted)):
            if wanted[at] == columns.vote:
                found: NDArray[Any] = piece.votes(cells)
                piece.refuse(np.abs(found) > 1, cells, "a vote: 1, -1 or 0")
            else:
                found = piece.whole_numbers(cells)
                piece.refuse(found < 0, cells, "a whole number from 0 up")
            parts[at].append(found)
    if not parts[0]:
        raise EngineError("file_no_votes", file=table.name)
    who, what, values, *time = (np.concatenate(part) for part in parts)
    return _last_votes(table.name, who, what, values, time[0] if time else None)


def json_votes(name: str, raw: bytes, comments: Comments = NO_COMMENTS) -> Ballots:
    """Votes as Polis's interface gives them, with agree 1.

    Copies of Polis's database have agree -1. Where the list of comments says how often each was
    agreed with, votes that fit only with their sign turned are turned.
    Raises EngineError: file_*.
    """
    rows = json_rows(name, raw)
    if not rows:
        raise EngineError("file_no_votes", file=name)
    keys = [next((n for n in names if n in rows[0]), None)
            for names in (_PERSON, _STATEMENT, _VOTE, _TIME)]  # fmt: skip
    for key, names in zip(keys[:3], (_PERSON, _STATEMENT, _VOTE), strict=True):
        if key is None:
            raise EngineError("file_column_missing", file=name, column=" or ".join(names))
    who, what, values, *time = (_json_numbers(name, rows, key) for key in keys if key is not None)
    odd = np.flatnonzero(np.abs(values) > 1)
    if len(odd):
        raise _bad_entry(name, int(odd[0]), str(keys[2]), values[odd[0]], "a vote: 1, -1 or 0")
    votes = _last_votes(name, who, what, values.astype(np.int8), time[0] if time else None)
    return replace(votes, values=-votes.values) if _reversed(votes, comments) else votes


def _first(names: tuple[str, ...], header: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _json_numbers(name: str, rows: list[dict[str, Any]], key: str) -> NDArray[np.int64]:
    found = np.empty(len(rows), dtype=np.int64)
    for at, row in enumerate(rows):
        try:
            number = float(row[key])
            found[at] = int(number)
            whole = number == found[at]
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            raise _bad_entry(name, at, key, row[key], "a whole number")
    return found


def _bad_entry(name: str, at: int, key: str, found: Any, expected: str) -> EngineError:
    return EngineError(
        "file_cell", file=name, row=at + 1, column=key, found=str(found)[:40], expected=expected
    )


def _reversed(votes: Ballots, comments: Comments) -> bool:
    if comments.agreed is None:
        return False
    fits = [
        np.count_nonzero(_counts(votes, comments.ids, value) == comments.agreed)
        for value in (1, -1)
    ]
    return bool(fits[1] > fits[0])


def _counts(votes: Ballots, ids: NDArray[np.int64], value: int) -> NDArray[np.int64]:
    mine = np.sort(votes.statement_ids[votes.columns[votes.values == value]])
    return np.searchsorted(mine, ids, side="right") - np.searchsorted(mine, ids)


def _last_votes(
    name: str,
    who: NDArray[np.int64],
    what: NDArray[np.int64],
    values: NDArray[np.int8],
    time: NDArray[np.int64] | None,
) -> Ballots:
    """One vote per person and statement, in canonical order: the one with the latest time.

    Raises EngineError("file_votes_contradict") where two different votes have the same latest
    time, or where there are no times to choose by: the order of rows never decides.
    """
    people, statements = distinct(who), distinct(what)
    if len(people) * len(statements) >= 2**61:
        raise EngineError("too_large", participants=len(people), statements=len(statements))
    cell = Places(people, "participant", len(who)).of(who) * len(statements)
    cell += Places(statements, "statement", len(what)).of(what)
    cell, order = _by_cell_and_time(cell, time)
    last = np.ones(len(cell), dtype=bool)
    np.not_equal(cell[1:], cell[:-1], out=last[:-1])
    keep = order[last]
    if len(keep) < len(order):
        # Every vote beside the one that is kept for the same cell.
        kept = np.repeat(keep, np.diff(np.flatnonzero(last), prepend=-1))
        rival = values[order] != values[kept]
        if time is not None:
            rival &= time[order] == time[kept]
        if rival.any():
            first = int(np.argmax(rival))
            raise EngineError(
                "file_votes_contradict", file=name,
                participant=int(who[order[first]]), statement=int(what[order[first]]),
            )  # fmt: skip
    row, column = np.divmod(cell[last], len(statements))
    return Ballots(people, statements, row, column, values[keep])


def _by_cell_and_time(
    cell: NDArray[np.int64], time: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cells in order, and the place of each vote by cell and then by time.

    Sorts one integer that holds cell and place, where both fit: many times faster than sorting
    places.
    """
    places: NDArray[np.int64] | None = None
    if time is not None and np.any(time[1:] < time[:-1]):
        places = np.argsort(time, kind="stable")
        cell = cell[places]
    bits = max(len(cell) - 1, 1).bit_length()
    if int(cell.max()) < 1 << (62 - bits):
        packed = (cell << bits) | np.arange(len(cell))
        packed.sort()
        cell, order = packed >> bits, packed & ((1 << bits) - 1)
    else:
        order = np.argsort(cell, kind="stable")
        cell = cell[order]
    return cell, order if places is None else places[order]
