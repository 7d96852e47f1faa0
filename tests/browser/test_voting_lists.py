"""The list and one's own votes in a real browser; and no barriers where people vote."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from deliberation.models import Deliberation, Participant, Vote
from deliberation.services.rounds import close_round
from tests.browser.barriers import no_barriers
from tests.browser.cards import VOTE, button, heading, said, settle, votes
from tests.browser.visits import follow
from tests.factories import accepted, join, make_open, the_round, vote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open(target_votes=3, show_origin=True)


@pytest.fixture
def me(deliberation: Deliberation) -> Participant:
    return join(deliberation)


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
    follow(page.get_by_role("link", name="Show them as a list"))
    page.goto(VOTE)
    expect(page).to_have_url(re.compile("/list/"))
    follow(page.get_by_role("link", name="Show one statement at a time"))
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
    follow(button(page, "Disagree"))
    assert heading(page) != first
    assert Vote.objects.get().important
    follow(page.get_by_role("button", name="Undo"))
    assert heading(page) == first
    button(page, "Agree").click()
    expect(page.locator("#card-progress")).to_contain_text("1 of 3 votes")
    assert votes(me) == [(first, 1)]


# --- Barriers


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
