"""The watch page in a browser: it keeps itself up to date without moving under one's hands."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from aggregation import live
from aggregation.engine import Plan, shipped
from deliberation.models import Deliberation, HourTally, JoinTally, Round, RoundWatch, User
from deliberation.services.moderation import moderate
from deliberation.services.rounds import open_round
from deliberation.services.statements import propose
from deliberation.services.watching import watch
from tests.browser.barriers import no_barriers
from tests.browser.visits import sign_in_by_link
from tests.factories import join, make_deliberation, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)


def looked(deliberation: Deliberation) -> None:
    assert watch(round=the_round(deliberation), settled=timedelta(0))


@pytest.fixture
def panel() -> Deliberation:
    """Twenty people, five days of votes, a statement that waits, and a busy hour."""
    live._known.clear()
    deliberation = make_open()
    deliberation.panel.size_wanted = 40
    deliberation.panel.save()
    rng = np.random.default_rng(5)
    for n in range(20):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0][: int(rng.integers(0, 5))])
    propose(participant=join(deliberation), round=the_round(deliberation), text="It should listen.")
    hour = now().replace(minute=0, second=0, microsecond=0)
    HourTally.objects.bulk_create(
        HourTally(round=the_round(deliberation), hour=hour - timedelta(hours=back),
                  votes=int(rng.integers(1, 60)), changes=int(rng.integers(0, 5)))
        for back in range(2, 110, 2)
    )  # fmt: skip
    JoinTally.objects.create(deliberation=deliberation, network=b"n" * 16, hour=hour, joined=14)
    looked(deliberation)
    live.look(the_round(deliberation))
    return deliberation


def sit_down(page: Page, deliberation: Deliberation) -> None:
    """Alice signs in and opens the page."""
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    page.goto(reverse("watch", args=[deliberation.slug]))


@pytest.mark.parametrize(
    "look", [{"width": 1280}, {"width": 360, "dark": True}, {"width": 768, "javascript": False}]
)
def test_the_page_has_no_barriers(open_page, panel, look):
    page = open_page(**look)
    sit_down(page, panel)
    for fold in page.locator("main details").all():
        fold.locator("summary").click()
    expect(page.get_by_role("heading", name="Worth a look")).to_be_visible()
    if look.get("javascript", True):
        no_barriers(page)


def test_nothing_moves_while_nothing_is_new(open_page, panel):
    page = open_page()
    sit_down(page, panel)
    refresh = page.locator("#watch-refresh")
    answered(page, refresh.click)
    page.evaluate("document.getElementById('watch').dataset.same = 'yes'")
    answered(page, refresh.click)
    expect(page.locator("#watch[data-same]")).to_be_visible()


def test_new_figures_come_in_and_what_was_unfolded_stays_so(open_page, panel):
    page = open_page()
    sit_down(page, panel)
    page.locator("#twin-time summary").click()
    row = RoundWatch.objects.get()
    row.figures["people"]["joined"] = 33
    row.as_of += timedelta(minutes=1)
    row.save()
    answered(page, page.locator("#watch-refresh").click)
    expect(page.get_by_role("row", name="Joined 33")).to_be_visible()
    expect(page.locator("#twin-time")).to_have_attribute("open", "")


def answered(page: Page, act) -> None:
    """Act, and wait until the server's answer is dealt with."""
    with page.expect_response(lambda answer: answer.url.endswith("/watch/")):
        act()
    expect(page.locator(".htmx-request")).to_have_count(0)


@pytest.fixture
def open_results() -> Deliberation:
    """Results are shown to everybody, and one person is met by the rule for leaving votes out."""
    live._known.clear()
    deliberation = make_deliberation()
    grouping = {"grouping": {"method": "kmeans", "min_votes": 1, "k": 2}}
    plan = Plan.from_dict(shipped("thorough").to_dict() | grouping)
    Round.objects.update(
        show_results=True,
        exclusion_rule="straight_and_spam",
        straight_votes=4,
        plan=plan.to_dict(),
        plan_hash=plan.hash,
    )
    open_round(round=the_round(deliberation), actor=None)
    for n in range(24):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0 if n % 5 else 1])
    alike = join(deliberation)
    vote_row(alike, [1, 1, 1, 1])
    said = propose(participant=alike, round=the_round(deliberation), text="Buy my books.")
    moderate(statement=said, decision="reject", reason="spam", actor=None, role="moderator")
    live.look(the_round(deliberation))
    return deliberation


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "dark": True}])
def test_results_so_far_and_votes_left_out_have_no_barriers(open_page, open_results, look):
    page = open_page(**look)
    page.goto(reverse("results_now", args=[open_results.slug]))
    page.locator("main details summary").click()
    expect(page.get_by_text(re.compile(r"Group A: \d+ people"))).to_be_visible()
    no_barriers(page)
    sit_down(page, open_results)
    page.goto(reverse("exclusions", args=[open_results.slug]))
    expect(page.get_by_text("The votes of 1 person will be left out.")).to_be_visible()
    no_barriers(page)
