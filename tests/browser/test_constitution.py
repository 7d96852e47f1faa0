"""An organiser drafts, edits, publishes and compares; everyone reads and takes the files."""

from __future__ import annotations

import hashlib

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from constitutions.models import Principle, Version
from deliberation.models import Deliberation
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.constitutions.world import make_closed, make_run
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = "Choose the response that is most patient with slow readers."
BETTER = "Choose the response that a slow reader can follow."


@pytest.fixture
def deliberation() -> Deliberation:
    deliberation = make_closed(owner=make_user())
    make_run(deliberation)
    return deliberation


def sign_in(page: Page, deliberation: Deliberation) -> None:
    user = deliberation.memberships.get().user
    sign_in_by_link(page, user)
    page.goto(reverse("constitution_workspace", args=[deliberation.slug]))


def draft_and_reword(page: Page) -> None:
    follow(page.get_by_role("button", name="Draft the constitution"))
    entry = page.locator("#p005")
    expect(entry).to_contain_text(FIRST)
    expect(entry).to_contain_text("machine suggestion")
    entry.get_by_role("link", name="Change the wording").click()
    page.get_by_label("Wording").fill(BETTER)
    page.get_by_label("Why this change?").fill("Patience cannot be seen")
    page.get_by_role("button", name="Save the wording").click()
    expect(page.locator("#p005")).to_contain_text("worded by people")
    assert Principle.objects.get(key="p005").text == BETTER


def publish(page: Page) -> None:
    follow(page.get_by_role("link", name="Go on to publishing"))
    page.get_by_label("I have read every principle.").check()
    follow(page.get_by_role("button", name="Publish now"))
    expect(page.get_by_text("The constitution is published.")).to_be_visible()


def compare(page: Page) -> None:
    follow(page.get_by_role("link", name="Work on the comparison"))
    follow(page.get_by_role("button", name="Suggest places"))
    entry = page.locator("#p005")
    entry.get_by_role("combobox").select_option(label="Imagination")
    entry.get_by_role("button", name="Confirm").click()
    expect(page.locator("#p005")).to_contain_text("confirmed by a person")


def read(page: Page, deliberation: Deliberation) -> None:
    page.goto(reverse("constitution", args=[deliberation.slug]))
    entry = page.locator("#p005")
    expect(entry.get_by_text(BETTER).first).to_be_visible()
    entry.get_by_text("Where this comes from").click()
    expect(entry.get_by_text("The AI should be patient with slow readers.")).to_be_visible()
    expect(entry.get_by_text("Patience cannot be seen")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Complete record (JSON)").click()
    content = download.value.path().read_bytes()
    assert hashlib.sha256(content).hexdigest() == Version.objects.get().digest
    page.get_by_role("link", name="Compare with").click()
    expect(page.get_by_role("heading", name="Imagination")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_count_to_a_published_and_compared_constitution(
    open_page, deliberation, javascript
):
    page = open_page(javascript=javascript)
    sign_in(page, deliberation)
    draft_and_reword(page)
    publish(page)
    compare(page)
    read(open_page(javascript=javascript), deliberation)


def test_editing_in_place_keeps_the_page_and_says_what_happened(open_page, deliberation):
    page = open_page()
    sign_in(page, deliberation)
    draft_and_reword(page)
    expect(page).to_have_url(page.url.split("#")[0].removesuffix("/edit/") + "/edit/")
    expect(page.locator("#live")).to_have_text("The wording is saved.")
    expect(page.locator("#p005 [data-focus]")).to_be_focused()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_accessible_and_fit_the_screen(open_page, deliberation, width, dark):
    page = open_page(width=width, dark=dark)
    sign_in(page, deliberation)
    no_barriers(page)
    follow(page.get_by_role("button", name="Draft the constitution"))
    no_barriers(page)
    follow(page.get_by_role("link", name="Take out").first)
    no_barriers(page)
    page.go_back()
    publish(page)
    compare(page)
    no_barriers(page)
    for name, rest in (("constitution", []), ("comparison", [1, "hhh"])):
        page.goto(reverse(name, args=[deliberation.slug, *rest]))
        for fold in page.locator("details").all():
            fold.evaluate("fold => fold.open = true")
        no_barriers(page)
