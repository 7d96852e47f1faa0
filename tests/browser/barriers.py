"""What every page owes to those who cannot see it well, or hear it instead."""

from __future__ import annotations

import re
from itertools import pairwise

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.0 to 2.2, A and AA. Target size (2.2) runs only where its tag is asked for.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = [*WCAG, "best-practice"]
# As they stand in an accessibility snapshot: what is used, or read out, by its name.
# Pictures are left to axe: what is drawn inside of one needs no name of its own.
_ROLES = "button|link|checkbox|radio|textbox|searchbox|combobox|heading|progressbar"
_NAMELESS = re.compile(rf'^\s*- (?:{_ROLES})(?! ")')
_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))"""


def no_barriers(page: Page) -> None:
    """Axe finds nothing, all has a name, headings skip no level, nothing is too wide."""
    assert axe(page) == []
    assert nameless(page) == []
    levels = page.evaluate(_HEADINGS)
    assert levels.count(1) == 1, levels
    assert skipped(levels) == []
    size = page.viewport_size  # a phone's innerWidth grows with what is too wide
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def axe(page: Page) -> list[tuple[str, list[str]]]:
    """Each broken rule, with the elements that break it."""
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def nameless(page: Page) -> list[str]:
    """Lines of the accessibility tree with a role but without a name."""
    tree = page.locator("body").aria_snapshot()
    return [line for line in tree.splitlines() if _NAMELESS.match(line)]


def skipped(levels: list[int]) -> list[tuple[int, int]]:
    """Pairs of headings in which a level is left out. The summary of errors may come first."""
    start = [] if levels[:1] == [2] else [0]
    return [(one, next) for one, next in pairwise(start + levels) if next > one + 1]
