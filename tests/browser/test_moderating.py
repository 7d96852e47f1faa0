"""Moderating by keyboard: the next card is there at once, and no decision is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from deliberation.models import Deliberation, ModerationDecision, Statement
from deliberation.services.moderation import moderate
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.deliberation.moderating import alice, moderator, numbered, states, waiting_panel

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "/organise/assistant/queue/"
MODERATE = re.compile(r"/moderate/$")


@pytest.fixture
def panel() -> Deliberation:
    """Six proposals wait, numbers 5 to 10."""
    return waiting_panel(6)


@pytest.fixture
def queue(open_page):
    """``queue(width=…)``: the queue in the owner's browser."""

    def new(address: str = QUEUE, **look: object) -> Page:
        page = open_page(**look)
        sign_in_by_link(page, alice())
        page.goto(address)
        return page

    return new


def on(page: Page, number: int) -> None:
    """The card of this number holds the focus."""
    expect(page.get_by_role("heading", name=f"Statement {number}", exact=True)).to_be_focused()


def saved(page: Page, waiting: int) -> None:
    """Everything has reached the server: the tab counts what is left."""
    expect(page.get_by_role("link", name=f"Waiting ({waiting})")).to_be_visible()


def reasons(*numbers: int) -> list[str]:
    lines = ModerationDecision.objects.filter(statement__number__in=numbers).order_by("id")
    return [line.reason for line in lines]


def test_one_key_decides_and_the_next_card_is_there(queue, panel):
    page = queue()
    on(page, 5)
    page.keyboard.press("a")
    on(page, 6)
    page.keyboard.press("3")
    on(page, 7)
    saved(page, 4)
    assert states(5, 6, 7) == ["accepted", "rejected", "pending"]
    assert reasons(6) == ["unclear"]
    expect(page.locator("#live")).to_contain_text("It should know fact number 1.")


def test_ten_keys_faster_than_the_server_are_ten_decisions_in_their_order(queue):
    waiting_panel(30)
    page = queue()
    on(page, 5)
    for _ in range(5):
        page.keyboard.press("a")
        page.keyboard.press("1")
    saved(page, 20)
    lines = ModerationDecision.objects.filter(statement__number__gte=5).order_by("id")
    assert [(one.statement.number, one.decision) for one in lines] == [
        (5 + n, "reject" if n % 2 else "accept") for n in range(10)
    ]


def test_cards_come_after_until_nothing_waits(queue):
    waiting_panel(33)
    page = queue()
    for number in range(5, 38):
        on(page, number)
        page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    assert Statement.objects.filter(status="accepted").count() == 37


def test_a_note_is_written_with_n_and_goes_with_the_next_decision(queue, panel):
    page = queue()
    page.keyboard.press("n")
    page.keyboard.type("a1 is not about us")
    page.keyboard.press("Enter")
    on(page, 5)
    page.keyboard.press("1")
    saved(page, 5)
    line = ModerationDecision.objects.latest("id")
    assert (line.statement.number, line.reason, line.note) == (5, "off_topic", "a1 is not about us")


def test_skip_next_and_previous_decide_nothing(queue, panel):
    page = queue()
    for key, number in (("j", 6), ("ArrowDown", 7), ("k", 6), ("s", 7), ("k", 5), ("k", 5)):
        page.keyboard.press(key)
        on(page, number)
    assert states(5, 6, 7) == ["pending"] * 3
    cards = page.locator("[data-card]")
    expect(cards.last.get_by_role("heading", name="Statement 6")).to_be_visible()


def test_u_takes_the_last_decision_back(queue, panel):
    page = queue()
    page.keyboard.press("a")
    saved(page, 5)
    page.keyboard.press("2")
    saved(page, 4)
    for number, left in ((6, 5), (5, 6)):
        page.keyboard.press("u")
        saved(page, left)
        on(page, number)
    assert states(5, 6) == ["pending", "pending"]
    assert reasons(5, 6) == ["fits", "duplicate", "mistake", "mistake"]


def test_u_at_once_after_a_decision_leaves_it_waiting(queue, panel):
    page = queue()
    for key in ("a", "a", "u"):
        page.keyboard.press(key)
    on(page, 6)
    saved(page, 5)
    assert states(5, 6) == ["accepted", "pending"]


def test_marked_ones_are_decided_on_together(queue, panel):
    page = queue()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("Marked: 2")).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_role("heading", level=1)).to_have_text("Decide on 2 statements together")
    page.get_by_role("button", name="Advertising").click()
    expect(page.get_by_role("status").first).to_contain_text("2 statements rejected.")
    assert states(5, 6, 7) == ["rejected", "pending", "rejected"]
    page.keyboard.press("u")
    saved(page, 6)
    assert states(5, 7) == ["pending", "pending"]


def test_shift_and_a_click_marks_all_between(queue, panel):
    page = queue()
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.get_by_text("Marked: 4")).to_be_visible()
    page.get_by_role("button", name="Unmark").click()
    expect(page.get_by_text("Marked:")).to_be_hidden()


def test_a_mouse_decides_on_any_card(queue, panel):
    page = queue()
    page.get_by_role("button", name="Accept statement 8").click()
    saved(page, 5)
    page.get_by_text("Reject… statement 6").click()
    reason = page.get_by_role("button", name="Hard to understand for others")
    expect(reason).to_have_count(1)
    reason.click()
    saved(page, 4)
    assert states(5, 6, 7, 8) == ["pending", "rejected", "pending", "accepted"]


