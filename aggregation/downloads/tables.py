"""Tables that leave the house: columns with their meaning, cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from deliberation.spreadsheets import safe_cell

Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """One column, and what stands in it."""

    name: str
    meaning: str | Promise


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file: UTF-8, lines ended by CR LF, as RFC 4180 has it.

    Texts are made safe for spreadsheets; numbers stay numbers, with all their digits, and
    nothing is written for None.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _plain(cell: Cell) -> object:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return int(cell)
    return safe_cell(cell) if isinstance(cell, str) else cell
