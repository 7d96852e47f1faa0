"""Numbers, moments and quotations as each language writes them. Never for files of data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language_bidi, pgettext

_LEFT_TO_RIGHT_MARK = "\u200e"


def decimal(number: float) -> str:
    """With no more digits than it takes: 0.25 is “0.25” or “0,25”, 3.0 is “3”."""
    return _signed(number, f"{number:g}")


def fixed(number: float | None, places: int) -> str:
    """With so many digits after the mark: 0.5 is “0.500”. “–” where there is none."""
    return "–" if number is None else _signed(number, f"{number:.{places}f}")


def percent(hundredths: float) -> str:
    """87 is “87 %”, as the language writes it."""
    return in_percent(fixed(hundredths, 0))


def in_percent(number: str) -> str:
    """A number that is written already, with the sign of percent."""
    # Translators: a share in percent. Some languages put no space or another sign.
    pattern = pgettext("share", "%(number)s %%")
    return pattern % {"number": number}


def quoted(text: str) -> str:
    """“text”, between the quotation marks of the language."""
    # Translators: only the quotation marks are to be translated.
    return pgettext("quotation", "“%(text)s”") % {"text": text}


def listed(parts: Iterable[object]) -> str:
    """One after the other, with the comma of the language between them."""
    # Translators: what stands between the items of a list.
    return pgettext("list", ", ").join(str(part) for part in parts)


def moment(when: datetime) -> str:
    """“3 March 2025, 14:05 UTC”."""
    return f"{date_format(when.astimezone(UTC), 'DATETIME_FORMAT')} UTC"


def announced(when: datetime, zone: str) -> str:
    """“3 March 2025, 15:05 (Europe/Berlin)”: a date that people were told, in their time."""
    return f"{date_format(when.astimezone(ZoneInfo(zone)), 'DATETIME_FORMAT')} ({zone})"


def day(when: datetime) -> str:
    """“3 March 2025”, the day in UTC."""
    return date_format(when.astimezone(UTC), "DATE_FORMAT")


def _signed(number: float, digits: str) -> str:
    """Where one reads from the right, a minus sign would move to the other end of the number."""
    written = number_format(digits)
    return f"{_LEFT_TO_RIGHT_MARK}{written}" if number < 0 and get_language_bidi() else written
