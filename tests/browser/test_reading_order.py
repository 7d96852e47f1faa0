"""With the keyboard alone, and in the order in which a screen reader tells it.

``EARS`` notes what a screen reader would say: the name of whatever takes the focus, and the text
of a live region each time it becomes another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Participant, Statement, Vote
from tests.browser.cards import settle, votes
from tests.browser.walker import Walker
from tests.factories import accepted, join, make_open, vote

pytestmark = pytest.mark.django_db(transaction=True)

LIST, OWN_VOTES = "/d/assistant/list/", "/d/assistant/votes/"
PROPOSAL = "It should help me to fill in forms of the city."
EARS = """
    window.heard = [];
    const LIVE = "[role=status], [role=alert], [aria-live]", last = new WeakMap();
    const words = (one) => one.textContent.trim().replace(/\\s+/g, " ");
    new MutationObserver((changes) => {
        const regions = new Set();
        for (const { target, addedNodes } of changes) {
            const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
            regions.add(element?.closest(LIVE));
            for (const one of addedNodes) {
                if (one.matches?.(LIVE)) regions.add(one);
                one.querySelectorAll?.(LIVE).forEach((inner) => regions.add(inner));
            }
        }
        for (const one of regions) {
            if (!one || last.get(one) === words(one)) continue;
            last.set(one, words(one));
            if (words(one)) window.heard.push(["says", words(one)]);
        }
    }).observe(document, { childList: true, characterData: true, subtree: true });
    document.addEventListener("focusin", (event) => heard.push(["reads", words(event.target)]));
"""
# What has the focus: its role is in its tag; whether it is seen, and whether one sees that.
FOCUS = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const xs = [box.left + 2, (box.left + box.right) / 2, box.right - 2];
    const ys = [box.top + 2, (box.top + box.bottom) / 2, box.bottom - 2];
    const label = one.closest("label") ?? one.labels?.[0];
    const hit = (x, y) => {
        const there = document.elementFromPoint(x, y);
        return there && (one.contains(there) || label?.contains(there));
    };
    return {
        what: one.outerHTML.slice(0, 160),
        operable: one.tabIndex >= 0,
        marked: one.matches(":focus-visible"),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        uncovered: xs.some((x) => ys.some((y) => hit(x, y))),
    };
}"""


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open(target_votes=3, show_origin=True)


@pytest.fixture
def me(deliberation: Deliberation) -> Participant:
    return join(deliberation)


# --- The keyboard


class Keyboard(Walker):
    """A walker who has no other way to press anything."""

    def focused(self) -> None:
        """Something has the focus; it is on the screen, and one sees that it has the focus."""
        focus = self.page.evaluate(FOCUS)
        assert focus is not None, "the focus is lost"
        assert focus["marked"], focus
        assert focus["uncovered"], focus
        assert focus["outline"] >= 2 or not focus["operable"], focus

    def reach(self, role: str, message: str) -> None:
        """Press Tab until this has the focus; see where one is all the way."""
        wanted = self.see(role, message)
        for _ in range(40):
            self.page.keyboard.press("Tab")
            self.focused()
            if wanted.evaluate("(one) => one === document.activeElement"):
                return
        raise AssertionError(f"Tab does not lead to {message}")

    def open(self, message: str, to: str) -> None:
        self.reach("link", message)
        self.page.keyboard.press("Enter")
        self.arrive(to)

    def card(self, key: str, *, counted: int) -> None:
        """Press a key of the card; the next statement has the focus when that is done."""
        self.page.keyboard.press(key)
        self.counted(counted)
        expect(self.page.locator("h1")).to_be_focused()
        self.focused()


