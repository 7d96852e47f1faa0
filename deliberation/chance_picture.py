"""The picture of chances in a draw: bars for equal parts of the pool. Pure: numbers to shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor, log10
from typing import Final

WIDTH, HEIGHT = 480.0, 268.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 6.0, 16.0, 34.0
_GAP: Final = 4.0
_MOST_PARTS: Final = 10
_SMALLEST_PART: Final = 10  # people: what is said of fewer could be about someone


@dataclass(frozen=True, slots=True)
class Part:
    """One of the equal parts of the pool, put in order by chance. Chances are from 0 to 1."""

    number: int
    people: int
    lowest: float
    mean: float
    highest: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as the picture has it; ``middle`` is where its number stands."""

    part: Part
    x: float
    y: float
    width: float
    height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale: a chance and its height in the picture."""

    chance: float
    y: float


@dataclass(frozen=True)
class Picture:
    """Everything the template draws. ``equal`` is the chance if everybody had the same."""

    bars: list[Bar]
    marks: list[Mark]
    equal: Mark
    left: float = LEFT
    scale: float = LEFT - 8
    right: float = WIDTH - RIGHT
    floor: float = HEIGHT - BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


def parts(chances: Sequence[tuple[float, int]]) -> list[Part]:
    """Cut the pool into equal parts, by chance: ten, or fewer where a part would be below ten.

    chances : (chance, people who have it), in any order. Empty for a pool below twenty.
    """
    ordered = sorted((chance, people) for chance, people in chances if people > 0)
    total = sum(people for _chance, people in ordered)
    count = min(_MOST_PARTS, total // _SMALLEST_PART)
    if count < 2:
        return []
    ends = list(accumulate(people for _chance, people in ordered))
    found = []
    for number in range(count):
        first, last = total * number // count, total * (number + 1) // count
        within = [
            (chance, min(end, last) - max(end - people, first))
            for (chance, people), end in zip(ordered, ends, strict=True)
            if end > first and end - people < last
        ]
        mean = sum(chance * people for chance, people in within) / (last - first)
        found.append(Part(number + 1, last - first, within[0][0], mean, within[-1][0]))
    return found


def picture(of: Sequence[Part], equal: float) -> Picture:
    """Bars of the mean chances, with a scale from 0 and a line for ``equal``."""
    top = max([equal, *(part.mean for part in of)])
    step = _step(top)
    highest = step * ceil(round(top / step, 6))
    room = (WIDTH - LEFT - RIGHT) / len(of)
    bars = []
    for at, part in enumerate(of):
        y = _y(part.mean, highest)
        x = LEFT + at * room + _GAP / 2
        bars.append(Bar(part, x, y, room - _GAP, HEIGHT - BOTTOM - y, x + (room - _GAP) / 2))
    marks = [Mark(step * n, _y(step * n, highest)) for n in range(round(highest / step) + 1)]
    return Picture(bars, marks, Mark(equal, _y(equal, highest)))


def middle(chances: Sequence[tuple[float, int]]) -> float:
    """The median: half of the people have at most this chance."""
    ordered = sorted((chance, people) for chance, people in chances if people > 0)
    half = sum(people for _chance, people in ordered) / 2
    for (chance, _people), end in zip(
        ordered, accumulate(people for _chance, people in ordered), strict=True
    ):
        if end >= half:
            return chance
    return 0.0


def _y(chance: float, highest: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - chance / highest)


def _step(top: float) -> float:
    """A round step that cuts the scale into two to five: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(top / 2)) if top > 0 else 0.1
    return next((m * power for m in (1, 2, 5, 10) if top / (m * power) <= 5), 10 * power)
