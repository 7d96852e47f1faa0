"""People are asked to work on a deliberation, accept, and two of them agree, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Membership, User
from deliberation.services.approvals import agreed
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.factories import make_deliberation, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deliberation(settings) -> Deliberation:
    settings.MAIL_OFFERED = False  # so that the link is shown
    made = make_deliberation(owner=make_user())
    bob = make_user("bob@example.org")
    Membership.objects.create(deliberation=made, user=bob, role="organiser")
    return made


def sign_in(page: Page, email: str) -> Page:
    sign_in_by_link(page, User.objects.get(email=email))
    return page


@pytest.mark.parametrize("javascript", [True, False])
def test_someone_is_asked_accepts_and_has_the_role(open_page, deliberation, javascript):
    owner = sign_in(open_page(javascript=javascript), "alice@example.org")
    owner.goto("/organise/assistant/members/")
    owner.get_by_label("E-mail address").fill("carol@example.org")
    owner.get_by_role("radio", name="Recruiter").check()
    follow(owner.get_by_role("button", name="Make the invitation"))
    link = owner.get_by_label("Link of the invitation").input_value()
    if javascript:
        no_barriers(owner)
    guest = open_page(javascript=javascript, width=360)
    guest.goto(link)
    expect(guest.get_by_role("heading", level=1)).to_have_text("How an assistant should behave")
    if javascript:
        no_barriers(guest)
    follow(guest.get_by_role("button", name="Accept"))
    expect(guest.get_by_role("heading", level=1)).to_have_text("Choose a password")
    follow(guest.get_by_role("link", name="Not now"))
    expect(guest.get_by_text("Your role: Recruiter")).to_be_visible()
    follow(owner.get_by_role("link", name="I have handed it on"))
    row = owner.get_by_role("row").filter(has_text="carol@example.org")
    expect(row).to_contain_text("Recruiter")
    row.get_by_role("link", name=re.compile("^Change")).click()
    owner.get_by_role("radio", name="Auditor").check()
    owner.get_by_role("button", name="Save the role").click()
    expect(owner.get_by_role("row").filter(has_text="carol")).to_contain_text("Auditor")


def test_two_people_are_asked_for_and_one_refuses(open_page, deliberation):
    owner = sign_in(open_page(width=360), "alice@example.org")
    owner.goto("/organise/assistant/members/")
    follow(owner.get_by_role("button", name="Ask for two people"))
    bob = User.objects.get(email="bob@example.org")
    assert not agreed(deliberation=deliberation, action="publish", digest="a", actor=bob)
    owner.reload()
    expect(owner.get_by_role("heading", name="Publish the constitution")).to_be_visible()
    no_barriers(owner)
    owner.get_by_role("button", name=re.compile("^Refuse")).click()
    expect(owner.get_by_text("The request is closed. Nothing was done.")).to_be_visible()
    expect(owner.get_by_role("heading", name="Publish the constitution")).not_to_be_visible()


def test_what_is_missing_is_said_at_the_field(open_page, deliberation):
    owner = sign_in(open_page(), "alice@example.org")
    owner.goto("/organise/assistant/members/")
    owner.get_by_label("E-mail address").fill("carol at home")
    follow(owner.get_by_role("button", name="Make the invitation"))
    expect(owner.get_by_role("alert")).to_contain_text("Choose a role.")
    expect(owner.get_by_label("E-mail address")).to_have_value("carol at home")
    no_barriers(owner)