@pytest.mark.parametrize(
    ("language", "width", "height"), [("en", 360, 740), ("ar", 1280, 800)], ids=["en", "ar"]
)
def test_from_the_start_page_to_the_end_with_the_keyboard_alone(
    open_page: Callable[..., Page],
    deliberation: Deliberation,
    language: str,
    width: int,
    height: int,
) -> None:
    page = open_page(language=language, width=width, height=height)
    walker = Keyboard(page, language, touch=False, javascript=True)
    page.goto("/")
    tab_to_title(walker, deliberation)
    walker.open("Take part", "/join/")
    walker.reach("checkbox", "I have read this and agree to take part.")
    page.keyboard.press("Space")
    walker.reach("button", "Start voting")
    page.keyboard.press("Enter")
    walker.arrive("/vote/")
    me = Participant.objects.get()
    first = walker.statement()
    walker.card("1", counted=1)
    second = walker.statement()
    walker.card("2", counted=2)
    walker.card("u", counted=1)
    assert walker.statement() == second
    walker.card("3", counted=2)
    third = walker.statement()
    walker.reach("checkbox", "This matters to me")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    walker.focused()
    walker.card("Space", counted=3)  # on the button before the box: pass
    assert votes(me) == [(first, 1), (second, 0), (third, 0)]
    assert Vote.objects.get(important=True).statement.text == third
    propose_and_finish(walker)


def tab_to_title(walker: Keyboard, deliberation: Deliberation) -> None:
    walker.reach("link", deliberation.title)
    walker.page.keyboard.press("Enter")
    walker.arrive(f"/d/{deliberation.slug}/")


