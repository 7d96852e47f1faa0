"""Joining in a real browser: the device's work, questions about oneself, one's own link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Participant, ProfileAnswer
from deliberation.services.panels import issue_seats
from deliberation.services.profiles import add_question
from deliberation.services.rounds import open_round
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db(transaction=True)

AGREE = "I have read this and agree to take part."


def make_asking(**changes: object) -> Deliberation:
    deliberation = make_deliberation(**changes)
    for text, options in (
        ("How old are you?", ["Under 30", "30 to 59", "60 or older"]),
        ("Where do you live?", ["In a town", "In the country"]),
    ):
        add_question(deliberation=deliberation, text=text, options=options, actor=None)
    open_round(round=the_round(deliberation), actor=None)
    return deliberation


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_the_device_works_then_the_door_opens(open_page, width, dark):
    make_asking(proof_of_work=True)
    page = open_page(width=width, dark=dark)
    page.goto("/d/assistant/join/")
    expect(page.locator("#proof-status")).to_have_text("The check of your device is done.")
    no_barriers(page)
    page.get_by_label(AGREE).check()
    page.get_by_role("button", name="Start voting").click()
    expect(page).to_have_url(re.compile(r"/about-you/$"))
    no_barriers(page)
    page.get_by_label("30 to 59").check()
    page.get_by_role("button", name="Save and start voting").click()
    expect(page).to_have_url(re.compile(r"/vote/$"))
    assert ProfileAnswer.objects.get().option == "30 to 59"


def test_who_is_faster_than_the_work_waits_and_goes_on_by_itself(open_page):
    make_open(proof_of_work=True)
    page = open_page()
    # Hold the work back until the button was pressed.
    page.add_init_script(
        "const derive = crypto.subtle.deriveBits.bind(crypto.subtle);"
        "const pressed = new Promise((go) => addEventListener('submit', () => setTimeout(go, 99)));"
        "crypto.subtle.deriveBits = (...how) => pressed.then(() => derive(...how));"
    )
    page.goto("/d/assistant/join/")
    page.get_by_label(AGREE).check()
    # force: Playwright would wait until the button is no longer aria-disabled.
    page.get_by_role("button", name="Start voting").click(force=True)
    expect(page.locator("#proof-status")).to_contain_text("then it goes on by itself")
    expect(page).to_have_url(re.compile(r"/vote/$"))
    assert Participant.objects.count() == 1


def test_without_javascript_the_door_opens_after_a_moment(open_page):
    make_open(proof_of_work=True)
    page = open_page(javascript=False, width=360)
    page.goto("/d/assistant/join/")
    page.get_by_label(AGREE).check()
    page.get_by_role("button", name="Start voting").click()
    expect(page.get_by_role("alert")).to_contain_text("take a moment to read")
    page.wait_for_timeout(5_500)
    page.get_by_role("button", name="Start voting").click()
    expect(page).to_have_url(re.compile(r"/vote/$"))


def test_the_questions_can_be_skipped_with_the_keyboard(open_page):
    make_asking()
    page = open_page()
    page.goto("/d/assistant/join/")
    page.get_by_label(AGREE).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/about-you/$"))
    page.get_by_role("link", name="Skip all of this").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/vote/$"))
    assert not ProfileAnswer.objects.exists()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_new_seat_link_goes_on_where_the_old_device_stopped(open_page, javascript):
    deliberation = make_open(open_link=True)
    (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
    page = open_page(javascript=javascript, width=360)
    page.goto(f"/d/assistant/seat/{seat.token}/")
    page.get_by_label(AGREE).check()
    page.get_by_role("button", name="Start voting").click()
    expect(page).to_have_url(re.compile(r"/vote/$"))
    # The organiser's two pages: ask, then show the link once.
    desk = open_page(javascript=javascript)
    sign_in(desk, deliberation)
    desk.goto("/organise/assistant/seats/")
    no_barriers(desk) if javascript else None
    desk.get_by_role("link", name="New link for seat 1").click()
    follow(desk.get_by_role("button", name="Make the new link"))
    link = desk.locator("td code").inner_text()
    phone = open_page(javascript=javascript, width=360)
    phone.goto(link)
    no_barriers(phone) if javascript else None
    phone.get_by_role("button", name="Yes, go on here").click()
    expect(phone).to_have_url(re.compile(r"/vote/$"))
    assert Participant.objects.count() == 1


def sign_in(page: Page, deliberation: Deliberation) -> None:
    page.goto("/organise/")
    page.get_by_label("E-mail address").fill(deliberation.memberships.get().user.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/organise/"))


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (360, False)])
def test_the_organisers_questions_and_settings_have_no_barriers(open_page, width, dark):
    make_user()
    deliberation = make_deliberation(vendor_link=True, open_link=False)
    page = open_page(width=width, dark=dark)
    sign_in(page, deliberation)
    page.goto("/organise/assistant/questions/")
    page.get_by_label("Question").fill("How old are you?")
    page.get_by_label("Answers to choose from").fill("Under 30\n30 or older")
    page.get_by_role("button", name="Add the question").click()
    expect(page.get_by_role("heading", name="How old are you?")).to_be_visible()
    no_barriers(page)
    page.goto("/organise/assistant/settings/")
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    no_barriers(page)
