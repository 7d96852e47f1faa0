"""The form of strata and quotas: any number of features with any number of values each.

Every button sends the whole form, so that rows can be added and removed without JavaScript and
nothing typed is lost. Names of fields: ``seats``, ``margin``, ``s2-name``, ``s2-v0-value``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from deliberation.figures import decimal
from deliberation.lottery_words import Trouble
from deliberation.services.errors import Invalid
from deliberation.services.quotas import MOST_STRATA, MOST_VALUES, Balance, Quota, suggest

_NAME: Final = re.compile(r"s(\d{1,2})-(?:name|v(\d{1,2})-(?:value|share|minimum|maximum))")
_MARGIN: Final = 1


@dataclass
class Cell:
    """One field: its name in the form, what stands in it, what is wrong with it."""

    name: str
    text: str = ""
    error: str = ""
    focus: bool = False


@dataclass
class ValueFields:
    """One value of a stratum."""

    value: Cell
    share: Cell
    minimum: Cell
    maximum: Cell
    # How many in the pool have it, in words; empty where there is no pool.
    people: str = ""

    @property
    def cells(self) -> tuple[Cell, Cell, Cell, Cell]:
        return self.value, self.share, self.minimum, self.maximum

    @property
    def empty(self) -> bool:
        return not any(cell.text.strip() for cell in self.cells)

    @property
    def error(self) -> str:
        return " ".join(cell.error for cell in self.cells if cell.error)


@dataclass
class StratumFields:
    """One feature with its values. ``notes`` are about the feature as a whole."""

    at: int
    name: Cell
    rows: list[ValueFields]
    notes: list[Trouble] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.rows) >= MOST_VALUES


@dataclass
class QuotasForm:
    """What is typed, and what is wrong with it."""

    seats: Cell
    margin: Cell
    strata: list[StratumFields]
    errors: list[Trouble] = field(default_factory=list)

    @classmethod
    def of(cls, seats: int, balances: Sequence[Balance]) -> QuotasForm:
        """The form filled with what is stored, or was read from a file."""
        form = cls(Cell("seats", str(seats)), Cell("margin", str(_MARGIN)), [])
        for at, balance in enumerate(balances):
            rows = [_value_fields(at, n, quota) for n, quota in enumerate(balance.quotas)]
            form.strata.append(StratumFields(at, Cell(f"s{at}-name", balance.name), rows))
        return form

    @classmethod
    def sent(cls, data: QueryDict) -> QuotasForm:
        """The form as it was sent, with the rows in their order."""
        places: dict[int, set[int]] = {}
        for name in data:
            found = _NAME.fullmatch(name)
            if found:
                rows = places.setdefault(int(found[1]), set())
                rows |= {int(found[2])} if found[2] else set()
        # The margin is not asked for before there is a feature.
        margin = Cell("margin", data.get("margin", str(_MARGIN)))
        form = cls(Cell("seats", data.get("seats", "")), margin, [])
        for s in sorted(places)[: MOST_STRATA + 1]:
            strip = [_sent_row(data, s, v) for v in sorted(places[s])[: MOST_VALUES + 1]]
            form.strata.append(
                StratumFields(s, Cell(f"s{s}-name", data.get(f"s{s}-name", "")), strip)
            )
        return form.renumbered()

    def renumbered(self) -> QuotasForm:
        """Names of fields in order again, after rows went."""
        for at, stratum in enumerate(self.strata):
            stratum.at, stratum.name.name = at, f"s{at}-name"
            for n, row in enumerate(stratum.rows):
                for cell, part in zip(row.cells, _PARTS, strict=True):
                    cell.name = f"s{at}-v{n}-{part}"
        return self

    def press(self, button: str) -> None:
        """What a button other than “save” does to the rows. Unknown buttons do nothing."""
        what, *where = button.split(".")
        at = [int(number) for number in where if number.isascii() and number.isdigit()]
        if what == "add-stratum" and len(self.strata) < MOST_STRATA:
            self.strata.append(StratumFields(0, Cell("", focus=True), [_blank(), _blank()]))
        elif what == "suggest":
            self._suggest()
        elif at and at[0] < len(self.strata):
            self._press_in(self.strata[at[0]], what, at[1:])
        self.renumbered()

    def _press_in(self, stratum: StratumFields, what: str, at: Sequence[int]) -> None:
        if what == "add-value" and not stratum.full:
            stratum.rows.append(_blank(focus=True))
        elif what == "remove-stratum":
            self.strata.remove(stratum)
        elif what == "remove-value" and at and at[0] < len(stratum.rows):
            del stratum.rows[at[0]]

    def _suggest(self) -> None:
        """Fill smallest and largest numbers from the shares, give or take the margin."""
        seats, margin = self._count(self.seats, 1, 10_000), self._count(self.margin, 0, 1000)
        if seats is None or margin is None:
            return
        for stratum in self.strata:
            shares = [_share(row.share) for row in stratum.rows]
            pairs = suggest(shares, seats=seats, margin=margin)
            for row, pair in zip(stratum.rows, pairs, strict=True):
                if pair is not None:
                    row.minimum.text, row.maximum.text = str(pair[0]), str(pair[1])

    def clean(self) -> tuple[int, list[Balance]] | None:
        """Seats and strata, if every field holds; None, with an error at each that does not."""
        seats = self._count(self.seats, 1, 10_000)
        strata = [self._clean_stratum(stratum, seats or 0) for stratum in self.strata]
        return None if self.all_errors or seats is None else (seats, strata)

    def _clean_stratum(self, stratum: StratumFields, seats: int) -> Balance:
        name = stratum.name
        if not name.text.strip():
            name.error = _("Give this feature a name, such as “Age”.")
        elif len(name.text.strip()) > 100:
            name.error = _("A name may have at most 100 characters.")
        rows = [row for row in stratum.rows if not row.empty]
        if len(rows) < 2:
            name.error = name.error or _("A feature needs at least two values.")
        return Balance(name.text.strip(), [self._clean_row(row, seats) for row in rows])

    def _clean_row(self, row: ValueFields, seats: int) -> Quota:
        value = row.value.text.strip()
        if not value:
            row.value.error = _("Name this value.")
        elif len(value) > 100:
            row.value.error = _("A value may have at most 100 characters.")
        share = _share(row.share)
        minimum = self._count(row.minimum, 0, 10_000, blank=0)
        maximum = self._count(row.maximum, 0, 10_000, blank=max(seats, minimum or 0))
        if minimum is not None and maximum is not None and minimum > maximum:
            row.minimum.error = _("The smallest number is above the largest.")
        return Quota(value, minimum or 0, maximum or 0, share)

    def _count(self, cell: Cell, low: int, high: int, blank: int | None = None) -> int | None:
        text = cell.text.strip()
        if not text and blank is not None:
            return blank
        if not (text.isascii() and text.isdigit() and len(text) < 7 and low <= int(text) <= high):
            cell.error = _("Write a whole number from %(low)d to %(high)d.") % {
                "low": low,
                "high": high,
            }
            return None
        return int(text)

    def say(self, found: Iterable[Trouble]) -> None:
        """Put each contradiction beside the feature or value it is about."""
        for one in found:
            stratum = next((s for s in self.strata if s.name.text.strip() == one.stratum), None)
            if stratum is None:
                self.errors.append(one)
            else:
                stratum.notes.append(one)

    def refuse(self, error: Invalid) -> None:
        """What the service refused."""
        if error.field == "seats":
            self.seats.error = error.message
        else:
            self.errors.append(Trouble(error.message))

    @property
    def all_errors(self) -> list[tuple[str, str]]:
        """Id of a field, or nothing, and what is wrong, in the order of the page."""
        cells = [self.seats, self.margin, *(cell for cell in self._cells())]
        return [(cell.name, cell.error) for cell in cells if cell.error] + [
            ("", trouble.message) for trouble in self.errors
        ]

    def _cells(self) -> Iterator[Cell]:
        for stratum in self.strata:
            yield stratum.name
            for row in stratum.rows:
                yield from row.cells

    def show_people(self, words: Mapping[tuple[str, str], str]) -> None:
        """How many in the pool have each value: (stratum, value) → words."""
        for stratum in self.strata:
            for row in stratum.rows:
                row.people = words.get((stratum.name.text, row.value.text), "")


_PARTS: Final = ("value", "share", "minimum", "maximum")


def _blank(*, focus: bool = False) -> ValueFields:
    return ValueFields(Cell("", focus=focus), Cell(""), Cell(""), Cell(""))


def _value_fields(at: int, n: int, quota: Quota) -> ValueFields:
    share = "" if quota.share is None else decimal(round(quota.share * 100, 4))
    texts = {
        "value": quota.value,
        "share": share,
        "minimum": str(quota.minimum),
        "maximum": str(quota.maximum),
    }
    return _of_cells([Cell(f"s{at}-v{n}-{part}", texts[part]) for part in _PARTS])


def _sent_row(data: QueryDict, s: int, v: int) -> ValueFields:
    names = [f"s{s}-v{v}-{part}" for part in _PARTS]
    return _of_cells([Cell(name, data.get(name, "")) for name in names])


def _of_cells(cells: Sequence[Cell]) -> ValueFields:
    """Cells in the order of ``_PARTS``."""
    value, share, minimum, maximum = cells
    return ValueFields(value, share, minimum, maximum)


def _share(cell: Cell) -> float | None:
    """A share typed in percent, as 0 to 1; None if it is empty or wrong, then with an error."""
    text = cell.text.strip().replace("%", "").replace(",", ".").replace("٫", ".").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        cell.error = _("Write a share from 0 to 100 percent.")
        return None
    return number / 100
