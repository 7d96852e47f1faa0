"""A real Chromium against a real server.

Without a Chromium these tests skip and name the command that gets it; with CI=true that is a
failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from deliberation.access import remember_participant
from deliberation.models import Participant

# So that what they assert is told in full, too.
pytest.register_assert_rewrite("tests.browser.barriers", "tests.browser.cards")

from tests.browser.cards import VOTE  # noqa: E402 - after it is registered

# The first is Chromium without windows: a new visitor costs it a fifth of the work.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_MISSING = "No Chromium here. Get it with: apt-get install -y chromium"
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    # Playwright's loop runs in this thread; Django would take it for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(
    chromium: Browser, live_server, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """``open_page(javascript=True, width=1280, …)``: a page of a new visitor.

    ``language`` is what the browser asks for; ``touch`` makes it a phone's browser.
    Anything else is for Playwright's ``new_context``: ``service_workers="block"``.
    Any error in the page's console fails the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def new(**look: object) -> Page:
        contexts.append(context_of(chromium, live_server.url, **look))
        page = contexts[-1].new_page()
        watch(page, errors)
        return page

    yield new
    for context in contexts:
        context.close()
    assert errors == []


def context_of(
    chromium: Browser,
    site: str,
    *,
    javascript: bool = True,
    width: int = 1280,
    height: int = 800,
    dark: bool = False,
    touch: bool = False,
    language: str = "en",
    **more: object,
) -> BrowserContext:
    """A new visitor's browser: no cookies, nothing kept."""
    options = {
        "base_url": site,
        "java_script_enabled": javascript,
        "viewport": {"width": width, "height": height},
        "color_scheme": "dark" if dark else "light",
        "reduced_motion": "reduce",
        "locale": language,
        "has_touch": touch,
        "is_mobile": touch,
    }
    context = chromium.new_context(**options | more)
    context.set_default_timeout(10_000)
    return context


def watch(page: Page, errors: list[str]) -> None:
    """Note every error in the page's console, but those that tests provoke."""
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: _note(errors, line))


@pytest.fixture
def seated(open_page, live_server, me: Participant) -> Callable[..., Page]:
    """``seated(path, width=…, …)``: a page of someone on the seat of the test's ``me``."""

    def new(path: str = VOTE, **more: object) -> Page:
        page = open_page(**more)
        answer = HttpResponse()
        remember_participant(answer, me)
        cookie = {"name": "seat", "value": answer.cookies["seat"].value}
        address = f"{live_server.url}/d/{me.deliberation.slug}/"
        page.context.add_cookies([cookie | {"url": address}])
        page.goto(path)
        return page

    return new


# What Chromium and htmx log of every refused or lost request; tests assert those on the page.
_EXPECTED = (
    "Failed to load resource",
    "Response Status Error Code 4",
    "Response Status Error Code 503",
    "htmx:sendError",
    "htmx:afterRequest",
)


def _note(errors: list[str], line) -> None:
    if line.type == "error" and not any(words in line.text for words in _EXPECTED):
        errors.append(line.text)
