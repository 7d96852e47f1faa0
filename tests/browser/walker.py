"""Somebody on the way through the pages, in their own language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class Walker:
    """Someone with a browser; reads what is on the screen in their language."""

    page: Page
    language: str
    touch: bool
    javascript: bool

    def words(self, message: str) -> str:
        with override(self.language):
            return gettext(message)

    def see(self, role: str, message: str, within: Locator | None = None) -> Locator:
        """The link, button, … that is called so."""
        return (within or self.page).get_by_role(role, name=self.words(message), exact=True).first

    def press(self, what: Locator) -> None:
        what.tap() if self.touch else what.click()

    def follow(self, message: str, to: str) -> None:
        """Press the link of that name, and be on the page whose address ends with ``to``."""
        self.press(self.see("link", message))
        self.arrive(to)

    def send(self, message: str, to: str) -> None:
        self.press(self.see("button", message))
        self.arrive(to)

    def arrive(self, address: str) -> None:
        """Be on this page. It fits the screen and stands in the walker's language."""
        expect(self.page).to_have_url(re.compile(rf"{re.escape(address)}(\?.*)?(#.*)?$"))
        self.page.wait_for_load_state()
        root = self.page.locator("html")
        expect(root).to_have_attribute("lang", self.language)
        expect(root).to_have_attribute("dir", "rtl" if self.language == "ar" else "ltr")
        self.fits()

    def fits(self) -> None:
        size = self.page.viewport_size  # a phone's innerWidth grows with what is too wide
        assert size is not None
        assert self.page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    def statement(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def settle(self) -> None:
        """A second press sooner would be taken for a double click."""
        if self.javascript:
            self.page.wait_for_timeout(370)

    def counted(self, votes: int) -> None:
        """The card says that so many votes are stored."""
        expect(self.page.locator("#card-progress progress")).to_have_attribute("value", str(votes))
        self.fits()
        self.settle()
