"""The map of opinions as a picture that stands alone."""

from __future__ import annotations

from collections.abc import Sequence

from aggregation.charts.svg import EDGE, GROUPS, INK, MARGIN, RULE, WASH, WIDTH, Page
from aggregation.opinion_map import OpinionMap, outline

_KEY = 30.0


def map_with_key(
    drawn: OpinionMap, names: Sequence[tuple[int, str, str]], page: Page
) -> tuple[str, float]:
    """The drawing and its height. names : label, letter and words of each group."""
    scale = (WIDTH - 2 * MARGIN) / drawn.width
    tall = drawn.height * scale
    parts = [
        f'<g transform="translate({MARGIN} 0) scale({scale:.4f})">'
        f'<rect width="{drawn.width}" height="{drawn.height}" fill="{WASH}" stroke="{RULE}"/>'
    ]
    for layer in drawn.layers:
        look = (
            f'fill="none" stroke="{EDGE}"'
            if layer.label < 0
            else f'fill="{GROUPS[layer.shape]}" fill-opacity=".82" stroke="{WASH}"'
        )
        parts.append(f'<path d="{layer.path}" {look} stroke-width=".8"/>')
    letters = {label: letter for label, letter, _words in names}
    for flag in drawn.flags:
        parts.append(
            f'<text x="{flag.x:g}" y="{flag.y:g}" dy=".36em" font-size="34" font-weight="800" '
            f'text-anchor="middle" fill="{INK}" stroke="{WASH}" stroke-width="7" '
            f'stroke-linejoin="round" paint-order="stroke">{letters.get(flag.label, "")}</text>'
        )
    parts.append("</g>")
    for at, (label, _letter, words) in enumerate(names):
        y = tall + 24 + _KEY * at
        x = WIDTH - MARGIN - 12 if page.from_right else MARGIN + 12
        colour = GROUPS[label % len(GROUPS)]
        place = f"translate({x:g} {y:g})"
        parts.append(f'<path d="{outline(label, 9, 0)}" transform="{place}" fill="{colour}"/>')
        parts.append(page.text(MARGIN + 32, y + 6, words, size=16, weight=600))
    return "".join(parts), tall + 20 + _KEY * len(names)