def test_a_double_click_decides_on_one_card(queue, panel):
    page = queue()
    page.get_by_role("button", name="Accept statement 5").dblclick()
    saved(page, 5)
    assert states(5, 6) == ["accepted", "pending"]


def test_keys_can_be_turned_off_and_typing_decides_nothing(queue, panel):
    page = queue()
    page.keyboard.press("?")
    page.get_by_role("button", name="Turn keys off").click()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Statement 5")).to_be_visible()
    page.get_by_role("button", name="Turn keys on").click()
    page.get_by_text("Search, filter, decide on many").click()
    page.get_by_label("Words, or a number").press_sequentially("a1")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Words, or a number")).to_have_value("a1")
    assert states(*range(5, 11)) == ["pending"] * 6


def test_without_a_connection_decisions_are_kept_and_sent_in_the_end(queue, panel):
    page = queue()
    page.route(MODERATE, lambda route: route.abort())
    for key in ("a", "1", "a"):
        page.keyboard.press(key)
    expect(page.get_by_role("alert")).to_contain_text("what you decide is kept here")
    on(page, 8)  # and one goes on meanwhile
    page.unroute(MODERATE)
    page.get_by_role("button", name="Try again").click()
    saved(page, 3)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert states(5, 6, 7) == ["accepted", "rejected", "accepted"]


def test_an_answer_that_was_lost_is_asked_for_again_and_decides_once(queue, panel):
    page = queue()

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(MODERATE, lose_the_answer, times=1)
    page.keyboard.press("a")
    saved(page, 5)
    assert reasons(5) == ["fits"]


def test_taking_back_what_may_have_arrived_is_sent_after_it(queue, panel):
    page = queue()

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(MODERATE, lose_the_answer, times=1)
    page.keyboard.press("a")
    page.keyboard.press("u")
    on(page, 5)
    saved(page, 6)
    assert reasons(5) == ["fits", "mistake"]
    assert states(5) == ["pending"]


def test_a_card_that_somebody_else_decided_on_comes_back_and_says_so(queue, panel):
    page = queue()
    bob = moderator(panel)
    moderate(statement=numbered(5), decision="accept", reason="fits", actor=bob, role="moderator")
    page.keyboard.press("1")
    expect(page.locator(".notice[data-refused]")).to_contain_text("Someone else has decided")
    on(page, 6)  # keys go on where one is
    page.keyboard.press("a")
    saved(page, 4)
    assert states(5, 6) == ["accepted", "accepted"]
    page.get_by_role("link", name="Look at it as it is now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Decide on this statement")


def test_whoever_was_signed_out_signs_in_again_and_loses_nothing(queue, panel):
    page = queue()
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    for key in ("a", "1"):
        page.keyboard.press(key)
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    assert [one["name"] for one in cookies if one["name"] == "sessionid"] == ["sessionid"]
    other = page.context.new_page()
    sign_in_by_link(other, alice())
    other.close()
    page.get_by_role("button", name="Try again").click()
    saved(page, 4)
    assert states(5, 6) == ["accepted", "rejected"]


def test_what_is_left_is_sent_when_the_page_is_left(queue, panel):
    page = queue()
    page.on("dialog", lambda dialog: dialog.accept())
    for key in ("a", "a", "1"):
        page.keyboard.press(key)
    page.goto("/organise/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    decided = ["accepted", "accepted", "rejected"]
    for _ in range(100):  # they are sent beside the new page, and may arrive after it
        if states(5, 6, 7) == decided:
            break
        page.wait_for_timeout(50)
    page.goto(QUEUE)
    saved(page, 3)
    assert states(5, 6, 7) == decided


def test_without_javascript(queue, panel):
    page = queue(javascript=False, width=360)
    page.get_by_role("button", name="Accept statement 5").click()
    expect(page.get_by_role("status").first).to_contain_text("It should know fact number 0.")
    page.get_by_role("button", name="Does not answer the question").click()
    expect(page.get_by_role("status").first).to_contain_text("It should know fact number 1.")
    assert states(5, 6) == ["accepted", "rejected"]
    follow(page.get_by_role("button", name="Undo"))
    assert states(6) == ["pending"]
    for box in page.get_by_role("checkbox", name="Mark").all()[:2]:
        box.check()
    page.get_by_role("button", name="Decide on the marked ones together").click()
    follow(page.get_by_role("button", name="Accept all 2"))
    assert states(6, 7, 8) == ["accepted", "accepted", "pending"]


def test_a_finger_begins_at_the_top_of_the_page(queue, panel):
    page = queue(width=360, height=740, touch=True)
    expect(page.locator("[data-current]")).to_have_count(1)
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_no_page_of_the_queue_has_barriers_or_scrolls_sideways(queue, panel, width, dark):
    page = queue(width=width, dark=dark)
    page.keyboard.press("a")
    page.keyboard.press("x")
    page.keyboard.press("?")
    saved(page, 5)
    for address in (None, "together/?all=1", "?q=fact", "?everyone=1"):
        if address is not None:
            page.goto(f"{QUEUE}{address}")
        no_barriers(page)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, address
