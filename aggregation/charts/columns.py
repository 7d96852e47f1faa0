"""Columns over time or over bins, in percent of the picture, so that it fits any width.

Colours come from the style sheet: these are drawn into a page, not into a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 0.22  # of a column's width
_WIDEST = 9.0  # percent, so that few columns do not become walls
_LEAST = 1.5  # percent, so that one vote is seen beside thousands


@dataclass(frozen=True, slots=True)
class Column:
    """One column. All are percentages of the picture; y counts from the top."""

    x: float
    y: float
    width: float
    height: float
    strong: bool


def columns(values: Sequence[float], *, strong: Sequence[bool] | None = None) -> list[Column]:
    """A column for each value, the highest as tall as the picture; none for a value of 0.

    strong : which of them are filled; all of them by default.
    """
    top = max(values, default=0)
    step = 100 / max(len(values), 1)
    width = min(step * (1 - _GAP), _WIDEST)
    filled = strong or [True] * len(values)
    return [
        Column(
            x=round((at + 0.5) * step - width / 2, 3),
            y=round(100 - _tall(value, top), 3),
            width=round(width, 3),
            height=round(_tall(value, top), 3),
            strong=fill,
        )
        for at, (value, fill) in enumerate(zip(values, filled, strict=True))
        if value > 0
    ]


def _tall(value: float, top: float) -> float:
    return max(100 * value / top, _LEAST)
