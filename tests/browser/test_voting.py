"""Voting in a real browser: cards, keys, swiping, the list and one's own votes."""

from __future__ import annotations

import re
from collections.abc import Callable
from unittest.mock import patch

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import OperationalError
from django.http import HttpResponse
from playwright.sync_api import Locator, Page, Route, expect

from deliberation.access import remember_participant
from deliberation.models import Deliberation, Participant, Statement, Vote, VoteEvent
from deliberation.services.limits import too_many
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import add_seeds
from tests.factories import accepted, join, make_open, the_round, vote

pytestmark = pytest.mark.django_db(transaction=True)

VOTE = "/d/assistant/vote/"
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


@pytest.fixture
def seated(open_page, live_server, me: Participant) -> Callable[..., Page]:
    """``seated(path=…, …)``: a page of someone who sits on ``me``'s seat."""

    def new(path: str = VOTE, **more: object) -> Page:
        page = open_page(**more)
        answer = HttpResponse()
        remember_participant(answer, me)
        cookie = {"name": "seat", "value": answer.cookies["seat"].value}
        page.context.add_cookies([cookie | {"url": f"{live_server.url}/d/assistant/"}])
        page.goto(path)
        return page

    return new


class Held:
    """Requests that vote, kept from the server until they are let go."""

    def __init__(self, page: Page) -> None:
        self.page, self.routes, self.open = page, [], False
        page.route("**/vote/", self.take)

    def take(self, route: Route) -> None:
        if self.open:
            route.continue_()
        else:
            self.routes.append(route)

    def wait_for(self, count: int) -> None:
        for _ in range(100):
            if len(self.routes) >= count:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{len(self.routes)} of {count} requests came")

    def release(self) -> None:
        """Let those that came go on, and all that come later."""
        self.open = True
        for route in self.routes:
            route.continue_()


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


# --- The card


def test_the_next_statement_is_there_before_the_vote_is_answered(seated, me):
    page = seated()
    first, second = heading(page), upcoming(page)
    held = Held(page)
    button(page, "Agree").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(second)
    expect(page.locator("h1")).to_be_focused()
    assert votes(me) == []
    expect(button(page, "Undo")).to_have_count(0)
    page.evaluate("document.addEventListener('focusin', () => (window.moved = true))")
    page.evaluate("window.shown = document.querySelector('h1')")
    held.release()
    said(page, r"^Vote saved\. 1 of 3\.$")
    expect(page.locator("#card-progress")).to_contain_text("1 of 3 votes")
    expect(page.locator(".last-vote")).to_contain_text(first)
    assert page.evaluate("window.shown === document.querySelector('h1') && !window.moved")
    assert votes(me) == [(first, 1)]


def test_two_quick_votes_are_sent_one_after_the_other(seated, me):
    page = seated()
    first, second = heading(page), upcoming(page)
    held = Held(page)
    button(page, "Agree").click()
    settle(page)
    button(page, "Disagree").click()
    expect(button(page, "Disagree")).to_have_attribute("aria-pressed", "true")
    held.wait_for(1)
    expect(page.locator(".saving")).to_have_text("Saving…")
    assert len(held.routes) == 1
    held.release()
    said(page, r"2 of 3")
    assert heading(page) not in (first, second)
    assert votes(me) == [(first, 1), (second, -1)]
    assert VoteEvent.objects.count() == 2
    expect(page.locator(".saving")).to_have_count(0)


def test_a_vote_whose_answer_is_lost_is_tried_again_and_counts_once(seated, me):
    page = seated()
    first, second = heading(page), upcoming(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/vote/", lose)
    button(page, "Agree").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(page.get_by_role("button", name="Try again")).to_be_focused()
    assert heading(page) == first
    page.unroute("**/vote/")
    page.get_by_role("button", name="Try again").click()
    said(page, "1 of 3")
    assert heading(page) == second
    expect(page.locator("h1")).to_be_focused()
    assert votes(me) == [(first, 1)]
    assert VoteEvent.objects.count() == 1


def test_another_choice_after_a_lost_answer_is_another_vote(seated, me):
    page = seated()
    first = heading(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/vote/", lose)
    button(page, "Agree").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.unroute("**/vote/")
    settle(page)
    button(page, "Disagree").click()
    said(page, "1 of 3")
    assert votes(me) == [(first, -1)]


def test_a_vote_behind_one_that_fails_is_kept(seated, me):
    page = seated()
    first, second = heading(page), upcoming(page)
    held = Held(page)
    button(page, "Agree").click()
    settle(page)
    button(page, "Pass").click()
    held.wait_for(1)
    held.routes.pop().abort()
    expect(page.get_by_role("alert")).to_contain_text("Your vote on the next statement is kept.")
    assert heading(page) == first
    held.release()
    page.get_by_role("button", name="Try again").click()
    said(page, "2 of 3")
    assert votes(me) == [(first, 1), (second, 0)]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (too_many(3), "Please wait 3 seconds and try again."),
        (OperationalError(), "We cannot reach the place where votes are kept."),
        (RuntimeError(), "Something broke on our side"),
    ],
)
def test_the_server_says_why_it_could_not_store_a_vote(seated, me, refusal, words):
    page = seated()
    first = heading(page)
    with patch("deliberation.views.voting.cast_in_round", side_effect=refusal):
        button(page, "Agree").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
    assert heading(page) == first
    page.get_by_role("button", name="Try again").click()
    said(page, "1 of 3")
    assert votes(me) == [(first, 1)]


