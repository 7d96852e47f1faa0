"""Statements with the share of agreement of each group, and the range in which it may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregation.charts.svg import GROUPS, INK, MARGIN, QUIET, RULE, WIDTH, Page, wrapped
from aggregation.opinion_map import outline

_LANE, _TEXT, _STEP = 22.0, 17.0, 22.0
_FIRST, _LAST = MARGIN + 60.0, WIDTH - MARGIN - 170.0  # the scale, from 0 to 100 %


@dataclass(frozen=True, slots=True)
class Dot:
    """One group: its share of agreement with a range, 0 to 1, and what is written beside it."""

    label: int
    name: str
    share: float | None
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True)
class Strip:
    """One statement and a dot for each group."""

    text: str
    dots: Sequence[Dot]


def strips(found: Sequence[Strip], page: Page, scale: Sequence[str]) -> tuple[str, float]:
    """The drawing and its height. ``scale`` are the words at 0, 50 and 100 %."""
    parts, y = [], 0.0
    for strip in found:
        lines = wrapped(strip.text, WIDTH - 2 * MARGIN, _TEXT)
        parts.append(page.lines(MARGIN, y + 16, lines, step=_STEP, size=_TEXT, weight=600))
        y += _STEP * len(lines) + 10
        parts.append(_lanes(strip.dots, page, y))
        y += _LANE * max(len(strip.dots), 1) + 22
    parts.extend(_scale(page, y, scale))
    return "".join(parts), y + 16


def _lanes(dots: Sequence[Dot], page: Page, y: float) -> str:
    bottom = y + _LANE * max(len(dots), 1)
    parts = [
        f'<path d="M{_across(at, page):g} {y:g}V{bottom:g}" stroke="{RULE}" stroke-width="1"/>'
        for at in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    for at, dot in enumerate(dots):
        parts.append(_lane(dot, page, y + _LANE * (at + 0.5)))
    return "".join(parts)


def _lane(dot: Dot, page: Page, y: float) -> str:
    colour = GROUPS[dot.label % len(GROUPS)]
    said = page.text(MARGIN, y + 5, dot.name, size=14, weight=700)
    said += page.text(WIDTH - MARGIN - 158, y + 5, dot.words, size=14, fill=QUIET)
    if dot.share is None:
        return said
    low, high = (dot.share if bound is None else bound for bound in (dot.low, dot.high))
    ends = sorted((_across(low, page), _across(high, page)))
    return (
        f'{said}<path d="M{ends[0]:.1f} {y:g}H{ends[1]:.1f}" stroke="{colour}" stroke-width="4" '
        f'stroke-linecap="round" stroke-opacity=".45"/>'
        f'<path d="{outline(dot.label, 8, 0)}" transform="translate({_across(dot.share, page):.1f} '
        f'{y:g})" fill="{colour}" stroke="#fefefc" stroke-width="1.5"/>'
    )


def _scale(page: Page, y: float, words: Sequence[str]) -> list[str]:
    places = ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    return [
        page.text(_FIRST + (_LAST - _FIRST) * at, y, said, size=13, fill=INK, anchor=anchor)
        for (at, anchor), said in zip(places, words, strict=True)
    ]


def _across(share: float, page: Page) -> float:
    x = _FIRST + (_LAST - _FIRST) * min(max(share, 0.0), 1.0)
    return WIDTH - x if page.from_right else x
