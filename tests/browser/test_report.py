"""The report in a real browser: it comes by itself, has no barriers, and fits the screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from aggregation import runs
from aggregation.engine import Plan
from aggregation.naming import name_group
from deliberation.models import Round
from deliberation.services.rounds import close_round
from tests.browser.barriers import no_barriers
from tests.browser.visits import sign_in_by_link
from tests.factories import join, make_open, make_user, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def closed() -> Round:
    """Thirty people in two camps, counted by nobody yet."""
    deliberation = make_open("vote")
    for n in range(30):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0 if n < 3 else None])
    return close_round(round=the_round(deliberation), actor=None)


# Two groups, two rules, people drawn anew: so that every part of the report has something to show.
DEEP = {
    "grouping": {"method": "kmeans", "min_votes": 1, "k": 2},
    "rules": [
        {"id": "threshold", "measure": "gac_polis", "above": 0.5, "min_group_votes": 5},
        {"id": "approval", "seats": 2},
    ],
    "stability": {"resamples": 12},
    "sensitivity": {},
}
PAGES = (
    "", "statements/", "statements/?show=not_enough_evidence", "statements/?q=nothing+like+it",
    "statements/{number}/", "groups/a/", "rules/", "rules/?show=all", "change/", "method/",
    "data/",
)  # fmt: skip


def count(round: Round) -> int:
    run = runs.create_run(round=round, plan=Plan.from_dict(round.plan | DEEP))
    assert runs.execute(run.pk, "w")
    name_group(run=run, label=0, name="Careful ones", text="They like to be asked.", actor=None)
    return run.pk


def paths(round: Round) -> list[str]:
    number = round.statements.earliest("number").number
    return [path.format(number=number) for path in PAGES]


def test_a_waiting_page_turns_into_the_report_by_itself(open_page, closed):
    run = runs.create_run(round=closed)
    page = open_page()
    page.goto("/d/assistant/report/")
    expect(page.get_by_role("heading", level=1)).to_have_text("The report is being made")
    runs.execute(run.pk, "w")
    expect(page.get_by_role("heading", name="Who took part")).to_be_visible()


def test_without_javascript_a_link_asks_again(open_page, closed):
    run = runs.create_run(round=closed)
    page = open_page(javascript=False)
    page.goto("/d/assistant/report/")
    runs.execute(run.pk, "w")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Who took part")).to_be_visible()


def test_waiting_does_not_take_the_focus_away(open_page, closed):
    runs.create_run(round=closed)
    page = open_page()
    page.goto("/d/assistant/report/")
    link = page.get_by_role("link", name="Help", exact=True)
    link.focus()
    with page.expect_response(lambda answer: answer.url.endswith("/report/")):
        pass
    expect(link).to_be_focused()


@pytest.mark.parametrize(
    ("width", "dark", "language"),
    [(360, False, "en"), (360, True, "ar"), (1280, False, "ar"), (1280, True, "en")],
)
def test_no_page_has_barriers_or_scrolls_sideways(open_page, closed, width, dark, language):
    run = count(closed)
    page = open_page(width=width, dark=dark, language=language)
    for path in paths(closed):
        page.goto(f"/d/assistant/report/{run}/{path}")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        no_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_searching_swaps_the_list_keeps_the_focus_and_says_how_many(open_page, closed):
    run = count(closed)
    page = open_page()
    page.goto(f"/d/assistant/report/{run}/statements/")
    search = page.get_by_label("Search")
    search.press_sequentially("plain words")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#live")).to_have_text("1 statement")
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?q=plain(\+|%20)words"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_searching_needs_no_script(open_page, closed):
    run = count(closed)
    page = open_page(javascript=False)
    page.goto(f"/d/assistant/report/{run}/statements/")
    page.get_by_label("Search").fill("plain words")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr a").first.click()
    expect(page.get_by_role("heading", name="In or out, and why")).to_be_visible()


@pytest.mark.parametrize("name", ["map", "unites", "divides", "steady"])
def test_a_picture_can_be_opened_by_itself(open_page, closed, name):
    run = count(closed)
    page = open_page()
    page.goto(f"/d/assistant/report/{run}/pictures/{name}.svg")
    assert page.evaluate("document.documentElement.getBoundingClientRect().height") > 200
    assert page.evaluate("document.querySelectorAll('text').length") > 3


@pytest.mark.parametrize("width", [360, 1280])
def test_the_organiser_closes_the_round_and_sees_the_result(open_page, width):
    owner = make_user()
    deliberation = make_open("vote", owner=owner)
    for n in range(12):
        vote_row(join(deliberation), [1, 1 if n % 2 else -1])
    page = open_page(width=width)
    sign_in_by_link(page, owner)
    page.goto("/organise/assistant/close/")
    no_barriers(page)
    page.get_by_role("button", name="Close the round now").click()
    expect(page.get_by_text("The votes are being counted")).to_be_visible()
    runs.execute(the_round(deliberation).runs.get().pk, "w")
    page.get_by_role("link", name="Read the report").click()
    expect(page.get_by_role("heading", name="What was selected")).to_be_visible()
    page.goto("/organise/assistant/runs/")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
