"""The end, in a real browser: no barriers in any state, by keyboard, and without JavaScript."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from constitutions.drafting import draft_version, publish_version
from deliberation.models import Deliberation, Participant, Subscription, Vote
from deliberation.services.notices import send_notices
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from deliberation.services.subscriptions import confirming_token, ending_token
from tests.browser.barriers import no_barriers
from tests.browser.test_participant import sit_down
from tests.browser.visits import follow
from tests.constitutions.world import make_run
from tests.deliberation.test_your_part import say
from tests.factories import join, make_open, make_user, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [{"width": 360}, {"width": 1280, "dark": True}]


@pytest.fixture
def deliberation() -> Deliberation:
    deliberation = make_open(owner=make_user(), target_votes=3, completion_code="HEAR-42")
    for _ in range(3):
        vote_row(join(deliberation), [1, -1, 0, 1])
    return deliberation


def look(page: Page, *address: object) -> None:
    """Open the page (or stay); it has no barrier that axe can find, and fits the screen."""
    if address:
        page.goto("/".join(["", *map(str, address), ""]))
    no_barriers(page)


def press(page: Page, role: str, name: str) -> None:
    """Go there by the Tab key, and press Enter."""
    wanted = page.get_by_role(role, name=name, exact=True)
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            break
    expect(wanted).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def take_part(page: Page, deliberation: Deliberation) -> Participant:
    """Sit down, vote three times, write one statement of each kind."""
    alice = sit_down(page, deliberation)
    vote_row(alice, [1, 1, -1])
    say(alice, "The AI should be patient with slow readers.")
    say(alice, "Buy my book about kindness.", "reject", "off_topic")
    propose(participant=alice, round=the_round(deliberation), text="It should wait for me.")
    return alice


@pytest.mark.parametrize("screen", LOOKS, ids=["phone light", "desktop dark"])
def test_every_state_is_free_of_barriers_and_fits_the_screen(open_page, deliberation, screen):
    page, slug = open_page(**screen), deliberation.slug
    sit_down(page, deliberation)
    look(page, "d", slug, "you")
    page = open_page(**screen)
    alice = take_part(page, deliberation)
    look(page, "d", slug, "you")
    page.get_by_label("Your e-mail address").fill("alice(at)example.org")
    page.get_by_role("button", name="Write to me").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not an e-mail address.")
    look(page)
    page.get_by_label("Your e-mail address").fill("alice@example.org")
    page.get_by_role("button", name="Write to me").click()
    expect(page.get_by_text("Open the link in our letter to alice@example.org")).to_be_visible()
    look(page)
    subscription = Subscription.objects.get(seat=alice.seat_id)
    link = confirming_token(subscription.seat_id, subscription.email)
    look(page, "d", slug, "letters", "confirm", link)
    follow(page.get_by_role("button", name="Yes, write to me"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is confirmed")
    look(page)
    look(page, "d", slug, "you")
    expect(page.get_by_text("We will write to alice@example.org")).to_be_visible()
    token = ending_token(subscription.seat_id, subscription.email)
    look(page, "mail", "end", token)
    look(page, "d", slug, "you", "withdraw")
    close_round(round=the_round(deliberation), actor=None)
    look(page, "d", slug, "you")
    owner = deliberation.memberships.get().user
    run = make_run(deliberation, selected=[1, 5])
    draft = draft_version(deliberation=deliberation, run=run, actor=owner)
    publish_version(version=draft, actor=owner)
    look(page, "d", slug, "you")
    expect(page.get_by_role("link", name="It became principle 2")).to_be_visible()
    look(page, "d", slug, "you", "withdraw")
    page.get_by_role("button", name="Leave the panel now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left the panel")
    look(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_by_keyboard_from_the_page_to_leaving(open_page, deliberation, javascript):
    page = open_page(javascript=javascript, width=360)
    alice = take_part(page, deliberation)
    page.goto(f"/d/{deliberation.slug}/you/")
    press(page, "link", "Leave the panel")
    press(page, "button", "Leave the panel now")
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left the panel")
    assert not Vote.objects.filter(participant=alice).exists()
    page.goto(f"/d/{deliberation.slug}/you/")
    expect(page).to_have_url(f"{page.url.split('/d/')[0]}/d/{deliberation.slug}/join/")


@pytest.mark.parametrize("javascript", [True, False])
def test_an_address_is_typed_changed_and_confirmed_by_keyboard(
    open_page, deliberation, mailoutbox, javascript
):
    page = open_page(javascript=javascript, width=360)
    alice = take_part(page, deliberation)
    page.goto(f"/d/{deliberation.slug}/you/")
    page.get_by_label("Your e-mail address").focus()
    page.keyboard.type("alice@example.com")
    press(page, "button", "Write to me")
    press(page, "button", "Send the letter again")
    summary = page.get_by_text("Use another address")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your e-mail address").focus()
    page.keyboard.type("alice@example.org")
    press(page, "button", "Write to me")
    expect(page.get_by_text("Open the link in our letter to alice@example.org")).to_be_visible()
    send_notices()
    (letter,) = [one for one in mailoutbox if one.to == ["alice@example.org"]]
    link = next(word for word in letter.body.split() if "/letters/confirm/" in word)
    other_device = open_page(javascript=javascript, width=360)
    other_device.goto(urlsplit(link).path)
    press(other_device, "button", "Yes, write to me")
    heading = other_device.get_by_role("heading", level=1)
    expect(heading).to_have_text("Your address is confirmed")
    assert Subscription.objects.get(seat=alice.seat_id).confirmed_at
