"""Bars from 0 to 100 %, one for each line of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregation.charts.svg import ACCENT, MARGIN, QUIET, RULE, WIDTH, Page, wrapped

_TEXT, _STEP, _BAR = 16.0, 21.0, 14.0
_ROOM = WIDTH - 2 * MARGIN - 130


@dataclass(frozen=True, slots=True)
class Bar:
    """``share`` of 1 fills the bar; ``words`` stand at its end. ``strong`` bars are filled."""

    text: str
    share: float
    words: str
    strong: bool = True


def bars(found: Sequence[Bar], page: Page) -> tuple[str, float]:
    """The drawing and its height."""
    parts, y = [], 0.0
    for bar in found:
        lines = wrapped(bar.text, WIDTH - 2 * MARGIN, _TEXT)
        parts.append(page.lines(MARGIN, y + 15, lines, step=_STEP, size=_TEXT))
        y += _STEP * len(lines) + 4
        parts.append(_bar(bar, page, y))
        y += _BAR + 18
    return "".join(parts), y


def _bar(bar: Bar, page: Page, y: float) -> str:
    length = _ROOM * min(max(bar.share, 0.0), 1.0)
    start = WIDTH - MARGIN - _ROOM if page.from_right else MARGIN
    filled = WIDTH - MARGIN - length if page.from_right else MARGIN
    look = f'fill="{ACCENT}"' if bar.strong else f'fill="none" stroke="{ACCENT}" stroke-width="2"'
    return (
        f'<rect x="{start:g}" y="{y:g}" width="{_ROOM:g}" height="{_BAR:g}" fill="{RULE}" '
        f'fill-opacity=".5"/>'
        f'<rect x="{filled:.1f}" y="{y:g}" width="{length:.1f}" height="{_BAR:g}" {look}/>'
        + page.text(MARGIN + _ROOM + 12, y + 12, bar.words, size=14, weight=600, fill=QUIET)
    )
