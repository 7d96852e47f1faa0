"""CSV files read as bytes: numpy looks at the whole file, Python at no cell.

In a row of a matrix nearly every cell is blank, so the bytes that are neither comma nor line end
are few. Such a byte stands in the cell whose number is the count of separators before it, which
is its own place less the bytes before it that are no separators: one comparison and one
``flatnonzero`` find every cell that holds something, and which cell it is.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.errors import EngineError

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

_COMMA, _LINE, _QUOTE, _HIDDEN = 44, 10, 34, 1
_PIECE = 1 << 22  # bytes looked at in one go; small enough to stay in the cache
_LONGEST = 18  # digits of a number that fits
_MARGIN = 24  # bytes before a piece, so that a number may be loaded from before its first cell


@dataclass(frozen=True, eq=False)
class Cells:
    """Some cells: row in the file (from 0, without the header), column, and where in the buffer
    each starts and ends."""

    row: Places
    column: Places
    start: Places
    end: Places

    def of(self, chosen: Places) -> Cells:
        return Cells(self.row[chosen], self.column[chosen], self.start[chosen], self.end[chosen])


@dataclass(frozen=True, eq=False)
class Piece:
    """Some whole rows of a file. ``buffer`` : uint8, the rows after a margin of line ends.
    ``ends`` : where each row ends."""

    table: Table
    buffer: Bytes
    ends: Places
    first_row: int

    @property
    def n_rows(self) -> int:
        return len(self.ends)

    def cells(self) -> Cells:
        """Every cell that is not blank."""
        wide = len(self.table.header)
        # Digits, signs and letters all come after the comma. Where something else may stand in a
        # cell, the comparison is made in full.
        content = np.flatnonzero(self.buffer > _COMMA)
        commas = int(np.count_nonzero(self.buffer == _COMMA))
        if len(content) + commas + self.n_rows + _MARGIN != len(self.buffer):
            content = np.flatnonzero((self.buffer != _COMMA) & (self.buffer != _LINE))
        self._refuse_uneven(self.ends - np.searchsorted(content, self.ends) - _MARGIN)
        cell = content - np.arange(_MARGIN, _MARGIN + len(content))
        new = np.ones(len(cell) + 1, dtype=bool)
        np.not_equal(cell[1:], cell[:-1], out=new[1:-1])
        start, end = content[new[:-1]], content[new[1:]] + 1
        row, column = np.divmod(cell[new[:-1]], wide)
        start, end = self.table.trimmed(self.buffer, start, end)
        cells = Cells(row + self.first_row, column, start, end)
        return cells.of(np.flatnonzero(start < end)) if self.table.padded else cells

    def columns(self, wanted: Sequence[int]) -> list[Cells]:
        """All cells of each wanted column, blank ones included."""
        wide = len(self.table.header)
        places = np.flatnonzero((self.buffer == _COMMA) | (self.buffer == _LINE))[_MARGIN - 1 :]
        if len(places) != self.n_rows * wide + 1 or np.any(places[wide::wide] != self.ends):
            self._refuse_uneven(np.searchsorted(places, self.ends) - 1)
        row, found = np.arange(self.first_row, self.first_row + self.n_rows), []
        for at in wanted:
            column = np.broadcast_to(np.int64(at), row.shape)
            found.append(Cells(row, column, places[at:-1:wide] + 1, places[at + 1 :: wide]))
        return found

    def refuse(self, bad: NDArray[np.bool_], cells: Cells, expected: str) -> None:
        """EngineError("file_cell") or ("file_cell_blank") for the first bad cell, if any.

        expected : what should stand there, in words.
        """
        if not bad.any():
            return
        at = int(np.argmax(bad))
        one = np.array([at])
        start, end = self.table.trimmed(self.buffer, cells.start[one], cells.end[one])
        place = {
            "file": self.table.name,
            "row": self.table.row_number(int(cells.row[at])),
            "column": self.table.header[int(cells.column[at])],
        }
        if start[0] >= end[0]:
            raise EngineError("file_cell_blank", **place)
        found = self.buffer[start[0] : end[0]].tobytes().decode("utf-8", "replace")
        raise EngineError("file_cell", **place, found=found[:40], expected=expected)

    def whole_numbers(self, cells: Cells) -> NDArray[np.int64]:
        """int64: the cells as whole numbers from 0 ("7" or "7.0"), -1 for anything else."""
        found = self._digits(cells.start, cells.end)
        self._again(found, found < 0, cells, self._digits)
        return found

    def votes(self, cells: Cells) -> NDArray[np.int8]:
        """int8: 1, -1 or 0 ("1", "-1.0", ...); anything else gives a number beyond 1 or -1."""
        found = self._signs(cells.start, cells.end)
        self._again(found, np.abs(found) > 1, cells, self._signs)
        return found

    def _again(
        self,
        found: NDArray[Any],
        odd: NDArray[np.bool_],
        cells: Cells,
        read: Callable[[Places, Places], NDArray[Any]],
    ) -> None:
        """Read odd cells once more, without what may stand around the number."""
        if odd.any():
            at = np.flatnonzero(odd)
            start, end = self.table.trimmed(self.buffer, cells.start[at], cells.end[at])
            decimal = (self.buffer[end - 1] == 48) & (self.buffer[end - 2] == 46)
            found[at] = read(start, end - 2 * (decimal & (end > start + 2)))

    def _digits(self, start: Places, end: Places) -> NDArray[np.int64]:
        length = end - start
        # An unaligned view: entry i is the eight bytes from place i on.
        words: NDArray[np.uint64] = np.ndarray(
            (len(self.buffer) - 7,), dtype="<u8", buffer=self.buffer, strides=(1,)
        )
        value, good = _eight_digits(words[end - 8], np.minimum(length, 8))
        for done in range(8, min(int(length.max(initial=0)), _LONGEST), 8):
            part, fine = _eight_digits(words[end - 8 - done], np.clip(length - done, 0, 8))
            value += part * 10**done
            good &= fine
        good &= (length > 0) & (length <= _LONGEST)
        np.putmask(value, ~good, -1)
        return value

    def _signs(self, start: Places, end: Places) -> NDArray[np.int8]:
        length = end - start
        value = _DIGIT[self.buffer[end - 1]]
        minus = (length == 2) & (self.buffer[start] == 45)
        np.negative(value, out=value, where=minus)
        np.putmask(value, length - minus != 1, _NO_VOTE)
        return value

    def _refuse_uneven(self, separators: Places) -> None:
        """separators : how many stand before the end of each row, as counted from the first."""
        wide = len(self.table.header)
        even = np.arange(1, len(separators) + 1) * wide - 1
        wrong = np.flatnonzero(separators != even)
        if len(wrong):
            row = int(wrong[0])
            found = wide + int(separators[row] - even[row])
            raise EngineError(
                "file_row_width", file=self.table.name, expected=wide, found=found,
                row=self.table.row_number(self.first_row + row),
            )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Table:
    """A CSV file in which commas and line ends do nothing but separate.

    header : names of the columns. data : the file; rows begin at ``start``.
    padded : some cells may have spaces or quotation marks around them.
    """

    name: str
    header: tuple[str, ...]
    data: bytes
    start: int
    padded: bool

    def row_number(self, row: int) -> int:
        """Row of the file as a spreadsheet shows it: the header is row 1, blank rows count."""
        lines = enumerate(self.data[self.start :].split(b"\n"), start=2)
        return next(islice((number for number, line in lines if line), row, None))

    def pieces(self) -> Iterator[Piece]:
        """The rows that are not blank in order, some megabytes at a time."""
        low, row, size = self.start, 0, len(self.data)
        while low < size:
            high = self.data.rfind(b"\n", low, low + _PIECE) + 1
            if not high:
                high = self.data.find(b"\n", low) + 1 or size
            view = np.frombuffer(self.data, dtype=np.uint8, count=high - low, offset=low)
            ends = np.flatnonzero(view == _LINE)
            blank = ends[np.diff(ends, prepend=-1) == 1]
            if len(blank):
                view = np.delete(view, blank)
                ends = np.flatnonzero(view == _LINE)
            if len(view) and view[-1] != _LINE:  # the last row of a file may have no line end
                ends = np.append(ends, len(view))
            if len(ends):
                buffer = np.full(_MARGIN + int(ends[-1]) + 1, _LINE, dtype=np.uint8)
                buffer[_MARGIN : _MARGIN + len(view)] = view
                yield Piece(self, buffer, ends + _MARGIN, row)
            row, low = row + len(ends), high

    def trimmed(self, buffer: Bytes, start: Places, end: Places) -> tuple[Places, Places]:
        """The cells without quotation marks about them and spaces around them."""
        if not self.padded or not len(start):
            return start, end
        quoted = (buffer[start] == _QUOTE) & (end > start)
        start, end = start + quoted, end - quoted
        while np.any(wide := (start < end) & _IS_SPACE[buffer[start]]):
            start = start + wide
        while np.any(wide := (start < end) & _IS_SPACE[buffer[end - 1]]):
            end = end - wide
        return start, end


def read_table(name: str, raw: bytes) -> Table:
    """The bytes of a CSV file as a Table, clean enough for plain scans.

    Raises EngineError: file_empty, file_utf16, file_not_utf8, file_quotes, file_column_twice.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise EngineError("file_utf16", file=name)
    data = raw.removeprefix(b"\xef\xbb\xbf")
    if not data or data.isspace():
        raise EngineError("file_empty", file=name)
    _refuse_other_encodings(name, data)
    quoted = b'"' in data
    if quoted:
        data = _without_hidden_separators(name, data)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    end = data.find(b"\n")
    end = len(data) if end < 0 else end
    header = tuple(cell.strip().strip('"').strip() for cell in data[:end].decode().split(","))
    seen: set[str] = set()
    for column in header:
        if column and column in seen:
            raise EngineError("file_column_twice", file=name, column=column)
        seen.add(column)
    padded = quoted or b" " in data or b"\t" in data
    return Table(name, header, data, end + 1, padded)


