"""A picture as one SVG file that stands alone: its own colours, a title, and where it is from.

No style sheet and no script: everything is said by attributes, so that the file looks the same in
a browser, in a text program and in print.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, MARGIN = 800, 32
FONT = "'Public Sans', 'Vazirmatn', system-ui, -apple-system, 'Segoe UI', Arial, sans-serif"
PAPER, WASH, INK, QUIET, RULE, EDGE = (
    "#fefefc", "#f3f4f0", "#15191c", "#4b5358", "#cfd3d0", "#6d7579",
)  # fmt: skip
ACCENT = "#0a5a55"
GROUPS = ("#5a3fb0", "#b3345e", "#2c7436", "#00728a", "#6b5a48")
# Mean width of a letter in units of the font's size: of bold letters of a wide font, since nobody
# knows which fonts there are where the file is opened.
_NARROW, _WIDE = 0.63, 1.05


@dataclass(frozen=True)
class Words:
    """What is written around a picture. ``source`` says of which run it is, and of when."""

    title: str
    lead: str
    source: str
    language: str = "en"
    from_right: bool = False


@dataclass(frozen=True)
class Page:
    """Where things are put: x counts from the side where one begins to read."""

    from_right: bool = False

    def text(
        self, x: float, y: float, said: str, *, size: float = 15, weight: int = 400,
        fill: str = INK, anchor: str = "start",
    ) -> str:  # fmt: skip
        """One line of text at x from the start of the line; ``anchor`` as seen by the reader."""
        place = WIDTH - x if self.from_right else x
        direction = ' direction="rtl"' if self.from_right else ""
        if self.from_right and _runs_left_to_right(said):
            # Such a text begins at its left end and still stands where the page begins.
            direction, anchor = "", {"start": "end", "end": "start"}.get(anchor, anchor)
        return (
            f'<text x="{place:g}" y="{y:g}" font-size="{size:g}" font-weight="{weight}" '
            f'fill="{fill}" text-anchor="{anchor}"{direction}>{escape(said)}</text>'
        )

    def lines(
        self, x: float, y: float, said: Sequence[str], *, step: float, size: float = 15,
        weight: int = 400, fill: str = INK,
    ) -> str:  # fmt: skip
        return "".join(
            self.text(x, y + at * step, line, size=size, weight=weight, fill=fill)
            for at, line in enumerate(said)
        )


def document(words: Words, body: str, height: float) -> str:
    """The whole file. ``body`` is drawn below the title, from y = 0 to ``height``."""
    page = Page(words.from_right)
    room = WIDTH - 2 * MARGIN
    title, lead = wrapped(words.title, room, 25), wrapped(words.lead, room, 16)
    source = wrapped(words.source, room, 13)
    top = MARGIN + 30 * len(title) + 22 * len(lead) + 18
    whole = top + height + 20 + 18 * len(source) + MARGIN / 2
    head = page.lines(MARGIN, MARGIN + 20, title, step=30, size=25, weight=800)
    under = MARGIN + 20 + 30 * len(title)
    head += page.lines(MARGIN, under, lead, step=22, size=16, fill=QUIET)
    foot = page.lines(MARGIN, top + height + 30, source, step=18, size=13, fill=QUIET)
    description = escape(" ".join([words.lead, words.source]))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole:g}" width="{WIDTH}" '
        f'height="{whole:g}" role="img" aria-labelledby="t d" xml:lang="{escape(words.language)}" '
        f'font-family="{escape(FONT)}">'
        f'<title id="t">{escape(words.title)}</title><desc id="d">{description}</desc>'
        f'<rect width="{WIDTH}" height="{whole:g}" fill="{PAPER}"/>'
        f'<rect width="{WIDTH}" height="6" fill="{ACCENT}"/>'
        f'{head}<g transform="translate(0 {top:g})">{body}</g>{foot}</svg>'
    )


def wrapped(text: str, room: float, size: float) -> list[str]:
    """The text in lines no wider than ``room``; words longer than a line are cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] = f"{lines[-1]} {word}"
            continue
        while width(word, size) > room and len(word) > 1:
            fits = max(1, int(room / (size * _WIDE)))
            lines.append(word[:fits])
            word = word[fits:]
        lines.append(word)
    return lines


def width(text: str, size: float) -> float:
    """About how wide the text is."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return size * (wide * _WIDE + (len(text) - wide) * _NARROW)


def _runs_left_to_right(text: str) -> bool:
    """Whether the first letter with a direction runs so; numbers alone go with the page."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind == "L" for kind in kinds if kind in ("L", "R", "AL")), False)
