"""The language menu and Arabic pages in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from aggregation import runs
from aggregation.engine import Plan
from deliberation.services.rounds import close_round
from tests.browser.barriers import no_barriers
from tests.factories import join, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("/", "/help/", "/d/assistant/", "/d/assistant/statements/", "/d/assistant/report/")


@pytest.fixture
def reported() -> None:
    """A closed round in two camps, with a report."""
    deliberation = make_open("vote")
    for n in range(30):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0 if n < 3 else None])
    round = close_round(round=the_round(deliberation), actor=None)
    plan = Plan.from_dict(round.plan | {"grouping": {"method": "kmeans", "min_votes": 1, "k": 2}})
    runs.execute(runs.create_run(round=round, plan=plan).pk, "w")
    runs.execute(runs.create_run(round=round).pk, "w")


def choose(page: Page, name: str) -> None:
    page.locator(".languages summary").click()
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_menu_works_without_javascript_and_keeps_the_page(open_page, width):
    make_open()
    page = open_page(javascript=False, width=width)
    page.goto("/d/assistant/statements/?page=1")
    choose(page, "العربية")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.url.endswith("/d/assistant/statements/?page=1")
    choose(page, "Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["English", "العربية"])
def test_the_open_menu_fits_the_screen_with_big_targets_and_no_barriers(open_page, language, width):
    page = open_page(width=width)
    page.goto("/")
    choose(page, language)
    page.locator(".languages summary").click()
    for target in page.locator(".languages summary, .languages button").all():
        box = target.bounding_box()
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    no_barriers(page)


def test_the_menu_works_with_the_keyboard(open_page):
    page = open_page()
    page.goto("/help/")
    page.locator(".languages summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_arabic_pages_have_no_barriers_and_fit_the_screen(open_page, reported, width, dark):
    page = open_page(width=width, dark=dark)
    page.goto("/")
    choose(page, "العربية")
    for address in PAGES:
        page.goto(address)
        root = page.locator("html")
        assert root.evaluate("e => e.scrollWidth") <= width, address
        no_barriers(page)


def test_bars_begin_at_the_side_where_reading_begins(open_page, reported):
    page = open_page()
    page.goto("/d/assistant/report/")
    first = ".vote-bar rect[fill='url(#pattern-agree)']"

    def distances() -> tuple[float, float]:
        """From the bar's left and right edge to the part that agrees."""
        bar = page.locator(".vote-bar svg").first.bounding_box()
        part = page.locator(first).first.bounding_box()
        right = bar["x"] + bar["width"] - part["x"] - part["width"]
        return part["x"] - bar["x"], right

    left, right = distances()
    assert left < 2 < right
    choose(page, "العربية")
    left, right = distances()
    assert right < 2 < left


def test_only_pages_with_arabic_letters_fetch_the_arabic_font(open_page):
    page = open_page()
    fonts: list[str] = []
    page.on("request", lambda request: fonts.append(request.url))
    page.goto("/help/")
    page.evaluate("document.fonts.ready")
    assert not [url for url in fonts if "vazirmatn" in url]
    choose(page, "العربية")
    page.evaluate("document.fonts.ready")
    assert [url for url in fonts if "vazirmatn" in url]
