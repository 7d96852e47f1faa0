"""From one page to the next."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

from deliberation.models import User
from deliberation.services.sign_in import create_sign_in_link


def follow(control: Locator) -> None:
    """Press what leads to another page, and be there.

    A press alone comes back while the next page is still on its way; whoever then loads a page
    anew, or reads from the database what the press should have written, may be too early.
    """
    with control.page.expect_navigation():
        control.click()


def sign_in_by_link(page: Page, user: User) -> None:
    page.goto(f"/sign-in/{create_sign_in_link(user=user)}/")
    follow(page.get_by_role("button", name=re.compile("^Sign in as")))