def test_a_statement_taken_out_meanwhile_is_named(seated, me):
    page = seated()
    first = heading(page)
    out = Statement.objects.get(text=first)
    moderate(statement=out, decision="reject", reason="unclear", actor=None, role="moderator")
    button(page, "Agree").click()
    expect(page.get_by_role("alert")).to_contain_text(first)
    assert heading(page) != first
    assert votes(me) == []


def test_leaving_asks_only_while_a_vote_is_unsent(seated, me):
    page = seated()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    button(page, "Agree").click()
    said(page, "1 of 3")
    settle(page)
    page.route("**/vote/", lambda route: route.abort())
    button(page, "Agree").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.close(run_before_unload=True)
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    page.unroute("**/vote/")
    page.get_by_role("button", name="Try again").click()
    said(page, "2 of 3")
    page.get_by_role("link", name="Statements").first.click()
    expect(page).to_have_url(re.compile("/statements/$"))
    assert asked == ["beforeunload"]


def test_undo_brings_the_card_back_and_says_so(seated, me):
    page = seated()
    first = heading(page)
    button(page, "Agree").click()
    said(page, "1 of 3")
    settle(page)
    page.keyboard.press("u")
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    expect(page.locator("h1")).to_be_focused()
    said(page, "^Your vote is taken back. Here is the statement again.$")
    assert votes(me) == []
    settle(page)
    button(page, "Disagree").click()
    said(page, "1 of 3")
    assert votes(me) == [(first, -1)]


def test_what_matters_is_stored_and_does_not_stick(seated, me):
    page = seated()
    box = page.get_by_role("checkbox", name="This matters to me")
    page.keyboard.press("4")
    expect(box).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert votes(me) == []
    page.keyboard.press("1")
    said(page, "1 of 3")
    expect(box).not_to_be_checked()
    settle(page)
    page.keyboard.press("1")
    said(page, "2 of 3")
    assert [*Vote.objects.order_by("id").values_list("important", flat=True)] == [True, False]


def test_from_the_goal_on_one_may_stop_and_may_go_on(seated, me, deliberation):
    for statement in accepted(deliberation)[:2]:
        vote(me, statement, 1)
    page = seated()
    expect(page.get_by_role("link", name="You may stop here, it counts")).to_be_visible()
    button(page, "Agree").click()
    said(page, "as many as we asked for")
    expect(page.get_by_text("You have done what we asked for.")).to_be_visible()
    assert page.get_by_role("link", name="Finish").first.get_attribute("href") == "../you/"
    settle(page)
    button(page, "Agree").click()
    expect(page.locator("h1")).to_have_text("You have voted on everything")
    expect(page.locator("h1")).to_be_focused()


def test_what_is_read_and_reached_comes_in_order(seated, me):
    page = seated()
    button(page, "Agree").click()
    said(page, "1 of 3")
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.closest('label, a, button').innerText")
        )
    assert reached[:4] == ["Agree", "Disagree", "Pass: unsure or no opinion", "This matters to me"]
    page.locator("h1").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.innerText") == "Undo"
    read = page.locator("#card").inner_text()
    order = [
        "1 of 3 votes",
        "What should the assistant do?",
        heading(page),
        "Agree",
        "This matters",
    ]
    assert [read.index(words) for words in order] == sorted(read.index(words) for words in order)


# --- Keys and fingers


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


# --- The list and one's own votes


def test_the_list_is_voted_on_row_by_row(seated, me):
    page = seated("/d/assistant/list/")
    rows = page.locator("li.vote-row")
    expect(rows).to_have_count(4)
    text = rows.nth(1).locator("p").first.inner_text()
    rows.nth(1).get_by_role("checkbox").check()
    page.route("**/list/**", lambda route: route.abort())
    rows.nth(1).get_by_role("button", name="Agree", exact=True).click()
    expect(rows.nth(1).get_by_role("alert")).to_contain_text("Not saved")
    page.unroute("**/list/**")
    rows.nth(1).get_by_role("button", name="Try again").click()
    expect(rows.nth(1).locator("[data-focus]")).to_be_focused()
    said(page, r"^Vote saved\. 1 of 3\.$")
    expect(page.locator("#list-progress")).to_contain_text("1 of 3 votes")
    assert votes(me) == [(text, 1)]
    assert Vote.objects.get().important
    rows.nth(1).get_by_text("Change").click()
    rows.nth(1).get_by_role("button", name="Disagree").click()
    expect(rows.nth(1)).to_contain_text("You disagreed")
    assert votes(me) == [(text, -1)]
    page.reload()
    expect(page.locator("li.vote-row").nth(1)).to_contain_text("You disagreed")


