"""No page of a participant has a barrier that can be found by a program, in any state.

Each state of the folder ``states`` is looked at twice: light, left to right, on a desktop, and
dark, right to left, on a small phone. A few states are looked at where they are walked to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

import deliberation.organiser_urls
import deliberation.urls
from deploy.addresses import ADDRESSES, ANYONE
from tests.browser.barriers import no_barriers, skipped
from tests.browser.conftest import context_of, watch
from tests.browser.states import STATES, State, Visit

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "states"
LOTTERY = "test_lottery.py::test_no_barriers_on_the_way_to_a_drawn_panel"
# Name of the URL → where its states are looked at. "Nothing" is an address without a page.
TABLE: dict[str, list[str]] = {
    "home": [HERE],
    "choose_language": [
        "test_languages.py::test_the_open_menu_fits_the_screen_with_big_targets_and_no_barriers"
    ],
    "help": [HERE],
    "help_organisers": [HERE],
    "deliberation": [HERE],
    "statements": [HERE],
    "moderation_log": [HERE],
    "policy": [HERE],
    "join": [HERE],
    "seat": [HERE],
    "about_you": [HERE],
    "come_back": [HERE],
    "return_link": [HERE],
    # After a vote and with trouble there, in the list and on the page of own votes:
    "vote": [HERE, "test_voting_lists.py::test_no_state_has_barriers"],
    "list": [HERE, "test_voting_lists.py::test_no_state_has_barriers"],
    "own_votes": [HERE, "test_voting_lists.py::test_no_state_has_barriers"],
    "undo_vote": [HERE],
    "propose": [HERE],
    "similar": [HERE],
    "appeal": [HERE],
    "your_part": [HERE],
    "own_data": ["a file"],
    "withdraw": [HERE],
    "subscribe": [HERE, "test_your_part.py::test_every_state_is_free_of_barriers_and_fits"],
    "confirm_letters": [HERE],
    "unsubscribe": [HERE],
    "stop_letters": [HERE],
    "public_plan": [HERE],
    "public_plan_file": ["a file"],
    "amendments": [HERE],
    "lottery": [LOTTERY],
    "draw_report": [LOTTERY],
    "draw_file": ["a file"],
    "sign_up": [LOTTERY],
    "sign_up_link": [HERE],
    "answer": [LOTTERY],
    "": [HERE],
}
LIGHT = {"width": 1280, "dark": False, "language": "en"}
DARK = {"width": 360, "height": 740, "dark": True, "language": "ar"}


@pytest.fixture(scope="module")
def browsers(chromium: Browser, live_server) -> Iterator[list[BrowserContext]]:
    """One for each look, which keeps styles and scripts from page to page."""
    both = [context_of(chromium, live_server.url, **look) for look in (LIGHT, DARK)]
    yield both
    for one in both:
        one.close()


@pytest.fixture
def pages(browsers: list[BrowserContext]) -> Iterator[list[Page]]:
    """A new page in each; the browser remembers no seat, and nothing is wrong in its console."""
    errors: list[str] = []
    opened = [browser.new_page() for browser in browsers]
    for page in opened:
        watch(page, errors)
    yield opened
    for page in opened:
        page.context.clear_cookies()
        page.close()
    assert errors == []


@pytest.mark.parametrize("state", STATES, ids=str)
def test_no_state_has_barriers(pages: list[Page], live_server, state: State) -> None:
    world = state.world()
    for page, look in zip(pages, (LIGHT, DARK), strict=True):
        answers = answers_to(page)
        state.show(Visit(page, live_server.url, world))
        assert answers[-1] == state.status
        assert page.locator("html").get_attribute("lang") == look["language"]
        page.evaluate(
            "for (const one of document.querySelectorAll('main details')) one.open = true"
        )
        no_barriers(page)


def answers_to(page: Page) -> list[int]:
    """Grows with the status of each page that is shown."""
    answers: list[int] = []

    def note(answer: Response) -> None:
        if answer.request.is_navigation_request() and answer.status not in (302, 303):
            answers.append(answer.status)

    page.on("response", note)
    return answers


def test_the_table_knows_every_page_and_every_state() -> None:
    own = [one for one in deliberation.urls.urlpatterns if one not in organisers()]
    names = {one.name for one in own if ADDRESSES[one.name] == ANYONE}
    assert names | {""} == set(TABLE)
    assert {one.page for one in STATES} == {name for name, at in TABLE.items() if HERE in at}
    assert len({str(one) for one in STATES}) == len(STATES)


def organisers() -> list:
    return deliberation.organiser_urls.urlpatterns


def test_what_is_looked_at_elsewhere_is_there() -> None:
    elsewhere = [at for places in TABLE.values() for at in places if "::" in at]
    for file, test in (one.split("::") for one in elsewhere):
        assert f"def {test}" in (Path(__file__).parent / file).read_text()


@pytest.mark.parametrize(
    ("levels", "found"),
    [([1, 2, 3, 2], []), ([2, 1, 2], []), ([1, 3], [(1, 3)]), ([3, 1], [(0, 3)])],
)
def test_a_level_that_is_left_out_is_found(levels: list[int], found: list[tuple]) -> None:
    assert skipped(levels) == found


GOOD = (
    "<!doctype html><html lang=en><title>A page</title><meta name=viewport "
    "content='width=device-width'><main><h1>One</h1><h2>Two</h2><p>Words</p>{}</main></html>"
)


@pytest.mark.parametrize(
    "bad",
    [
        "<button></button>",
        "<h4>Four</h4>",
        "<h1>One more</h1>",
        "<p style='color: #999'>Pale</p>",
        "<input>",
        "<div style='width: 9000px'>Wide</div>",
        "<style>a {display: inline-block; font-size: 8px}</style>"
        "<div><a href='#a'>a</a><br><a href='#b'>b</a><br><a href='#c'>c</a></div>",
    ],
)
def test_the_check_finds_what_is_wrong(open_page: Callable[..., Page], bad: str) -> None:
    page = open_page(width=360)
    page.set_content(GOOD.format("<button>Go</button>"))
    no_barriers(page)
    page.set_content(GOOD.format(bad))
    with pytest.raises(AssertionError):
        no_barriers(page)
