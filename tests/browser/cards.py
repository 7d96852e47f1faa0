"""What browser tests do and read on the pages where people vote."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from deliberation.models import Participant, Vote

VOTE = "/d/assistant/vote/"


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def upcoming(page: Page) -> str:
    return page.locator("#card-next").evaluate("(one) => one.content.textContent")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^{name}"))


def settle(page: Page) -> None:
    """A second press sooner would be taken for a double click."""
    page.wait_for_timeout(370)


def said(page: Page, words: str) -> None:
    expect(page.locator("#live")).to_have_text(re.compile(words))


def votes(me: Participant) -> list[tuple[str, int]]:
    """Text and value of each vote, in the order they came."""
    rows = Vote.objects.filter(participant=me).order_by("id")
    return list(rows.values_list("statement__text", "value"))
