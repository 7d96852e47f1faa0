"""A participant's way from the home page to the report, with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from aggregation.runs import execute, queue_run
from deliberation.models import Deliberation, Participant, Statement, Vote
from deliberation.services.rounds import close_round
from tests.factories import join, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

PROPOSAL = "It should tell me where an answer comes from."
# Ten people in two camps, so that there is something to report.
CAMPS = [[1, 1, -1, 1]] * 5 + [[1, -1, 1, 1]] * 5


@pytest.fixture
def deliberation() -> Deliberation:
    deliberation = make_open()
    for row in CAMPS:
        vote_row(join(deliberation), row)
    return deliberation


def sit_down(page: Page, deliberation: Deliberation) -> Participant:
    page.goto("/")
    page.get_by_role("link", name=deliberation.title).first.click()
    page.get_by_role("link", name=re.compile("take part|join|vote", re.I)).first.click()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start voting").click()
    expect(page).to_have_url(re.compile(r"/d/assistant/vote/$"))
    page.wait_for_load_state()  # keys and quick votes begin when the scripts are there
    return Participant.objects.latest("number")


def propose(page: Page) -> None:
    page.get_by_role("link", name="Write a statement").first.click()
    page.get_by_label("Your statement").fill(PROPOSAL)
    page.get_by_role("button", name="Send statement").click()
    expect(page.get_by_text("A moderator reads your statement next.")).to_be_visible()
    assert Statement.objects.get(text=PROPOSAL).status == "pending"


def close_and_report(page: Page, deliberation: Deliberation) -> None:
    close_round(round=the_round(deliberation), actor=None)
    execute(queue_run(round=the_round(deliberation)).pk, "test")
    page.goto("/d/assistant/vote/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Voting is closed")
    page.get_by_role("link", name="See what came out").click()
    page.get_by_role("link", name=re.compile("report", re.I)).first.click()
    expect(page).to_have_url(re.compile(r"/d/assistant/report/"))
    expect(page.get_by_role("main")).to_contain_text("11")
    expect(page.get_by_role("main")).to_contain_text(
        "The assistant should admit when it does not know."
    )


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def after_swap(page: Page, before: str) -> str:
    """The text of the next card, once it has the focus."""
    expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
    expect(page.locator("[data-focus]")).to_be_focused()
    page.wait_for_timeout(400)  # a second press sooner would be taken for a double click
    return heading(page)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_join_vote_with_mouse_and_keys_undo_propose_and_read_the_report(
    open_page, deliberation, width, dark
):
    page = open_page(width=width, dark=dark)
    me = sit_down(page, deliberation)
    first = heading(page)
    page.get_by_role("button", name="Agree", exact=True).click()
    second = after_swap(page, first)
    expect(page.locator("#live")).to_have_text(re.compile(r"Vote saved\. 1 of"))
    page.keyboard.press("2")
    third = after_swap(page, second)
    page.keyboard.press("u")
    assert after_swap(page, third) == second
    page.keyboard.press("ArrowDown")
    after_swap(page, second)
    assert list(Vote.objects.filter(participant=me).order_by("id").values_list("value")) == [
        (1,),
        (0,),
    ]
    assert Vote.objects.get(participant=me, value=1).statement.text == first
    assert Vote.objects.get(participant=me, value=0).statement.text == second
    propose(page)
    close_and_report(page, deliberation)


def test_join_vote_propose_and_read_the_report_without_javascript(open_page, deliberation):
    page = open_page(javascript=False, width=360)
    me = sit_down(page, deliberation)
    first = heading(page)
    page.get_by_role("button", name="Disagree").click()
    assert heading(page) != first
    page.get_by_role("button", name="Undo").click()
    assert heading(page) == first
    page.get_by_role("button", name="Agree", exact=True).click()
    page.get_by_role("button", name=re.compile("^Pass")).click()
    assert sorted(Vote.objects.filter(participant=me).values_list("value", flat=True)) == [0, 1]
    propose(page)
    close_and_report(page, deliberation)


def test_the_whole_way_with_the_keyboard_only(open_page, deliberation):
    page = open_page()
    page.goto("/d/assistant/join/")
    page.get_by_label("I have read this and agree to take part.").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/vote/$"))
    page.wait_for_load_state()
    for key in ("1", "ArrowRight", "3", "ArrowLeft"):
        before = heading(page)
        page.keyboard.press(key)
        after_swap(page, before)
    expect(page.get_by_role("heading", level=1)).to_have_text("You have voted on everything")
    me = Participant.objects.latest("number")
    values = Vote.objects.filter(participant=me).order_by("id").values_list("value", flat=True)
    assert list(values) == [1, -1, 0, 1]


def test_a_double_click_is_one_vote_and_does_not_hit_the_next_card(open_page, deliberation):
    page = open_page()
    me = sit_down(page, deliberation)
    page.get_by_role("button", name="Agree", exact=True).dblclick()
    page.wait_for_timeout(800)
    assert Vote.objects.filter(participant=me).count() == 1


def test_a_vote_that_cannot_be_sent_is_said_and_can_be_tried_again(open_page, deliberation):
    page = open_page()
    me = sit_down(page, deliberation)
    first = heading(page)
    page.route("**/vote/", lambda route: route.abort())
    page.get_by_role("button", name="Agree", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    assert Vote.objects.filter(participant=me).count() == 0
    page.unroute("**/vote/")
    page.get_by_role("button", name="Try again").click()
    after_swap(page, first)
    assert Vote.objects.get(participant=me).statement.text == first


def test_a_vote_after_closing_is_refused_on_the_card(open_page, deliberation):
    page = open_page()
    me = sit_down(page, deliberation)
    close_round(round=the_round(deliberation), actor=None)
    page.get_by_role("button", name="Agree", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Voting is closed")
    assert Vote.objects.filter(participant=me).count() == 0
