"""The columns about people in a list: what they hold, and what is wrong with them.

Alike for contacts and for the pool of a lottery. Nothing here reads or writes tables.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from deliberation import postal
from deliberation.contact_lists import Problem, Table

_LONGEST: Final = {"e-mail": 254, "name": 200, "reference": 100}


def postal_addresses(table: Table, columns: Collection[str] = postal.COLUMNS) -> list[str]:
    """The postal address of each row, "" where there is none.

    columns : those of postal.COLUMNS that mean an address here.
    """
    there = [name for name in table.columns if name in columns]
    if not there:
        return [""] * len(table.rows)
    return [postal.put_together({name: row[name] for name in there}) for row in table.rows]


def check_people(table: Table, addresses: Sequence[str]) -> list[Problem]:
    """What is wrong with the columns about people, beyond what ``read_rows`` finds.

    addresses : the postal address of each row.
    """
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line, row, address in zip(table.line_numbers, table.rows, addresses, strict=True):
        email = row.get("e-mail", "").lower()
        if email and email in seen:
            words = _("This address stands on line %(n)d already.") % {"n": seen[email]}
            problems.append(Problem(line, "e-mail", words))
        else:
            problems.extend(_wrong(line, row, address))
        seen.setdefault(email, line)
    return problems


def _wrong(line: int, row: dict[str, str], address: str) -> list[Problem]:
    problems = []
    email, language = row.get("e-mail", ""), row.get("language", "")
    if email and not _is_address(email):
        words = _("“%(cell)s” is not an e-mail address.") % {"cell": email[:60]}
        problems.append(Problem(line, "e-mail", words))
    if not (email or row.get("name") or row.get("reference") or address):
        problems.append(Problem(line, "", _("This line has no address, no name, no reference.")))
    if language and read_language(language) is None:
        words = _("“%(cell)s” is none of the languages here: %(known)s.")
        known = ", ".join(dict(settings.LANGUAGES))
        problems.append(Problem(line, "language", words % {"cell": language[:20], "known": known}))
    for name, longest in _LONGEST.items():
        if len(row.get(name, "")) > longest:
            words = _("This cell is too long. At most %(n)d characters.") % {"n": longest}
            problems.append(Problem(line, name, words))
    if address and (words := postal.problem(address)):
        problems.append(Problem(line, "address" if row.get("address") else "street", words))
    return problems


def _is_address(text: str) -> bool:
    """Whether it can be an e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def read_language(text: str) -> str | None:
    """The code of one of our languages, from a code such as "de-AT" or a name; else None."""
    wanted = text.strip().casefold()
    for code, name in settings.LANGUAGES:
        if wanted.split("-")[0].split("_")[0] == code or wanted == str(name).casefold():
            return str(code)
    return None
