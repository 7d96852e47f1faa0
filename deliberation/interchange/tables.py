"""Read a CSV file so that every fault in it can be named: which file, row and column.

Rows are counted as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    file: str
    message: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.message}."


class Problems:
    """Collects problems; keeps the first 20 and counts the rest."""

    def __init__(self) -> None:
        self.first: list[Problem] = []
        self.total = 0

    def add(
        self, file: str, message: str, row: int | None = None, column: str | None = None
    ) -> None:
        self.total += 1
        if len(self.first) < SHOWN:
            self.first.append(Problem(file, message, row, column))

    def raise_if_any(self) -> None:
        if self.total:
            raise BadFiles(self)


class BadFiles(Exception):
    """The files cannot be used. ``problems`` holds the first 20, ``total`` counts them all."""

    def __init__(self, problems: Problems) -> None:
        self.problems = tuple(problems.first)
        self.total = problems.total
        super().__init__(self.in_words())

    def in_words(self) -> str:
        """One line for each problem."""
        lines = [str(problem) for problem in self.problems]
        if self.total > len(lines):
            lines.append(f"… and {self.total - len(lines)} more.")
        return "\n".join(lines)


@dataclass(frozen=True)
class Table:
    """A CSV file whose rows are all as wide as its header. ``rows`` carry their row number."""

    file: str
    header: list[str]
    rows: list[tuple[int, list[str]]]

    def cell(self, cells: list[str], column: str) -> str:
        return cells[self.header.index(column)].strip()

    def number(
        self, cells: list[str], column: str, row: int, problems: Problems, highest: int
    ) -> int | None:
        """A whole number from 0 to ``highest``; otherwise None and a problem."""
        text = self.cell(cells, column)
        number = whole_number(text, highest=highest)
        if number is None:
            what = (
                f"“{text[:40]}” is not a whole number from 0 to {highest}" if text else "is blank"
            )
            problems.add(self.file, what, row, column)
        return number


def whole_number(text: str, *, highest: int) -> int | None:
    """Read "7" or "7.0" as 7. None for anything else, and for more than ``highest``."""
    digits = text.strip().removesuffix(".0")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        return None
    number = int(digits)
    return number if number <= highest else None


def read_table(path: Path, required: Sequence[str], problems: Problems) -> Table | None:
    """Read ``path`` as UTF-8 CSV. None when nothing in it can be used.

    Rows that are too short or too long are left out and reported, so that one broken line
    does not hide what is wrong with the others.
    """
    text = _decode(path, problems)
    if text is None:
        return None
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        problems.add(path.name, f"is not a proper CSV file ({error})")
        return None
    if not records or not any(records):
        problems.add(path.name, "is empty")
        return None
    header = [name.strip() for name in records[0]]
    rows = [(row, cells) for row, cells in enumerate(records[1:], start=2) if cells]
    table = Table(path.name, header, rows)
    _check_encoding(table, problems)
    if not _check_header(table, required, problems):
        return None
    return _even_rows(table, problems)


def _decode(path: Path, problems: Problems) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.add(path.name, f"cannot be read ({error.strerror})")
        return None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.add(path.name, "is UTF-16 text. Save it as UTF-8")
        return None
    # Bytes that are not UTF-8 become lone surrogates, so that their cell can be named below.
    return raw.decode("utf-8-sig", errors="surrogateescape")


def _check_encoding(table: Table, problems: Problems) -> None:
    for row, cells in [(1, table.header), *table.rows]:
        if "".join(cells).isascii():
            continue
        for place, cell in enumerate(cells):
            if any("\udc80" <= character <= "\udcff" for character in cell):
                column = table.header[place] if place < len(table.header) else str(place + 1)
                name = column.encode("ascii", "replace").decode()
                problems.add(table.file, "is not UTF-8 text. Save the file as UTF-8", row, name)


def _check_header(table: Table, required: Sequence[str], problems: Problems) -> bool:
    missing = [name for name in required if name not in table.header]
    for name in missing:
        problems.add(table.file, "is missing", 1, name)
    seen: set[str] = set()
    for name in table.header:
        if name in seen and name:
            problems.add(table.file, "is there twice", 1, name)
        seen.add(name)
    return not missing


def _even_rows(table: Table, problems: Problems) -> Table:
    wide = len(table.header)
    even = []
    for row, cells in table.rows:
        if len(cells) == wide:
            even.append((row, cells))
            continue
        last = table.header[len(cells) - 1] if len(cells) < wide else table.header[-1]
        message = f"the row has {len(cells)} cells, the header has {wide}"
        problems.add(table.file, message, row, f"{last} (the last one that fits)")
    return Table(table.file, table.header, even)
