"""Recruiting in a real browser: a list is taken, people are invited, slips are printed."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from deliberation.models import Contact, Outgoing, Seat, User
from deliberation.models.recruiting import MailState
from deliberation.services.panels import issue_seats
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.deliberation.recruits import invited, listed, person, sit_down
from tests.factories import make_deliberation, make_open, make_user

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "e-mail,name\nalice@example.org,Alice\n,Bob\n"
BAD = "e-mail,name\nalice@example.org,Alice\nnobody,Bob\neve@example.org,=1+1\n"


def send_list(page: Page, text: str) -> None:
    page.get_by_label("Or paste the list here").fill(text)
    page.get_by_role("button", name="Look at the list").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_list_is_mended_taken_and_invited(open_page, javascript):
    make_deliberation(owner=make_user())
    page = open_page(javascript=javascript)
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/panel/")
    follow(page.get_by_role("link", name="Begin a list"))
    follow(page.get_by_role("link", name="Add a list"))
    send_list(page, BAD)
    expect(page.locator("main")).to_contain_text("Nothing is taken: some lines need you first")
    expect(page.get_by_role("row", name=re.compile("^Line 3 Broken"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Line 4 Broken"))).to_be_visible()
    follow(page.get_by_role("link", name="Send the list again"))
    send_list(page, GOOD)
    page.get_by_role("button", name="Take 2 people onto the list").click()
    expect(page.get_by_role("status").first).to_contain_text("2 people are on the list now")
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.get_by_role("row", name=re.compile("^Alice"))).to_contain_text("Letter waits")
    expect(page.get_by_role("row", name=re.compile("^Bob"))).to_contain_text("without e-mail")
    follow(page.get_by_role("button", name="Print 1 letter"))
    expect(page.locator("article.letter")).to_have_count(1)
    expect(page.locator("article.letter address")).to_contain_text("Bob")
    assert Contact.objects.exclude(seat=None).count() == 2
    assert Outgoing.objects.get().contact.email == "alice@example.org"


def test_slips_come_eight_on_a_sheet(open_page):
    make_open(owner=make_user())
    page = open_page()
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/seats/")
    page.get_by_label("How many new seats?").fill("17")
    follow(page.get_by_role("button", name="Issue seats and show their links"))
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Print them with QR codes").click()
    sheet = opened.value
    expect(sheet.locator(".slip")).to_have_count(17)
    no_barriers(sheet)
    # Three sheets of A4, and a square on every slip.
    assert sheet.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 3
    assert sheet.locator(".slip svg").count() == 17


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_no_page_has_barriers_or_scrolls_sideways(open_page, width, dark):
    deliberation = make_open(vendor_link=True, size_wanted=40)
    people = invited(deliberation, *(person(n) for n in range(60)), person("x", email=""))
    sit_down(people[-3])
    Outgoing.objects.update(state=MailState.SENT, sent_at=timezone.now())
    lost = Outgoing.objects.filter(contact=people[-2])
    lost.update(state=MailState.BOUNCED, problem="550 5.1.1 there is no such mailbox here")
    listed(deliberation, person("new"))
    issue_seats(deliberation=deliberation, count=3, actor=None)
    page = open_page(width=width, dark=dark)
    sign_in_by_link(page, User.objects.get())
    pages = ["panel/", "contacts/", "contacts/?q=p5", "contacts/add/", "contacts/delete/"]
    pages += [f"contacts/{people[-2].pk}/", f"contacts/{people[-3].pk}/write/"]
    pages += [f"contacts/{people[-2].pk}/remove/", "seats/"]
    for address in pages:
        page.goto(f"/organise/assistant/{address}")
        no_barriers(page)
    for text in (BAD, GOOD):
        page.goto("/organise/assistant/contacts/add/")
        send_list(page, text)
        no_barriers(page)
    page.goto("/organise/assistant/contacts/")
    follow(page.get_by_role("button", name="Print 1 letter"))
    no_barriers(page)
    assert Seat.objects.filter(contact__isnull=False).count() == 61
