"""Reading a list of people that someone exported from somewhere. No tables, no surprises.

Whatever bytes come, the answer is a Table: its good rows, and a Problem in words for each row
that is not good. Nothing here raises for bad content.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from deliberation import postal
from deliberation.figures import listed

LIMIT: Final = 100_000
_CELL_LIMIT: Final = 1000  # characters
_SEPARATORS: Final = (",", ";", "\t")
# A cell that begins like this is run as a formula by whoever opens the list in a spreadsheet.
_FORMULA: Final = re.compile(r"[=+\-@]\s*\S", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
# Names that a column often has in exports, by the name that callers use.
_ALSO: Final = {
    "e-mail": ("email", "mail", "emailaddress", "mailaddress", "courriel", "correo electrónico"),
    "name": ("full name", "nom", "nombre"),
    "reference": ("ref", "id", "code", "Referenz", "referencia"),
    "language": ("lang", "Sprache", "langue", "idioma"),
    **postal.ALSO,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line (counted from 1, as editors do), in words. 0 is the whole file."""

    line: int
    column: str
    message: str


@dataclass(slots=True)
class Table:
    """A list as it was read. ``rows[i]`` stands on line ``line_numbers[i]`` of the file.

    Each row has every required and optional column by the name the caller gave it, stripped of
    space around; "" where it is not filled in. Rows with a problem are not among them.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    line_numbers: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    encoding: str = "UTF-8"
    separator: str = ","
    # Columns of the file by the names they were asked for, and those nobody asked for.
    columns: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_rows(
    data: bytes, *, required: Sequence[str], optional: Sequence[str], limit: int = LIMIT
) -> Table:
    """Read a CSV list.

    The encoding (UTF-8, UTF-16, Windows-1252) and the separator (comma, semicolon, tab) are
    found out and told. Columns are found by their names in the first line, in any order and
    spelling of capitals, accents and hyphens. Where a column could be two of those wanted, it is
    the one named first. ``required`` columns must be there and filled in.
    """
    table = Table()
    text = _decoded(data, table)
    if text is None:
        return table
    lines = _Lines(text)
    table.separator = _separator(lines.first)
    reader = csv.reader(lines, delimiter=table.separator, strict=True)
    wanted = [*required, *optional]
    columns = _header(reader, table, wanted, required)
    if columns is not None:
        table.columns = list(columns)
        _body(reader, lines, table, columns, wanted, required, limit)
    return table


class _Lines(Iterator[str]):
    """The lines of a text, counted."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.number = 0
        self.first = next((line for line in io.StringIO(text) if line.strip()), "")

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return line


def _decoded(data: bytes, table: Table) -> str | None:
    """The text; None, with a problem, where there is none."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        words = _("This is not a CSV file. Save the list in your spreadsheet as “CSV UTF-8”.")
        table.problems.append(Problem(0, "", words))
        return None
    text, table.encoding = _guessed(data)
    if not text.strip("\ufeff \t\r\n"):
        table.problems.append(Problem(0, "", _("There is nothing in this list.")))
        return None
    return text.removeprefix("\ufeff")


def _guessed(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "UTF-16"
    if data[:200].count(0) * 4 > len(data[:200]):
        # Without a mark at its beginning: the side on which the zeros stand tells the order.
        order = "utf-16-le" if data[1:200:2].count(0) >= data[0:200:2].count(0) else "utf-16-be"
        return data.decode(order, errors="replace"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "Windows-1252"


def _separator(first: str) -> str:
    """The one that stands most often in the first line, outside quotation marks."""
    bare = re.sub(r'"[^"]*"', "", first)
    return max(_SEPARATORS, key=bare.count)


def _header(
    reader: Iterator[list[str]], table: Table, wanted: Sequence[str], required: Sequence[str]
) -> dict[str, int] | None:
    """Where each wanted column stands; None, with problems, if the list cannot be read by it."""
    names = _first_row(reader, table)
    if names is None:
        return None
    known = _spellings(wanted)
    places: dict[str, int] = {}
    for place, cell in enumerate(names):
        name = known.get(_folded(cell))
        if name is None:
            table.left_out.append(cell.strip()) if cell.strip() else None
        elif name in places:
            words = _("There are two columns “%(name)s”. Leave one of them out.") % {"name": name}
            table.problems.append(Problem(1, name, words))
        else:
            places[name] = place
    _missing(table, places, wanted, required)
    return None if table.problems else places


def _spellings(wanted: Sequence[str]) -> dict[str, str]:
    """How a column may be called, folded → its name. The caller's names come before others."""
    known: dict[str, str] = {}
    own = [(name, name) for name in wanted]
    others = [(spelling, name) for name in wanted for spelling in _also(name)]
    for spelling, column in own + others:
        known.setdefault(_folded(spelling), column)
    return known


