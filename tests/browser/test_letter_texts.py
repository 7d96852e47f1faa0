"""Writing a letter in one's own words: the whole letter follows, with and without JavaScript."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import translation
from playwright.sync_api import Page, expect

from deliberation.models import LetterText, User
from deliberation.services.letter_texts import save_letter_text
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.deliberation.recruits import listed, person
from tests.factories import make_open, make_user

pytestmark = pytest.mark.django_db(transaction=True)

ALL = "/organise/assistant/letters/"


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.MAIL_OFFERED = True
    settings.MAIL_LINKS = "https://moot.example.org"


@pytest.fixture
def begin(open_page):
    """A page of the owner, before the four letters."""
    deliberation = make_open(owner=make_user())
    listed(deliberation, person(1), person(2, language="de"))

    def new(**look: object) -> Page:
        page = open_page(**look)
        sign_in_by_link(page, User.objects.get())
        page.goto("/organise/assistant/panel/")
        page.get_by_text("What the letter says").click()
        follow(page.get_by_role("link", name="Write your own words"))
        return page

    return new


def test_the_letter_follows_what_is_typed_and_the_focus_stays(begin):
    page = begin()
    follow(page.get_by_role("link", name="Write your own words – Seat link, English"))
    words = page.get_by_label("Your words")
    words.fill("We meet on a phone, to talk of this: {question}")
    letter = page.locator("#letter-words")
    expect(letter).to_contain_text("We meet on a phone, to talk of this: What should the assistant")
    expect(letter).to_contain_text("You vote under a number")
    expect(words).to_be_focused()
    words.fill("Dear {who}")
    expect(letter).to_contain_text("“{who}” is not known.")
    expect(words).to_have_value("Dear {who}")
    assert not LetterText.objects.exists()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_letter_is_written_looked_at_saved_and_given_up_by_keyboard(begin, javascript):
    page = begin(javascript=javascript, width=360)
    follow(page.get_by_role("link", name="Write your own words – Reminder, English"))
    page.get_by_label("Your words").fill("Are you coming to {title}?")
    look = page.get_by_role("button", name="Look at the letter")
    look.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#letter-words")).to_contain_text("Are you coming to How an assistant")
    page.get_by_label("Subject").fill("Coming?")
    with page.expect_navigation():
        page.get_by_label("Subject").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert LetterText.objects.get().text == "Are you coming to {title}?"
    follow(page.get_by_role("link", name="Change your words – Reminder, English"))
    page.get_by_text("Back to the standard words").click()
    follow(page.get_by_role("button", name="Delete them"))
    expect(page.get_by_role("status").first).to_contain_text("the standard words again")
    assert not LetterText.objects.exists()


def test_it_is_sent_to_oneself_and_what_was_typed_stays(begin, monkeypatch):
    monkeypatch.setattr("deliberation.services.letter_texts.hint", lambda *_args: False)
    page = begin(javascript=False)
    follow(page.get_by_role("link", name="Write your own words – Drawn by lot, Deutsch"))
    page.get_by_label("Your words").fill("Das Los fiel auf Sie.")
    follow(page.get_by_role("button", name="Send it to me"))
    expect(page.get_by_role("status").first).to_contain_text("on its way to alice@example.org")
    expect(page.get_by_label("Your words")).to_have_value("Das Los fiel auf Sie.")
    (letter,) = mail.outbox
    assert "Das Los fiel auf Sie." in letter.body
    with translation.override("de"):
        assert translation.gettext("Please say whether you take part:") in letter.body
    assert not LetterText.objects.exists()


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_no_page_has_barriers_or_scrolls_sideways(begin, width, dark):
    page = begin(width=width, dark=dark)
    deliberation = User.objects.get().memberships.get().deliberation
    own = {"subject": "تعالوا", "text": "أهلًا بكم في {title}"}
    save_letter_text(deliberation=deliberation, kind="seat", language="ar", actor=None, **own)
    for address in ("", "seat/en/", "seat/ar/", "not_drawn/de/"):
        page.goto(f"{ALL}{address}")
        for closed in page.locator("main summary").all():
            closed.click()
        no_barriers(page)
    page.goto(f"{ALL}seat/en/")
    page.get_by_label("Your words").fill("{name}")
    follow(page.get_by_role("button", name="Save").last)
    no_barriers(page)
    assert LetterText.objects.count() == 1
