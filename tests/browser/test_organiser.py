"""An organiser's way from the sign-in link to a moderated round, with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from deliberation.models import Deliberation, User
from deliberation.services.statements import propose
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.factories import CONSENT, SEEDS, join, make_open, make_user, the_round

pytestmark = pytest.mark.django_db(transaction=True)

PROPOSALS = [
    "It should speak my dialect.",
    "It should be quiet at night.",
    "My neighbour talks too much.",
]


@pytest.fixture
def panel() -> Deliberation:
    """Three proposals wait for their moderator."""
    deliberation = make_open()
    for text in PROPOSALS:
        propose(participant=join(deliberation), round=the_round(deliberation), text=text)
    return deliberation


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_sign_in_link_to_an_open_round(open_page, javascript):
    page = open_page(javascript=javascript)
    sign_in_by_link(page, User.objects.create_user("alice@example.org"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a password")
    page.get_by_role("link", name="Not now").click()
    page.get_by_role("link", name="New deliberation").click()
    page.get_by_label("Title").fill("How a tutor should teach")
    page.get_by_label("The question to the panel").fill("By which principles should it teach?")
    page.get_by_role("button", name="Create the deliberation").click()
    expect(page.get_by_role("status").first).to_contain_text("Nobody can join yet")
    strip = page.get_by_role("navigation", name="Pages for organisers")
    strip.get_by_role("link", name="Question").click()
    page.get_by_label("What people agree to when they join").fill(CONSENT)
    page.get_by_role("button", name="Save the texts").click()
    strip.get_by_role("link", name="Panel").click()
    page.get_by_label("Anyone who has the link").check()
    page.get_by_role("button", name="Save").first.click()
    strip.get_by_role("link", name="Seeds").click()
    page.get_by_label("New seed statements").fill("\n".join(SEEDS))
    page.get_by_role("button", name="Add these seeds").click()
    expect(page.get_by_role("heading", name="4 seeds")).to_be_visible()
    strip.get_by_role("link", name="Workspace").click()
    page.get_by_role("link", name="Open the round").first.click()
    page.get_by_role("button", name="Open the round now").click()
    expect(page.get_by_label("Anyone with this address can join")).to_have_value(
        re.compile(r"/d/how-a-tutor-should-teach/$")
    )
    assert the_round(Deliberation.objects.get()).phase == "propose"


def test_the_file_of_seat_links_comes_down_with_the_page(open_page):
    make_open(owner=make_user())
    page = open_page()
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/seats/")
    page.get_by_label("How many new seats?").fill("3")
    follow(page.get_by_role("button", name="Issue seats and show their links"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the links as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert download.value.suggested_filename == "assistant-seats.csv"
    assert lines[0] == "Seat,Link"
    assert len(lines) == 4


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_no_page_has_barriers_or_scrolls_sideways(open_page, panel, width, dark):
    page = open_page(width=width, dark=dark)
    page.goto("/sign-in/")
    no_barriers(page)
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    pages = ["new/", "", *(f"assistant/{name}/" for name in ("settings", "seeds", "seats"))]
    pages += ["assistant/", "assistant/leave/", "assistant/queue/", "assistant/queue/?tab=accepted"]
    pages += ["assistant/statements/5/moderate/", "assistant/end-proposals/", "assistant/audit/"]
    for address in pages:
        page.goto(f"/organise/{address}")
        no_barriers(page)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, address