def _refuse_other_encodings(name: str, data: bytes) -> None:
    """Piece by piece: as text, a large file would take four times its size."""
    if data.isascii():
        return
    decoder = getincrementaldecoder("utf-8")()
    for low in range(0, len(data), _PIECE):
        piece = data[low : low + _PIECE]
        try:
            decoder.decode(piece, final=low + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            # The piece it speaks of begins with what was left over from the one before.
            place = low + len(piece) - len(error.object) + error.start
            row = data.count(b"\n", 0, place) + 1
            raise EngineError("file_not_utf8", file=name, row=row) from error


def _without_hidden_separators(name: str, data: bytes) -> bytes:
    """Commas and line ends inside quotation marks become a byte that means nothing.

    A doubled mark inside a cell ends the quotation and begins it again, which is all the same.
    """
    view = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8).copy()
    marks = np.flatnonzero(view == _QUOTE)
    opening, closing = marks[::2], marks[1::2]
    wrong = ~_MAY_TOUCH[view[opening - 1]]
    wrong[: len(closing)] |= ~_MAY_TOUCH[view[closing + 1]]
    if len(marks) % 2:
        wrong[-1] = True
    if wrong.any():
        row = int(np.count_nonzero(view[: opening[np.argmax(wrong)]] == _LINE))
        raise EngineError("file_quotes", file=name, row=row)
    inside = np.logical_xor.accumulate(view == _QUOTE)
    view[inside & _SEPARATES[view]] = _HIDDEN
    return view[1:-1].tobytes()


