"""From the home page to leaving the panel, as different people walk it.

Four settings with two values each: a phone (touch) or a desktop, light or dark, left to right or
right to left, JavaScript on or off. Of the 16 ways to combine them the eight below are walked:
every two settings meet in all four ways, and so do every three in all eight
(``test_any_three_settings_meet`` counts). Buttons and links are found by the words of the
catalogue in the walker's language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from deliberation.models import (
    Deliberation,
    ModerationDecision,
    Participant,
    Statement,
    Subscription,
    Vote,
    VoteEvent,
)
from tests.deliberation.test_votes import replayed_votes, stored_votes
from tests.factories import join, make_open, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

# phone, dark, right to left, JavaScript: of each eight that differ in one setting, four.
WALKS = [
    (phone, dark, arabic, not (phone ^ dark ^ arabic))
    for phone in (True, False)
    for dark in (False, True)
    for arabic in (False, True)
]
HASTY = "Should it write to bob@example.org?"
PROPOSAL = "It should help me to fill in forms of the city."
EMAIL = "carol@example.org"


def name_of(walk: tuple[bool, ...]) -> str:
    phone, dark, arabic, javascript = walk
    return " ".join(
        [
            "phone" if phone else "desktop",
            "dark" if dark else "light",
            "ar" if arabic else "en",
            "js" if javascript else "nojs",
        ]
    )


@dataclass(frozen=True)
class Walker:
    """Someone with a browser; reads what is on the screen in their language."""

    page: Page
    language: str
    touch: bool
    javascript: bool

    def words(self, message: str) -> str:
        with override(self.language):
            return gettext(message)

    def see(self, role: str, message: str, within: Locator | None = None) -> Locator:
        """The link, button, … that is called so."""
        return (within or self.page).get_by_role(role, name=self.words(message), exact=True).first

    def press(self, what: Locator) -> None:
        what.tap() if self.touch else what.click()

    def follow(self, message: str, to: str) -> None:
        """Press the link of that name, and be on the page whose address ends with ``to``."""
        self.press(self.see("link", message))
        self.arrive(to)

    def send(self, message: str, to: str) -> None:
        self.press(self.see("button", message))
        self.arrive(to)

    def arrive(self, address: str) -> None:
        """Be on this page. It fits the screen and stands in the walker's language."""
        expect(self.page).to_have_url(re.compile(rf"{re.escape(address)}(\?.*)?(#.*)?$"))
        self.page.wait_for_load_state()
        root = self.page.locator("html")
        expect(root).to_have_attribute("lang", self.language)
        expect(root).to_have_attribute("dir", "rtl" if self.language == "ar" else "ltr")
        self.fits()

    def fits(self) -> None:
        size = self.page.viewport_size  # a phone's innerWidth grows with what is too wide
        assert size is not None
        assert self.page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    def statement(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def settle(self) -> None:
        """A second press sooner would be taken for a double click."""
        if self.javascript:
            self.page.wait_for_timeout(370)

    def counted(self, votes: int) -> None:
        """The card says that so many votes are stored."""
        expect(self.page.locator("#card-progress progress")).to_have_attribute("value", str(votes))
        self.fits()
        self.settle()


@pytest.fixture
def deliberation() -> Deliberation:
    """Three votes are asked for, of four; somebody has been there before."""
    deliberation = make_open(target_votes=3, completion_code="HEAR-42")
    vote_row(join(deliberation), [1, -1, 0, 1])
    return deliberation


@pytest.fixture(params=WALKS, ids=name_of)
def walker(open_page: Callable[..., Page], request: pytest.FixtureRequest) -> Walker:
    phone, dark, arabic, javascript = request.param
    language = "ar" if arabic else "en"
    width, height = (360, 740) if phone else (1280, 800)
    page = open_page(
        width=width,
        height=height,
        dark=dark,
        touch=phone,
        language=language,
        javascript=javascript,
    )
    return Walker(page, language, phone, javascript)


def test_any_three_settings_meet() -> None:
    assert len(WALKS) == 8
    for three in combinations(range(4), 3):
        assert len({tuple(walk[n] for n in three) for walk in WALKS}) == 8


def test_join_vote_undo_propose_change_finish_and_leave(
    walker: Walker, deliberation: Deliberation
) -> None:
    me = sit_down(walker, deliberation)
    first, second, third = vote_and_undo(walker)
    assert standing(me) == {first: 1, second: 0, third: 1}
    propose(walker, me)
    change_first_vote(walker, first)
    assert standing(me) == {first: -1, second: 0, third: 1}
    finish(walker, me, {first: -1, second: 0, third: 1})
    leave(walker, me)
    assert [*me.vote_events.order_by("id").values_list("value", "previous")][:6] == [
        (1, None),
        (-1, None),
        (None, -1),
        (0, None),
        (1, None),
        (-1, 1),
    ]
    # Only the other member's votes stand, and the events tell the same.
    assert replayed_votes() == stored_votes()
    assert Vote.objects.exclude(participant=me).count() == Vote.objects.count() == 4


def standing(me: Participant) -> dict[str, int]:
    """Statement → vote, as it stands."""
    return dict(Vote.objects.filter(participant=me).values_list("statement__text", "value"))


def sit_down(walker: Walker, deliberation: Deliberation) -> Participant:
    page, slug = walker.page, deliberation.slug
    page.goto("/")
    walker.arrive("/")
    walker.press(page.get_by_role("link", name=deliberation.title).first)
    walker.arrive(f"/d/{slug}/")
    walker.follow("Take part", f"/d/{slug}/join/")
    walker.press(walker.see("checkbox", "I have read this and agree to take part."))
    walker.send("Start voting", f"/d/{slug}/vote/")
    return Participant.objects.latest("number")


def vote_and_undo(walker: Walker) -> tuple[str, str, str]:
    """Agree, disagree, undo, pass instead, agree: the three statements in their order."""
    page = walker.page
    first = walker.statement()
    walker.press(walker.see("button", "Agree"))
    walker.counted(1)
    second = walker.statement()
    walker.press(walker.see("checkbox", "This matters to me"))
    walker.press(walker.see("button", "Disagree"))
    walker.counted(2)
    assert Vote.objects.get(important=True).statement.text == second
    walker.press(walker.see("button", "Undo"))
    walker.counted(1)
    assert walker.statement() == second
    walker.press(walker.see("button", "Pass: unsure or no opinion"))
    walker.counted(2)
    third = walker.statement()
    walker.press(walker.see("button", "Agree"))
    walker.counted(3)
    expect(page.get_by_text(walker.words("You have done what we asked for."))).to_be_visible()
    assert len({first, second, third, walker.statement()}) == 4
    return first, second, third


def propose(walker: Walker, me: Participant) -> None:
    """A first try that is asked about and changed, then one that goes through."""
    page = walker.page
    walker.follow("Write a statement", "/propose/")
    field = walker.see("textbox", "Your statement")
    field.fill(HASTY)
    walker.send("Send statement", "/propose/")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(walker.words("Please check once more"))
    expect(page.locator("mark")).to_have_text("bob@example.org")
    walker.fits()
    walker.send("Change it", "/propose/")
    expect(field).to_have_value(HASTY)
    field.fill(PROPOSAL)
    walker.send("Send statement", "/propose/")
    expect(page.locator("[data-own]")).to_have_text(PROPOSAL)
    assert [*me.statements.values_list("text", "status")] == [(PROPOSAL, "pending")]


def change_first_vote(walker: Walker, text: str) -> None:
    walker.follow("Your votes", "/votes/")
    rows = walker.page.locator("li.vote-row")
    expect(rows).to_have_count(3)
    row = rows.filter(has_text=text)
    expect(walker.see("button", "Agree", row)).to_have_attribute("aria-pressed", "true")
    walker.press(walker.see("button", "Disagree", row))
    expect(walker.see("button", "Disagree", row)).to_have_attribute("aria-pressed", "true")
    walker.fits()


def finish(walker: Walker, me: Participant, votes: dict[str, int]) -> None:
    """The page at the end: the code, letters, and one's own data as a file."""
    page = walker.page
    walker.follow("Your part", "/you/")
    expect(page.locator("main code").first).to_have_text("HEAR-42")
    walker.see("textbox", "Your e-mail address").fill(EMAIL)
    walker.send("Write to me", "/you/")
    expect(page.get_by_text(EMAIL)).to_be_visible()
    subscription = Subscription.objects.get(seat=me.seat_id)
    assert (subscription.email, subscription.language) == (EMAIL, walker.language)
    with page.expect_download() as download:
        walker.press(walker.see("link", "Download all that is stored about you"))
    data = json.loads(Path(download.value.path()).read_text())
    texts = {one["number"]: one["text"] for one in Statement.objects.values("number", "text")}
    assert {texts[one["statement"]]: one["value"] for one in data["votes"]} == votes
    assert len(data["vote_events"]) == VoteEvent.objects.filter(participant=me).count() == 6
    assert data["email_subscription"]["email"] == EMAIL


def leave(walker: Walker, me: Participant) -> None:
    """Votes are taken back, what was known is deleted, and the device has forgotten the seat."""
    walker.follow("Leave the panel", "/you/withdraw/")
    walker.send("Leave the panel now", "/you/withdraw/")
    heading = walker.page.get_by_role("heading", level=1)
    expect(heading).to_have_text(walker.words("You have left the panel"))
    assert "seat" not in [one["name"] for one in walker.page.context.cookies()]
    me.refresh_from_db()
    assert me.withdrawn_at is not None
    assert standing(me) == {}
    assert not Subscription.objects.exists()
    statement = Statement.objects.get(text=PROPOSAL)
    assert (statement.status, statement.author) == ("rejected", None)
    assert ModerationDecision.objects.get(statement=statement).reason == "taken_back"
