"""Postal addresses: the lines that stand on an envelope below the name, and nothing more.

Nobody checks whether a place exists. Whoever has a list knows how its addresses are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

LONGEST: Final = 500  # characters; Contact.postal_address
# With the name and the sender above them, so many fit the window of an envelope.
MOST_LINES: Final = 6
# Columns of a list: the whole address in one cell, or in parts.
COLUMNS: Final = ("address", "street", "house number", "postcode", "town", "country")
# Names that these columns often have in exports, in the languages of the site.
ALSO: Final = {
    "address": (
        *("postal address", "Adresse", "Anschrift", "Postanschrift", "Postadresse"),
        *("adresse postale", "dirección", "dirección postal", "domicilio", "العنوان"),
    ),
    "street": (
        *("street address", "Straße", "Straße und Hausnummer", "rue", "voie", "calle"),
        "الشارع",
    ),
    "house number": ("Hausnummer", "Hausnr", "numéro de voie", "número de casa"),
    "postcode": (
        *("postal code", "zip", "zip code", "PLZ", "Postleitzahl", "code postal"),
        *("código postal", "الرمز البريدي"),
    ),
    "town": (
        *("city", "Ort", "Wohnort", "Stadt", "ville", "commune", "ciudad", "población"),
        *("localidad", "municipio", "المدينة"),
    ),
    "country": ("Land", "pays", "país", "البلد"),
}
_ENDS: Final = re.compile(r"[\r\n]+")
_ENDS_IN_CELL: Final = re.compile(r"[\r\n]+|\s/\s")


def tidy(text: str) -> str:
    """An address as someone typed it, without empty lines and superfluous space."""
    return "\n".join(_lines(text, _ENDS))


def put_together(row: Mapping[str, str]) -> str:
    """The address in a row of a list, line by line; "" if there is none.

    row : may have any of COLUMNS, in the order of the list. In "address" a line ends with a line
          break or " / ". Whether a number stands before its street, or a town before its
          postcode, differs by country; whoever made the list has them in the order they know.
    """
    road = "street" if row.get("street") else "address"
    street = _beside(row, road, "house number")
    lines = _lines(street if road == "address" else row.get("address", ""), _ENDS_IN_CELL)
    # Some lists have the whole address in one cell, and the town once more in another.
    there = {_words(line) for line in lines}
    rest = [_beside(row, "postcode", "town"), row.get("country", "")]
    parts = [street, *rest] if road == "street" else rest
    parts = [line for part in parts for line in _lines(part, _ENDS)]
    return "\n".join([*lines, *(line for line in parts if _words(line) not in there)])


def problem(address: str) -> str:
    """What is wrong with an address, in words; "" if nothing is."""
    if len(address) > LONGEST:
        return _("This address is too long. At most %(n)d characters.") % {"n": LONGEST}
    if address.count("\n") >= MOST_LINES:
        return _("This address has too many lines. At most %(n)d fit an envelope.") % {
            "n": MOST_LINES
        }
    return ""


def on_one_line(address: str) -> str:
    """An address where there is room for one line only."""
    return address.replace("\n", ", ")


def _beside(row: Mapping[str, str], *names: str) -> str:
    """The parts of one line, in the order of the list."""
    return " ".join(part for name, part in row.items() if name in names and part)


def _words(line: str) -> frozenset[str]:
    """What a line says, whatever stands first in it."""
    return frozenset(line.casefold().split())


def _lines(text: str, ends: re.Pattern[str]) -> list[str]:
    return [line for part in ends.split(text) if (line := " ".join(part.split()))]