def test_the_list_works_without_javascript(seated, me):
    page = seated("/d/assistant/list/", javascript=False)
    text = page.locator("li.vote-row").nth(2).locator("p").first.inner_text()
    page.locator("li.vote-row").nth(2).get_by_role("button", name="Pass").click()
    expect(page).to_have_url(re.compile(r"#s\d+$"))
    expect(page.locator("li.vote-row").nth(2)).to_contain_text("You passed")
    assert votes(me) == [(text, 0)]
    page.get_by_role("link", name="More statements").click()
    expect(page.locator("li.vote-row")).to_have_count(3)


def test_the_view_that_was_chosen_is_remembered(seated):
    page = seated()
    page.get_by_role("link", name="Show them as a list").click()
    page.goto(VOTE)
    expect(page).to_have_url(re.compile("/list/"))
    page.get_by_role("link", name="Show one statement at a time").click()
    page.goto(VOTE)
    expect(page).to_have_url(re.compile("/vote/$"))


@pytest.mark.parametrize("javascript", [True, False])
def test_own_votes_are_changed_marked_and_taken_back(seated, me, deliberation, javascript):
    for statement, value in zip(accepted(deliberation), [1, -1, 0], strict=False):
        vote(me, statement, value)
    page = seated("/d/assistant/votes/?order=number", javascript=javascript)
    row = page.locator("#s1")
    expect(row.get_by_role("button", name="Agree", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    row.get_by_role("button", name="This matters to me").click()
    expect(row.get_by_role("button", name="This matters to me")).to_have_attribute(
        "aria-pressed", "true"
    )
    row.get_by_role("button", name="Disagree").click()
    expect(row.get_by_role("button", name="Disagree")).to_have_attribute("aria-pressed", "true")
    if javascript:
        expect(row.get_by_role("button", name="Disagree")).to_be_focused()
        said(page, r"^Saved\.$")
    one = Vote.objects.get(statement__number=1)
    assert (one.value, one.important) == (-1, True)
    page.locator("#s2").get_by_role("button", name="Take back").click()
    if javascript:
        said(page, "taken back")
    else:
        expect(page.locator("#s2")).to_have_count(0)
    assert not Vote.objects.filter(statement__number=2).exists()
    page.get_by_role("link", name=re.compile("^Disagreed")).click()
    expect(page.locator("li.vote-row")).to_have_count(1)


def test_cards_without_javascript(seated, me):
    page = seated(javascript=False, width=360)
    first = heading(page)
    page.get_by_role("checkbox", name="This matters to me").check()
    button(page, "Disagree").click()
    assert heading(page) != first
    assert Vote.objects.get().important
    page.get_by_role("button", name="Undo").click()
    assert heading(page) == first
    button(page, "Agree").click()
    expect(page.locator("#card-progress")).to_contain_text("1 of 3 votes")
    assert votes(me) == [(first, 1)]


# --- Barriers


def no_barriers(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("dark", [False, True])
def test_no_state_has_barriers(seated, me, deliberation, width, locale, dark):
    page = seated(width=width, locale=locale, dark=dark)
    page.locator(".vote--agree").click()
    expect(page.locator(".last-vote")).to_be_visible()
    no_barriers(page)
    settle(page)
    page.route("**/vote/", lambda route: route.abort())
    page.locator(".vote--agree").click()
    expect(page.get_by_role("alert")).to_be_visible()
    no_barriers(page)
    page.unroute("**/vote/")
    page.get_by_role("alert").get_by_role("button").click()
    expect(page.locator("#live")).not_to_be_empty()
    page.goto("/d/assistant/list/")
    page.locator(".vote--pass").first.click()
    expect(page.locator("li details")).to_have_count(1)
    page.locator("li summary").click()
    no_barriers(page)
    page.goto("/d/assistant/votes/")
    no_barriers(page)


def test_the_end_of_votes_has_no_barriers(seated, me, deliberation):
    page = seated("/d/assistant/votes/")
    expect(page.get_by_text("You have not voted yet.")).to_be_visible()
    no_barriers(page)
    for statement in accepted(deliberation):
        vote(me, statement, 1)
    for path in (VOTE, "/d/assistant/list/"):
        page.goto(path)
        expect(page.get_by_text("You have voted on everything")).to_be_visible()
        no_barriers(page)
    close_round(round=the_round(deliberation), actor=None)
    page.goto("/d/assistant/votes/")
    expect(page.get_by_role("button", name="Agree")).to_have_count(0)
    expect(page.locator("#s1")).to_contain_text("You agreed")
    no_barriers(page)
