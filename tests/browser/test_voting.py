"""The card in a real browser: shown at once, sent meanwhile, and never lost."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from django.db import OperationalError
from playwright.sync_api import Page, Route, expect

from deliberation.models import Deliberation, Participant, Statement, Vote, VoteEvent
from deliberation.services.limits import too_many
from deliberation.services.moderation import moderate
from tests.browser.cards import button, heading, said, settle, upcoming, votes
from tests.factories import accepted, join, make_open, vote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open(target_votes=3, show_origin=True)


@pytest.fixture
def me(deliberation: Deliberation) -> Participant:
    return join(deliberation)


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


@pytest.mark.parametrize("quick", [True, False])
def test_a_card_that_was_voted_on_elsewhere_gives_way(seated, me, quick):
    page = seated()
    first, second = heading(page), upcoming(page)
    held = Held(page)
    button(page, "Agree").click()
    held.wait_for(1)
    vote(me, Statement.objects.get(text=second), 0)
    if quick:
        settle(page)
        button(page, "Disagree").click()
    held.release()
    expect(page.locator("#card-progress")).to_contain_text("2 of 3 votes")
    expect(page.locator("h1")).not_to_have_text(second)
    expect(page.locator("h1")).to_be_focused()
    assert sorted(votes(me)) == sorted([(first, 1), (second, -1 if quick else 0)])


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
    end = page.get_by_role("link", name="Finish").first
    expect(end).to_have_attribute("href", "/d/assistant/you/")
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
