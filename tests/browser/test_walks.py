"""From the home page to leaving the panel, as different people walk it.

Four settings with two values each: a phone (touch) or a desktop, light or dark, left to right or
right to left, JavaScript on or off. Of the 16 ways to combine them the eight below are walked:
every two settings meet in all four ways, and so do every three in all eight
(``test_any_three_settings_meet`` counts). Buttons and links are found by the words of the
catalogue in the walker's language.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import (
    Deliberation,
    ModerationDecision,
    Participant,
    Statement,
    Subscription,
    Vote,
    VoteEvent,
)
from tests.browser.walker import Walker
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
    expect(page.get_by_text(EMAIL).first).to_be_visible()
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
