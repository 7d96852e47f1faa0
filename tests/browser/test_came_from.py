"""What a card was made from: said below the statement, and nothing moves for it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Participant, Statement, User
from deliberation.services.lineage import merge, rewrite
from deliberation.services.statements import propose
from tests.browser.barriers import no_barriers
from tests.browser.cards import button, heading, settle
from tests.browser.visits import follow, sign_in_by_link
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db(transaction=True)
MADE = {
    "It says when it does not know.": ("Reworded from statement 1", "?n=1#lines"),
    "It is polite and plain.": ("Merged from statements 3, 4", "?n=6#lines"),
}


@pytest.fixture
def deliberation() -> Deliberation:
    """Two of the three statements in the vote were made from others."""
    deliberation = make_open(show_origin=True)
    one, _two, three, four = Statement.objects.order_by("number")
    reworded, merged = MADE
    by = {"confirmed": True, "actor": None, "role": "owner"}
    rewrite(statement=one, texts=[reworded], **by)
    merge(statements=[three, four], text=merged, **by)
    return deliberation


@pytest.fixture
def me(deliberation: Deliberation) -> Participant:
    return join(deliberation)


def says_what_it_was_made_from(page: Page) -> None:
    """The line below the statement, or none, as the statement asks for."""
    line = page.locator("#card-kin")
    words, log = MADE.get(heading(page), ("", ""))
    expect(line).to_be_visible(visible=bool(words))
    expect(line).to_have_text(words)
    if words:
        expect(line.locator("a")).to_have_attribute("href", f"/d/assistant/log/{log}")


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_each_card_says_so_and_the_votes_stay_where_they_are(
    seated, javascript: bool, width: int, height: int
):
    page = seated(javascript=javascript, width=width, height=height)
    places = []
    for turn in range(3):
        says_what_it_was_made_from(page)
        places.append(button(page, "Agree").bounding_box()["y"])
        if turn == 2:
            break
        before = heading(page)
        if javascript:
            button(page, "Agree").click()
            expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
            settle(page)
        else:
            follow(button(page, "Agree"))
    assert max(places) - min(places) < 1


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_cards_and_lists_have_no_barriers(seated, width: int, dark: bool):
    page = seated(width=width, dark=dark)
    no_barriers(page)
    for path in ("/d/assistant/list/", "/d/assistant/statements/", "/d/assistant/log/"):
        page.goto(path)
        page.get_by_text("Merged from statements 3, 4").first.wait_for()
        no_barriers(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_split_is_taken_back_from_the_bar_of_the_queue(open_page, javascript: bool):
    deliberation = make_open()
    author = join(deliberation)
    text = "It should be brief and it must never lie to children."
    propose(participant=author, round=the_round(deliberation), text=text)
    page = open_page(javascript=javascript)
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    page.goto("/organise/assistant/statements/5/rewrite/")
    page.get_by_label("New statement 1").fill("It should be brief.")
    page.get_by_label("New statement 2").fill("It must never lie to children.")
    follow(page.get_by_role("button", name="Put these in its place"))
    bar = page.locator("#queue-last")
    expect(bar).to_contain_text("Put in other words:")
    follow(bar.get_by_role("button", name="Undo"))
    page.locator("#card-5-text").wait_for()
    states = Statement.objects.filter(number__gte=5).order_by("number")
    assert list(states.values_list("status", flat=True)) == ["pending", "rejected", "rejected"]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_the_way_back_on_a_statements_page_has_no_barriers(
    open_page, deliberation, width: int, dark: bool
):
    page = open_page(width=width, dark=dark)
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    page.goto("/organise/assistant/statements/6/moderate/")
    no_barriers(page)
    follow(page.get_by_role("button", name="Take the other words back"))
    page.get_by_text("Taken back. Statements 3, 4 are as they were before.").wait_for()
    no_barriers(page)