def propose_and_finish(walker: Keyboard) -> None:
    page = walker.page
    walker.open("Write a statement", "/propose/")
    walker.reach("textbox", "Your statement")
    page.keyboard.type(PROPOSAL)
    walker.reach("button", "Send statement")
    page.keyboard.press("Enter")
    expect(page.locator("[data-own]")).to_have_text(PROPOSAL)
    assert Statement.objects.get(text=PROPOSAL).status == "pending"
    walker.open("Your part", "/you/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("3")


# --- The order of reading


def lines(page: Page, part: str = "main") -> list[str]:
    """What a screen reader meets, from top to bottom: roles with names, and texts."""
    tree = page.locator(part).aria_snapshot()
    return [re.sub(r"^- '?|'?:?$", "", line.strip()) for line in tree.splitlines()]


def in_order(found: list[str], *wanted: str) -> None:
    """Each begins a line of its own, later than the one before."""
    at = -1
    for words in wanted:
        later = [n for n, line in enumerate(found) if n > at and line.startswith(words)]
        assert later, f"{words} does not come in its place: {found}"
        at = later[0]


def test_the_card_is_read_from_the_question_to_the_ways_on(seated, me) -> None:
    page = seated()
    page.locator(".vote--agree").click()
    expect(page.locator(".last-vote")).to_be_visible()
    in_order(
        lines(page),
        "paragraph: 1 of 3 votes",
        'link "You may stop here, it counts"',
        'progressbar "1 of 3 votes"',
        'paragraph: "Saved: you agreed with',
        'button "Undo"',
        "paragraph: What should the assistant do?",
        "paragraph: From the organiser",
        f'heading "{page.locator("h1").inner_text()}" [level=1]',
        'group "Your vote"',
        'button "Agree"',
        'button "Disagree"',
        'button "Pass: unsure or no opinion"',
        'checkbox "This matters to me"',
        'link "Write a statement"',
        'link "Show them as a list"',
    )


def test_a_row_of_the_list_is_read_with_its_statement_first(seated, me) -> None:
    page = seated(LIST)
    row = page.locator("li.vote-row").first
    text = row.locator("p").first.inner_text()
    found = lines(page, "li.vote-row >> nth=0")
    in_order(
        found,
        f"paragraph: {text}",
        "paragraph: No.",
        f'group "{text}"',
        'button "Agree"',
        'button "Disagree"',
        'button "Pass"',
        'checkbox "This matters to me"',
    )


# --- What is told


def listening(page: Page) -> Page:
    page.add_init_script(EARS)
    page.reload()
    quiet(page)
    return page


def quiet(page: Page) -> None:
    settle(page)
    page.evaluate("() => { window.heard.length = 0; }")


def heard(page: Page, *wanted: tuple[str, str]) -> None:
    """This was told since it was quiet, in this order and no more; the focus is somewhere."""
    page.wait_for_function("(count) => window.heard.length >= count", arg=len(wanted))
    settle(page)
    assert [tuple(one) for one in page.evaluate("window.heard")] == list(wanted)
    assert page.evaluate("document.activeElement !== document.body")
    page.evaluate("() => { window.heard.length = 0; }")


def test_a_vote_tells_the_next_statement_and_one_sentence(seated, me) -> None:
    page = listening(seated())
    upcoming = page.locator("#card-next").evaluate("(one) => one.content.textContent")
    page.keyboard.press("1")
    heard(page, ("reads", upcoming), ("says", "Vote saved. 1 of 3."))
    first = me.votes.get().statement.text
    page.keyboard.press("u")
    back = "Your vote is taken back. Here is the statement again."
    heard(page, ("reads", first), ("says", back))


def test_from_the_goal_to_the_last_card_each_vote_is_told_once(seated, me, deliberation) -> None:
    for statement in accepted(deliberation)[:2]:
        vote(me, statement, 1)
    page = listening(seated())
    upcoming = page.locator("#card-next").evaluate("(one) => one.content.textContent")
    page.keyboard.press("1")
    told = "Vote saved. You have cast {} votes, as many as we asked for."
    heard(page, ("reads", upcoming), ("says", told.format(3)))
    page.keyboard.press("1")
    heard(page, ("reads", "You have voted on everything"), ("says", told.format(4)))


TROUBLE = (
    "Not saved: we could not reach the server Check your connection and try again. "
    "Trying again never counts twice. Try again"
)


def test_a_vote_that_fails_is_told_once_and_so_is_its_second_try(seated, me) -> None:
    page = listening(seated())
    upcoming = page.locator("#card-next").evaluate("(one) => one.content.textContent")
    page.route("**/vote/", lambda route: route.abort())
    page.keyboard.press("1")
    heard(page, ("reads", upcoming), ("reads", "Try again"), ("says", TROUBLE))
    page.unroute("**/vote/")
    page.keyboard.press("Enter")
    heard(page, ("reads", upcoming), ("says", "Vote saved. 1 of 3."))


def test_an_undo_that_fails_does_not_lose_the_focus(seated, me, deliberation) -> None:
    vote(me, accepted(deliberation)[0], 1)
    page = listening(seated())
    page.route("**/undo/", lambda route: route.abort())
    page.keyboard.press("u")
    heard(page, ("reads", "Try again"), ("says", TROUBLE))
    page.unroute("**/undo/")
    here = page.locator("h1").inner_text()
    page.keyboard.press("Enter")
    back = "Your vote is taken back. Here is the statement again."
    again = accepted(deliberation)[0].text
    heard(page, ("reads", here), ("reads", again), ("says", back))


def test_a_row_of_the_list_tells_what_was_voted_and_how_far_one_is(seated, me) -> None:
    page = listening(seated(LIST))
    row = page.locator("li.vote-row").nth(1)
    row.locator(".vote--agree").focus()
    quiet(page)
    page.keyboard.press("Enter")
    heard(page, ("reads", "You agreed"), ("says", "Vote saved. 1 of 3."))
    row.locator("summary").click()
    row.locator(".vote--disagree").focus()
    quiet(page)
    page.keyboard.press("Enter")
    # The same words as before, and yet they are told.
    heard(page, ("reads", "You disagreed"), ("says", "Vote saved. 1 of 3."))


def test_a_row_that_fails_tells_it_once_and_never_loses_the_focus(seated, me) -> None:
    page = listening(seated(LIST))
    agree = page.locator("li.vote-row").nth(1).locator(".vote--agree")
    agree.focus()
    quiet(page)
    page.route("**/list/**", lambda route: route.abort())
    page.keyboard.press("Enter")
    heard(page, ("reads", "Try again"), ("says", TROUBLE))
    page.unroute("**/list/**")
    page.keyboard.press("Enter")
    heard(page, ("reads", "Agree"), ("reads", "You agreed"), ("says", "Vote saved. 1 of 3."))


def test_each_change_on_the_page_of_own_votes_is_told(seated, me, deliberation) -> None:
    vote(me, accepted(deliberation)[0], 1)
    page = listening(seated(OWN_VOTES))
    for name in ("disagree", "pass"):
        page.locator(f".vote--{name}").focus()
        quiet(page)
        page.keyboard.press("Enter")
        button = page.locator(f".vote--{name}")
        expect(button).to_have_attribute("aria-pressed", "true")
        heard(page, ("reads", button.inner_text()), ("says", "Saved."))
        expect(button).to_be_focused()
    page.get_by_role("button", name="Take back").focus()
    quiet(page)
    page.keyboard.press("Enter")
    heard(page, ("reads", "Agree"), ("says", "Your vote is taken back."))
