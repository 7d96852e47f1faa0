"""Lists for the lottery as CSV: people for the pool, and quotas. Reading only, nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from deliberation import postal
from deliberation.contact_lists import Problem, read_rows
from deliberation.people_lists import check_people, postal_addresses, read_language
from deliberation.services.pools import Person
from deliberation.services.quotas import Balance, Quota

EMAIL, NAME, REFERENCE, LANGUAGE = "e-mail", "name", "reference", "language"
_QUOTA_COLUMNS: Final = ("stratum", "value", "share", "min", "max")


@dataclass
class PoolList:
    """A list as it would come into the pool."""

    people: list[Person] = field(default_factory=list)
    # Addresses that are there already: left out, and as they were.
    known: int = 0
    problems: list[Problem] = field(default_factory=list)
    # Values that no stratum has, each once, with the stratum: (stratum, value, lines).
    unknown: list[tuple[str, str, int]] = field(default_factory=list)
    encoding: str = ""
    left_out: list[str] = field(default_factory=list)

    @property
    def unreachable(self) -> int:
        """How many have neither an e-mail nor a postal address."""
        return sum(not (person.email or person.postal_address) for person in self.people)

    @property
    def first_on_paper(self) -> Person | None:
        """Someone with a postal address, to look at it."""
        return next((person for person in self.people if person.postal_address), None)


def read_people(
    data: bytes, *, strata: Sequence[Balance], known: AbstractSet[str], language: str
) -> PoolList:
    """People with one column per stratum. known : addresses that the panel has, lower case.

    language : of people whose line says none. Never raises for bad
    content.
    """
    names = [stratum.name for stratum in strata]
    parts = address_columns(names)
    table = read_rows(data, required=names, optional=(EMAIL, NAME, REFERENCE, LANGUAGE, *parts))
    found = PoolList(
        problems=list(table.problems), encoding=table.encoding, left_out=table.left_out
    )
    places = [(one.name, {q.value.casefold(): q.value for q in one.quotas}) for one in strata]
    addresses = postal_addresses(table, parts)
    broken = check_people(table, addresses)
    found.problems.extend(broken)
    lines_broken = {problem.line for problem in broken}
    unknown: dict[tuple[str, str], int] = {}
    for row, line, address in zip(table.rows, table.line_numbers, addresses, strict=True):
        problems, values = [], {}
        for name, allowed in places:
            value = allowed.get(row[name].casefold())
            if value is None:
                problems.append(_unknown(line, name, row[name]))
                unknown[name, row[name]] = unknown.get((name, row[name]), 0) + 1
            else:
                values[name] = value
        email = row.get(EMAIL, "").lower()
        found.problems.extend(problems)
        if problems or line in lines_broken:
            continue
        if email and email in known:
            found.known += 1
        else:
            found.people.append(_person(row, email, values, address, language))
    found.unknown = [(name, value, lines) for (name, value), lines in sorted(unknown.items())]
    found.problems.sort(key=lambda problem: problem.line)
    return found


def address_columns(strata: Sequence[str]) -> list[str]:
    """The columns of postal addresses that a list with these strata may have.

    A stratum that is called as a part of the address, such as "town", is a stratum: whoever
    divides by town and village does not mean the town on the envelope.
    """
    taken = {name.casefold() for name in strata}
    return [name for name in postal.COLUMNS if name not in taken]


def read_quotas(data: bytes, *, seats: int) -> tuple[list[Balance], list[Problem]]:
    """Quotas with the columns stratum, value, share, min and max; the last three may miss.

    share : in percent. Without numbers a value may be drawn from 0 to ``seats`` times.
    """
    table = read_rows(data, required=_QUOTA_COLUMNS[:2], optional=_QUOTA_COLUMNS[2:])
    if not table.rows and not table.problems:
        return [], [Problem(0, "", _("There is nothing in this list."))]
    strata: dict[str, list[Quota]] = {}
    problems = list(table.problems)
    for row, line in zip(table.rows, table.line_numbers, strict=True):
        quota = _quota(row, line, seats, problems)
        if quota is not None:
            strata.setdefault(row["stratum"], []).append(quota)
    return [Balance(name, quotas) for name, quotas in strata.items()], problems


def _unknown(line: int, name: str, value: str) -> Problem:
    words = _("“%(value)s” is not among the values of “%(name)s”.")
    return Problem(line, name, words % {"value": value[:60], "name": name})


def _person(
    row: dict[str, str], email: str, values: dict[str, str], address: str, language: str
) -> Person:
    return Person(
        email=email,
        name=row.get(NAME, ""),
        reference=row.get(REFERENCE, ""),
        language=read_language(row.get(LANGUAGE, "")) or language,
        values=values,
        postal_address=address,
    )


def _quota(row: dict[str, str], line: int, seats: int, problems: list[Problem]) -> Quota | None:
    minimum = _number(row.get("min", ""), 0)
    maximum = _number(row.get("max", ""), max(seats, minimum or 0))
    share = _percent(row.get("share", ""))
    for column, bad in (("min", minimum is None), ("max", maximum is None)):
        if bad:
            problems.append(Problem(line, column, _("Write a whole number.")))
    if share is not None and not 0 <= share <= 1:
        problems.append(Problem(line, "share", _("Write a share from 0 to 100 percent.")))
        return None
    if minimum is None or maximum is None:
        return None
    if minimum > maximum:
        words = _("The smallest number is above the largest.")
        problems.append(Problem(line, "min", words))
        return None
    return Quota(row["value"], minimum, maximum, share)


def _number(text: str, blank: int) -> int | None:
    if not text:
        return blank
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _percent(text: str) -> float | None:
    """0 to 1; −1 for what is no number; None where nothing stands."""
    text = text.replace("%", "").replace(",", ".").strip()
    if not text:
        return None
    try:
        return float(text) / 100
    except ValueError:
        return -1.0
