"""Writing a statement in a real browser: suggestions, the check, the draft, a second look."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Exposure, Statement, User
from deliberation.services.appeals import ask_again
from deliberation.services.moderation import moderate
from deliberation.services.votes import cast_vote
from deliberation.similarity import warm_up
from tests.browser.barriers import no_barriers
from tests.browser.visits import sign_in_by_link
from tests.factories import SEEDS, make_open, the_round

pytestmark = pytest.mark.django_db(transaction=True)

ALIKE = "The assistant should keep all that I tell it to itself"
OWN = "It should help me to fill in forms of the city."
WHY = "Forms are what keeps most of us from our rights."


@pytest.fixture(autouse=True, scope="module")
def _word_vectors() -> None:
    """Read before the pages are timed by people, as after the first minute of a process."""
    warm_up()


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open()


def sit_down(page: Page, deliberation: Deliberation) -> None:
    page.goto(f"/d/{deliberation.slug}/join/")
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start voting").click()
    expect(page).to_have_url(re.compile(r"/vote/$"))
    page.goto(f"/d/{deliberation.slug}/propose/")


def field(page: Page):
    return page.get_by_label("Your statement")


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def test_suggestions_come_while_typing_and_leave_the_typist_alone(open_page, deliberation):
    page = open_page()
    sit_down(page, deliberation)
    field(page).focus()
    page.keyboard.type(ALIKE, delay=10)
    suggestion = page.locator("#similar li")
    expect(suggestion).to_contain_text(SEEDS[1])
    expect(page.locator("#live")).to_have_text("1 similar statement found")
    expect(field(page)).to_be_focused()
    expect(page.get_by_role("button", name="Look for similar statements")).to_be_hidden()
    no_barriers(page)
    page.keyboard.type(" and never ever give it away to anyone", delay=5)
    expect(field(page)).to_have_value(ALIKE + " and never ever give it away to anyone")


def test_voting_on_a_suggestion_with_the_keyboard_does_not_cost_the_draft(open_page, deliberation):
    page = open_page(width=360)
    sit_down(page, deliberation)
    field(page).focus()
    page.keyboard.type(ALIKE, delay=5)
    link = page.get_by_role("link", name="Vote on it")
    expect(link).to_be_visible()
    for _ in range(8):
        page.keyboard.press("Tab")
        if link.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(SEEDS[1])
    shown = Exposure.objects.get(statement__text=SEEDS[1], drawn=False)
    assert shown.probability == 1
    page.get_by_role("button", name="Agree", exact=True).click()
    expect(heading(page)).not_to_have_text(SEEDS[1])
    page.goto(f"/d/{deliberation.slug}/propose/")
    expect(field(page)).to_have_value(ALIKE)
    page.keyboard.press("End")
    field(page).press_sequentially(" at all times")
    expect(page.locator("#similar")).to_contain_text("You agreed.")


def test_a_draft_that_was_sent_does_not_come_back(open_page, deliberation):
    page = open_page()
    sit_down(page, deliberation)
    field(page).fill(OWN)
    page.get_by_role("button", name="Send statement").click()
    expect(page.get_by_text("A moderator reads your statement next.")).to_be_visible()
    expect(field(page)).to_have_value("")
    page.reload()
    expect(field(page)).to_have_value("")
    assert Statement.objects.filter(text=OWN).count() == 1


def test_suggestions_that_do_not_come_trouble_nobody(open_page, deliberation):
    page = open_page()
    sit_down(page, deliberation)
    page.route("**/similar/", lambda route: route.abort())
    field(page).press_sequentially(ALIKE)
    page.wait_for_timeout(900)
    expect(field(page)).to_be_focused()
    assert page.locator("[data-trouble]").count() == 0


@pytest.mark.parametrize(("javascript", "width", "dark"), [(True, 1280, True), (False, 360, False)])
def test_what_is_noticed_can_be_changed_or_sent_as_it_is(
    open_page, deliberation, javascript, width, dark
):
    page = open_page(javascript=javascript, width=width, dark=dark)
    sit_down(page, deliberation)
    field(page).fill("Should it ask bob@example.org?")
    page.get_by_role("button", name="Send statement").click()
    expect(heading(page)).to_have_text("Please check once more")
    expect(page.locator("mark")).to_have_text("bob@example.org")
    expect(page.get_by_text("This looks like an e-mail address.")).to_be_visible()
    expect(page.get_by_text("This looks like a question.")).to_be_visible()
    if javascript:
        no_barriers(page)
    page.get_by_role("button", name="Change it").click()
    expect(field(page)).to_have_value("Should it ask bob@example.org?")
    expect(field(page)).to_be_focused()
    field(page).fill("It should ask bob@example.org first.")
    page.get_by_role("button", name="Send statement").click()
    page.get_by_role("button", name="Send as it is").click()
    expect(page.get_by_text("A moderator reads your statement next.")).to_be_visible()
    assert Statement.objects.latest("id").text == "It should ask bob@example.org first."


def test_without_javascript_a_button_looks_for_statements_alike(open_page, deliberation):
    page = open_page(javascript=False, width=360)
    sit_down(page, deliberation)
    field(page).fill(ALIKE)
    page.get_by_role("button", name="Look for similar statements").click()
    expect(page.locator("#similar li")).to_contain_text(SEEDS[1])
    expect(field(page)).to_have_value(ALIKE)
    assert "text=" not in page.url
    page.get_by_role("link", name="Vote on it").click()
    expect(heading(page)).to_have_text(SEEDS[1])


def test_votes_first_then_the_field(open_page):
    deliberation = make_open(min_votes_to_propose=2)
    page = open_page(width=360)
    sit_down(page, deliberation)
    expect(page.get_by_text("First vote on 2 more statements")).to_be_visible()
    no_barriers(page)
    me = deliberation.participants.latest("number")
    for statement in Statement.objects.filter(round=the_round(deliberation))[:2]:
        cast_vote(participant=me, statement=statement, value=1, key=uuid4())
    page.reload()
    expect(field(page)).to_be_visible()
    no_barriers(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_second_look_from_the_author_to_the_moderator_and_back(
    open_page, deliberation, javascript
):
    page = open_page(javascript=javascript, width=360)
    sit_down(page, deliberation)
    field(page).fill(OWN)
    page.get_by_role("button", name="Send statement").click()
    expect(page.get_by_text("A moderator reads your statement next.")).to_be_visible()
    statement = Statement.objects.get(text=OWN)
    moderate(
        statement=statement, decision="reject", reason="off_topic", actor=None, role="moderator"
    )
    page.reload()
    page.get_by_role("link", name="Ask for a second look").click()
    if javascript:
        no_barriers(page)
    page.get_by_label("Why should it be shown?").fill(WHY)
    page.get_by_role("button", name="Ask for a second look").click()
    expect(page.get_by_text("You asked for a second look.")).to_be_visible()
    moderator = open_page(javascript=javascript)
    alice = User.objects.get(email="alice@example.org")
    sign_in_by_link(moderator, alice)
    moderator.goto("/organise/assistant/queue/")
    expect(moderator.get_by_text(WHY)).to_be_visible()
    if javascript:
        no_barriers(moderator)
    moderator.get_by_role("button", name="Accept").click()
    expect(moderator.get_by_text("Waiting (0)")).to_be_visible()
    page.reload()
    expect(page.get_by_text("A moderator looked again: now everyone can vote")).to_be_visible()
    if javascript:
        no_barriers(page)


def test_the_moderator_who_decided_before_is_asked_to_leave_it(open_page, deliberation):
    page = open_page()
    sit_down(page, deliberation)
    field(page).fill(OWN)
    page.get_by_role("button", name="Send statement").click()
    expect(page.get_by_text("A moderator reads your statement next.")).to_be_visible()
    alice = User.objects.get(email="alice@example.org")
    statement = Statement.objects.get(text=OWN)
    moderate(statement=statement, decision="reject", reason="off_topic", actor=alice, role="owner")
    author = statement.author
    assert author is not None
    ask_again(participant=author, statement=statement, text=WHY)
    sign_in_by_link(page, alice)
    page.goto("/organise/assistant/queue/")
    expect(page.get_by_text("You decided on this before.")).to_be_visible()
    no_barriers(page)