def _first_row(reader: Iterator[list[str]], table: Table) -> list[str] | None:
    try:
        return next(row for row in reader if any(cell.strip() for cell in row))
    except (csv.Error, StopIteration):
        words = _("The first line cannot be read. It must name the columns.")
        table.problems.append(Problem(1, "", words))
        return None


def _also(name: str) -> tuple[str, ...]:
    return _ALSO.get(_folded_key(name), ())


def _folded_key(name: str) -> str:
    return next((key for key in _ALSO if _folded(key) == _folded(name)), "")


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if not (unicodedata.combining(c) or c.isspace() or c in "_-–."))


def _missing(
    table: Table, places: dict[str, int], wanted: Sequence[str], required: Sequence[str]
) -> None:
    absent = [name for name in required if name not in places]
    if not absent and not places:
        absent = list(wanted)
    if absent:
        words = _(
            "The first line must name the columns. This is missing: %(names)s. "
            "The first line says: %(found)s"
        ) % {"names": listed(absent), "found": _short(listed(table.left_out))}
        table.problems.append(Problem(1, "", words))


def _body(
    reader: Iterator[list[str]],
    lines: _Lines,
    table: Table,
    columns: dict[str, int],
    wanted: Sequence[str],
    required: Sequence[str],
    limit: int,
) -> None:
    width = max([*columns.values(), 0]) + 1
    blank = dict.fromkeys(wanted, "")
    seen: dict[tuple[str, ...], int] = {}
    while True:
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            words = _("The quotation marks of this line do not fit together.")
            table.problems.append(Problem(line, "", words))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(table.rows) >= limit:
            words = _("The list is too long. At most %(n)d rows can be read at once.")
            table.problems.append(Problem(line, "", words % {"n": limit}))
            return
        cells += [""] * (width - len(cells))
        given = {name: cells[place].strip() for name, place in columns.items()}
        found = [*_cells_problems(given, line), *_empty(given, line, required)]
        if not found:
            found = _twice(given, line, seen)
        if found:
            table.problems.extend(found)
        else:
            table.rows.append(blank | given)
            table.line_numbers.append(line)


def _cells_problems(row: dict[str, str], line: int) -> Iterator[Problem]:
    for name, cell in row.items():
        if not cell:
            continue
        if "\ufffd" in cell or _CONTROL.search(cell):
            yield Problem(line, name, _("There is a sign in this cell that cannot be read."))
        elif _FORMULA.match(cell):
            words = _("“%(cell)s” looks like a formula. A cell may not begin with =, +, - or @.")
            yield Problem(line, name, words % {"cell": _short(cell)})
        elif len(cell) > _CELL_LIMIT:
            words = _("This cell is too long: a missing quotation mark may be the cause.")
            yield Problem(line, name, words)


def _empty(row: dict[str, str], line: int, required: Sequence[str]) -> Iterator[Problem]:
    for name in required:
        if not row[name]:
            words = _("“%(name)s” is empty in this line.") % {"name": name}
            yield Problem(line, name, words)


def _twice(row: dict[str, str], line: int, seen: dict[tuple[str, ...], int]) -> list[Problem]:
    whole = tuple(row.values())
    before = seen.setdefault(whole, line)
    if before == line:
        return []
    return [Problem(line, "", _("This line is the same as line %(n)d.") % {"n": before})]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
