"""Writing a plan in the browser: rules move, words follow, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, User
from deliberation.services.profiles import add_question
from tests.browser.barriers import no_barriers
from tests.browser.visits import sign_in_by_link
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db(transaction=True)

EDITOR = "/organise/assistant/plan/"


@pytest.fixture
def deliberation() -> Deliberation:
    made = make_deliberation(owner=make_user())
    options = ["16 to 29", "30 to 59", "60 or older"]
    add_question(deliberation=made, text="How old are you?", options=options, actor=None)
    return made


def editor(page: Page) -> None:
    sign_in_by_link(page, User.objects.get())
    page.goto(EDITOR)


def rules(deliberation: Deliberation) -> list[str]:
    return [rule["id"] for rule in the_round(deliberation).plan["rules"]]


def test_rules_move_by_keyboard_and_what_happened_is_said(open_page, deliberation):
    page = open_page()
    editor(page)
    down = page.get_by_role("button", name="Move down Agreement of all groups")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2. Agreement of all groups")).to_be_focused()
    expect(page.locator("#live")).to_contain_text("is rule 2 of 2")
    page.get_by_label("Add a rule").select_option(
        label="Equal shares: everyone has the same to spend"
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="3. Equal shares")).to_be_focused()
    assert rules(deliberation) == ["threshold", "sequential_pav"]
    page.get_by_role("button", name="Save the plan").last.click()
    expect(page.get_by_role("status").first).to_contain_text("The plan is saved.")
    assert rules(deliberation) == ["sequential_pav", "threshold", "equal_shares"]


def test_the_words_follow_what_is_typed_and_the_focus_stays(open_page, deliberation):
    page = open_page()
    editor(page)
    page.get_by_label("Votes asked of each person").fill("17")
    page.keyboard.press("Tab")
    expect(page.locator("#plan-words")).to_contain_text("Each person is asked for 17 votes.")
    expect(page.get_by_label("Maximum length of a statement")).to_be_focused()
    page.get_by_label("Always the same number").check()
    page.get_by_label("Number of groups", exact=True).fill("3")
    page.keyboard.press("Tab")
    expect(page.locator("#plan-words")).to_contain_text("put into 3 opinion groups")


def test_without_javascript_the_same_is_possible(open_page, deliberation):
    page = open_page(javascript=False, width=360)
    editor(page)
    page.get_by_role("button", name="Move down Agreement of all groups").click()
    page.get_by_label("Add a rule").select_option("borda")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Remove Agreement of all groups").click()
    page.get_by_label("Votes asked of each person").fill("17")
    page.get_by_role("button", name="Say it again with my changes").click()
    expect(page.locator("#plan-words")).to_contain_text("Each person is asked for 17 votes.")
    page.get_by_label("Votes asked of each person").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("The plan is saved.")
    assert rules(deliberation) == ["sequential_pav", "borda"]
    assert the_round(deliberation).target_votes == 17


def test_an_amendment_is_read_once_more_and_then_public(open_page):
    made = make_open(owner=make_user())
    page = open_page()
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/amend/")
    page.get_by_label("Why do you change it?").fill("We had misread the law.")
    page.get_by_label("Votes asked of each person").fill("44")
    page.get_by_role("button", name="See what would change").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What would change")
    page.get_by_role("button", name="Publish this amendment").click()
    expect(page.get_by_role("heading", name="Amendment 1")).to_be_visible()
    expect(page.get_by_text("We had misread the law.")).to_be_visible()
    assert the_round(made).target_votes == 44


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_no_page_of_the_plan_has_barriers_or_scrolls_sideways(open_page, deliberation, width, dark):
    make_open(slug="opened", owner=User.objects.get())
    page = open_page(width=width, dark=dark)
    sign_in_by_link(page, User.objects.get())
    for address in (
        EDITOR,
        f"{EDITOR}file/",
        "/organise/opened/plan/",
        "/organise/opened/amend/",
        "/d/opened/plan/",
        "/d/opened/amendments/",
    ):
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
        if address == EDITOR:
            page.get_by_label("Weight people so").check()
        no_barriers(page)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, address
