"""The report in a real browser: it comes by itself, has no barriers, and fits the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from aggregation import runs
from aggregation.engine import Plan
from deliberation.models import Round
from deliberation.services.rounds import close_round
from deliberation.services.sign_in import create_sign_in_link
from tests.browser.barriers import no_barriers
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


def count(round: Round) -> int:
    """A run with two groups, so that every part of the report has something to show."""
    plan = Plan.from_dict(round.plan | {"grouping": {"method": "kmeans", "min_votes": 1, "k": 2}})
    run = runs.create_run(round=round, plan=plan)
    assert runs.execute(run.pk, "w")
    return run.pk


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
    ("width", "dark"), [(360, False), (360, True), (1280, False), (1280, True)]
)
def test_no_page_has_barriers_or_scrolls_sideways(open_page, closed, width, dark):
    run = count(closed)
    page = open_page(width=width, dark=dark)
    for path in ("", "statements/", "statements/?show=not_enough_evidence"):
        page.goto(f"/d/assistant/report/{run}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        no_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1280])
def test_the_organiser_closes_the_round_and_sees_the_result(open_page, width):
    owner = make_user()
    deliberation = make_open("vote", owner=owner)
    for n in range(12):
        vote_row(join(deliberation), [1, 1 if n % 2 else -1])
    page = open_page(width=width)
    page.goto(f"/sign-in/{create_sign_in_link(user=owner)}/")
    page.get_by_role("button", name="Sign in as alice@example.org").click()
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
