"""The list of statements that goes with the votes: wording, and what the moderators decided."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError

_ID = ("comment-id", "tid", "statement_id", "statement-id", "statement")
_MODERATED = ("moderated", "mod")
_TEXT = ("comment-body", "txt", "text")
# How often agreed by the file's own account; says which sign a list of votes from JSON has.
_AGREED = ("agree_count",)
_VERDICTS = {"1": 1, "0": 0, "-1": -1}


@dataclass(frozen=True, eq=False)
class Comments:
    """m statements by rising id.

    moderated : int8[m] or None; 1 accepted, 0 not looked at, -1 rejected. texts : wording, or ().
    agreed    : int64[m] or None; how often agreed by the file's account.
    """

    file: str
    ids: NDArray[np.int64]
    moderated: NDArray[np.int8] | None = None
    texts: tuple[str, ...] = ()
    agreed: NDArray[np.int64] | None = None

    def with_votes_on(self, votes: str, statements: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64: all statements there are, given those that the file ``votes`` knows.

        Raises EngineError("file_statement_unknown") for votes on a statement that is not listed.
        """
        if self is NO_COMMENTS:
            return statements
        strange = ~np.isin(statements, self.ids)
        if strange.any():
            first = int(statements[np.argmax(strange)])
            raise EngineError("file_statement_unknown", file=votes, comments=self.file, id=first)
        return self.ids


NO_COMMENTS = Comments("", np.zeros(0, dtype=np.int64))


def read_comments(name: str, raw: bytes) -> Comments:
    """Read ``comments.csv`` or ``comments.json``. Raises EngineError: file_*."""
    entries = list(_from_json(name, raw) if name.endswith(".json") else _from_csv(name, raw))
    if not entries:
        raise EngineError("file_empty", file=name)
    known = _Names(name, entries[0][1])
    rows: dict[int, int] = {}
    for row, entry in entries:
        number = known.number(row, entry, known.id)
        if number in rows:
            raise EngineError(
                "file_statement_twice", file=name, row=row, id=number, first=rows[number]
            )
        rows[number] = row
    ids = np.fromiter(rows, dtype=np.int64)
    ordered = [entries[place] for place in np.argsort(ids)]
    return Comments(
        file=name,
        ids=np.sort(ids),
        moderated=known.verdicts(ordered),
        texts=known.wordings(ordered),
        agreed=known.agreements(ordered),
    )


class _Names:
    """Which of its possible names each column has in this file, and how to read its cells."""

    def __init__(self, file: str, first: dict[str, Any]) -> None:
        self._file = file
        found = [next((n for n in names if n in first), None)
                 for names in (_ID, _MODERATED, _TEXT, _AGREED)]  # fmt: skip
        if found[0] is None:
            raise EngineError("file_column_missing", file=file, column=_ID[0])
        self.id, self.moderated, self.text, self.agreed = found[0], *found[1:]

    def number(self, row: int, entry: dict[str, Any], column: str) -> int:
        digits = _plain(entry[column])
        if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
            raise self._bad(row, entry, column, "a whole number from 0 up")
        return int(digits)

    def verdict(self, row: int, entry: dict[str, Any]) -> int:
        """1, 0 or -1 from the column ``moderated``."""
        column = str(self.moderated)
        found = _VERDICTS.get(_plain(entry[column]))
        if found is None:
            raise self._bad(row, entry, column, "one of -1, 0 and 1")
        return found

    def verdicts(self, entries: list[tuple[int, dict[str, Any]]]) -> NDArray[np.int8] | None:
        if self.moderated is None:
            return None
        return np.array([self.verdict(row, entry) for row, entry in entries], dtype=np.int8)

    def agreements(self, entries: list[tuple[int, dict[str, Any]]]) -> NDArray[np.int64] | None:
        if self.agreed is None:
            return None
        found = [self.number(row, entry, self.agreed) for row, entry in entries]
        return np.array(found, dtype=np.int64)

    def wordings(self, entries: list[tuple[int, dict[str, Any]]]) -> tuple[str, ...]:
        if self.text is None:
            return ()
        return tuple(str(entry[self.text]).strip() for _, entry in entries)

    def _bad(self, row: int, entry: dict[str, Any], column: str, expected: str) -> EngineError:
        found = str(entry[column])[:40]
        return EngineError(
            "file_cell", file=self._file, row=row, column=column, found=found, expected=expected
        )


def _plain(cell: Any) -> str:
    return str(cell).strip().removesuffix(".0")


def _from_csv(name: str, raw: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise EngineError("file_utf16", file=name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        raise EngineError("file_not_utf8", file=name, row=row) from error
    rows = enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)
    header: list[str] = []
    row = 0
    try:
        for row, cells in rows:
            if not header:
                header = [cell.strip() for cell in cells]
            elif len(cells) not in (0, len(header)):
                raise EngineError(
                    "file_row_width", file=name, row=row, found=len(cells), expected=len(header)
                )
            elif cells:
                yield row, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise EngineError("file_quotes", file=name, row=row + 1) from error


def _from_json(name: str, raw: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(json_rows(name, raw), start=1)


def json_rows(name: str, raw: bytes) -> list[dict[str, Any]]:
    """The entries of a JSON list of objects, all with the keys of the first.

    Raises EngineError: file_not_json.
    """
    try:
        rows = json.loads(raw)
    except ValueError as error:
        raise EngineError("file_not_json", file=name, reason=str(error)) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise EngineError("file_not_json", file=name, reason="it is not a list of objects")
    for at, row in enumerate(rows, start=1):
        lost = next((key for key in rows[0] if key not in row), None)
        if lost is not None:
            raise EngineError("file_not_json", file=name, reason=f"entry {at} has no {lost}")
    return rows