def _eight_digits(
    words: NDArray[np.uint64], length: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The last ``length`` characters of each eight as a number, and whether they are digits.

    All eight at once: neighbours are put together to pairs, pairs to fours, fours to the whole.
    """
    digits = (words & _KEPT[length]) | _ZEROS[length]
    low = np.uint64(0xF0F0F0F0F0F0F0F0)
    zeros = np.uint64(0x3030303030303030)
    good = ((digits & low) == zeros) & (((digits + np.uint64(0x0606060606060606)) & low) == zeros)
    pairs = ((digits & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561)) >> np.uint64(8)
    fours = ((pairs & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
    whole = ((fours & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> np.uint64(32)
    return whole.astype(np.int64), good


def _flags(characters: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=bool)
    table[list(characters)] = True
    return table


_SEPARATES = _flags(b",\n\r")
_MAY_TOUCH = _flags(b',\n\r"')
_IS_SPACE = _flags(b" \t")
_NO_VOTE = np.int8(2)
_DIGIT = np.full(256, _NO_VOTE, dtype=np.int8)
_DIGIT[ord("0")], _DIGIT[ord("1")] = 0, 1
# Indexed by how many of eight characters count: the last ones, which are the highest bytes.
_KEPT = np.array([2**64 - 2 ** (64 - 8 * n) for n in range(9)], dtype=np.uint64)
_ZEROS = np.array([0x3030303030303030 % 2 ** (64 - 8 * n) for n in range(9)], dtype=np.uint64)
