"""Letters on paper in a real browser: what a window envelope shows, and one letter a sheet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from deliberation.models import Contact, Deliberation, LetterText, User
from deliberation.services.draws import invite_drawn
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.deliberation.drawing import make_draw, make_pool
from tests.deliberation.recruits import invited, person
from tests.factories import make_deliberation, make_open, make_user

pytestmark = pytest.mark.django_db(transaction=True)

MM = 96 / 25.4  # CSS pixels
MARGIN = 20  # mm, of a printed page
SIX = "Institute of Examples\nRoom 12\n5 Example Street\nRear building\nSpringfield 12345\nIreland"


def measured(window: Locator) -> list[float]:
    """Where it stands in its letter, in mm: from the left, from the top, its width, its height."""
    place = window.evaluate(
        """window => {
            const letter = window.closest(".letter").getBoundingClientRect();
            const box = window.getBoundingClientRect();
            return [box.left - letter.left, box.top - letter.top, box.width, box.height];
        }"""
    )
    return [round(length / MM, 1) for length in place]


def print_page(page: Page, button: str) -> None:
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/contacts/")
    follow(page.get_by_role("button", name=button))


def sheets(page: Page) -> int:
    return page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")


@pytest.fixture
def deliberation() -> Deliberation:
    made = make_open(owner=make_user())
    title = "What should an assistant say where people disagree about what is known, and why?"
    Deliberation.objects.filter(pk=made.pk).update(title=title)
    return made


def test_the_address_stands_where_the_window_of_an_envelope_is(open_page, deliberation):
    paper = {"email": "", "reference": "A-17"}
    invited(
        deliberation,
        person(1, **paper, postal_address="Musterweg 5\n12345 Musterstadt"),
        person(2, **paper, postal_address=SIX),
        person(3, **paper, postal_address="شارع المثال ٥\nالقاهرة", language="ar"),
    )
    page = open_page()
    print_page(page, "Print 3 letters")
    expect(page.locator(".letter")).to_have_count(3)
    page.emulate_media(media="print")
    found = [measured(window) for window in page.locator(".letter__window").all()]
    # DIN 5008 form B: 20 mm from the left edge, 45 mm from the top, 85 × 45 mm.
    assert found == [[20 - MARGIN, 45 - MARGIN, 85, 45]] * 3
    inside = page.locator(".letter__window").evaluate_all(
        "all => all.every(one => one.scrollHeight <= one.clientHeight)"
    )
    assert inside
    assert sheets(page) == 3


def test_a_long_letter_takes_more_sheets_and_the_next_begins_on_its_own(open_page, deliberation):
    invited(deliberation, person(1, email=""), person(2, email="", language="de"))
    words = "\n\n".join(
        f"{n}. Every paragraph of ours has a line or two to read." for n in range(45)
    )
    LetterText.objects.create(
        deliberation=deliberation, kind="seat", language="en", subject="Come", text=words
    )
    page = open_page()
    print_page(page, "Print 2 letters")
    assert sheets(page) == 4


@pytest.mark.parametrize("look", [{"width": 360, "dark": True}, {"width": 1280}])
def test_no_barriers_from_the_list_to_the_letters(open_page, deliberation, look):
    page = open_page(javascript=True, **look)
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/contacts/add/")
    page.get_by_label("Or paste the list here").fill(
        "name;Straße;PLZ;Ort\nAlice;Musterweg 5;12345;Musterstadt\nBob;;;\n"
    )
    follow(page.get_by_role("button", name="Look at the list"))
    no_barriers(page)
    follow(page.get_by_role("button", name="Take 2 people onto the list"))
    follow(page.get_by_role("button", name="Invite 2 people"))
    no_barriers(page)
    follow(page.get_by_role("link", name="Alice"))
    no_barriers(page)
    field = page.get_by_label("Postal address")
    field.fill("\n".join("abcdefg"))
    follow(page.get_by_role("button", name="Save"))
    expect(page.locator(".field--error")).to_contain_text("At most 6 fit an envelope")
    no_barriers(page)
    field.fill("Hof 1\n1234 Ort")
    follow(page.get_by_role("button", name="Save"))
    page.goto("/organise/assistant/contacts/")
    follow(page.get_by_role("button", name="Print 2 letters"))
    expect(page.locator(".letter").first).to_contain_text("Hof 1")
    no_barriers(page)


@pytest.mark.parametrize("look", [{"width": 360, "dark": True}, {"width": 1280}])
def test_no_barriers_where_the_pool_shows_an_envelope(open_page, look):
    make_pool(make_deliberation(make_user()), 3)
    page = open_page(**look)
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/pool/list/")
    page.get_by_label("Or paste the list here").fill(
        "name;Straße;PLZ;Ort;Age group;Place\n"
        "Alice;Musterweg 5;12345;Musterstadt;16–39;town\nBob;;;;16–39;town\n"
    )
    follow(page.get_by_role("button", name="Check the list"))
    expect(page.locator("address.envelope")).to_contain_text("Musterweg 5")
    no_barriers(page)


def test_people_who_were_drawn_are_written_to_on_paper_without_javascript(open_page):
    pool = make_pool(make_deliberation(make_user()))
    Contact.objects.update(email="", postal_address="Musterweg 5\n12345 Musterstadt")
    page = open_page(javascript=False)
    invite_drawn(draw=make_draw(pool), actor=None)
    sign_in_by_link(page, User.objects.get())
    page.goto("/organise/assistant/draws/1/")
    follow(page.get_by_role("button", name="Print 10 letters"))
    expect(page.locator(".letter", has_text="You were drawn by lot")).to_have_count(10)
    expect(page.locator(".letter svg")).to_have_count(10)
    follow(page.get_by_role("link", name="Back to the draw"))
    page.goto("/organise/assistant/draws/")
    page.get_by_text("Print letters to the 50 people who were not drawn").click()
    follow(page.get_by_role("button", name="Print 50 letters"))
    expect(page.locator(".letter", has_text="You were not drawn this time")).to_have_count(50)
    assert sheets(page) == 50
