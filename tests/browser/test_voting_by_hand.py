"""Voting with keys and fingers, on small screens, in both reading directions."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Participant, Statement
from deliberation.services.statements import add_seeds
from tests.browser.cards import heading, said, votes
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db(transaction=True)

# Two hundred characters, as long as a statement may be by default.
LONG = (
    "When somebody asks about health, money or the law, the assistant should say clearly what it "
    "does not know, name where its answer comes from, and tell them when a person should be "
    "asked for help first"
)


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open(target_votes=3, show_origin=True)


@pytest.fixture
def me(deliberation: Deliberation) -> Participant:
    return join(deliberation)


@pytest.mark.parametrize(
    ("locale", "key", "value"),
    [
        ("en", "ArrowLeft", 1),
        ("en", "ArrowRight", -1),
        ("ar", "ArrowLeft", -1),
        ("ar", "ArrowRight", 1),
    ],
)
def test_an_arrow_presses_the_button_on_its_side(seated, me, locale, key, value):
    page = seated(locale=locale)
    agree, disagree = (
        page.locator(f".vote--{one}").bounding_box() for one in ("agree", "disagree")
    )
    left = 1 if agree["x"] < disagree["x"] else -1
    assert value == (left if key == "ArrowLeft" else -left)
    first = heading(page)
    page.keyboard.press(key)
    expect(page.locator(".last-vote")).to_contain_text(first)
    assert votes(me) == [(first, value)]


def test_keys_can_be_turned_off_and_stay_off(seated, me):
    page = seated()
    page.get_by_role("button", name="Turn keys off").click()
    page.reload()
    expect(page.get_by_role("button", name="Turn keys on")).to_be_visible()
    page.keyboard.press("1")
    page.wait_for_timeout(200)
    assert votes(me) == []


def test_without_storage_everything_else_works(seated, me, open_page):
    page = seated()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw 0 }})")
    page.reload()
    page.get_by_role("button", name="Turn keys off").click()
    page.get_by_role("button", name="Turn keys on").click()
    page.keyboard.press("3")
    said(page, "1 of 3")
    assert [value for _, value in votes(me)] == [0]


def swipe(page: Page, dx: int, dy: int = 0) -> None:
    """A finger that goes down on the statement, moves and is lifted."""
    box = page.locator("h1").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 20
    session = page.context.new_cdp_session(page)
    for step in range(11):
        kind = "touchStart" if step == 0 else "touchMove"
        at = {"x": x + dx * step / 10, "y": y + dy * step / 10}
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize(
    ("locale", "dx", "value"), [("en", -120, 1), ("en", 120, -1), ("ar", 120, 1)]
)
def test_a_swipe_presses_the_button_on_its_side(seated, me, locale, dx, value):
    page = seated(width=360, locale=locale, has_touch=True, is_mobile=True)
    first = heading(page)
    swipe(page, dx)
    expect(page.locator(".last-vote")).to_contain_text(first)
    assert votes(me) == [(first, value)]


def test_short_and_upward_moves_are_no_votes(seated, me):
    page = seated(width=360, has_touch=True, is_mobile=True)
    swipe(page, -40)
    swipe(page, 30, -150)
    page.wait_for_timeout(300)
    assert votes(me) == []
    assert page.evaluate("scrollY") > 0
    expect(page.locator(".swipe-label")).to_have_count(0)


def test_the_word_on_swiping_can_be_sent_away(seated):
    page = seated(width=360, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Do not show this again").click()
    page.reload()
    expect(page.locator("[data-keys-toggle]")).to_have_count(1)
    expect(page.locator("[data-swipe-hint]")).to_be_hidden()


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_long_statement_and_its_buttons_fit_a_small_phone(seated, deliberation, locale):
    add_seeds(round=the_round(deliberation), texts=[LONG], actor=None)
    Statement.objects.exclude(text=LONG).update(routing_weight=1e-9)
    page = seated(width=360, locale=locale, viewport={"width": 360, "height": 640})
    assert heading(page) == LONG
    ends = page.locator("h1").evaluate(
        """(h1) => { const range = document.createRange(); range.selectNodeContents(h1);
        return range.getBoundingClientRect().bottom }"""
    )
    box = page.locator(".votes").bounding_box()
    assert ends <= box["y"]
    assert box["y"] + box["height"] <= 640
    for one in page.locator(".vote, .matters").all():
        assert one.bounding_box()["height"] >= 44


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_when_the_answer_comes(seated, me, width):
    page = seated(width=width)
    places = [page.locator(one).bounding_box() for one in ("h1", ".vote--agree", ".vote--pass")]
    page.keyboard.press("1")
    said(page, "1 of")
    after = [page.locator(one).bounding_box() for one in ("h1", ".vote--agree", ".vote--pass")]
    assert [(one["x"], one["y"]) for one in after] == [(one["x"], one["y"]) for one in places]
