"""Taking a seat, one press that is one vote, and what is there after closing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from aggregation.runs import execute, queue_run
from deliberation.models import Deliberation, Participant, Vote
from deliberation.services.rounds import close_round
from tests.factories import join, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db(transaction=True)

# Ten people in two camps, so that there is something to report.
CAMPS = [[1, 1, -1, 1]] * 5 + [[1, -1, 1, 1]] * 5


@pytest.fixture
def deliberation() -> Deliberation:
    deliberation = make_open()
    for row in CAMPS:
        vote_row(join(deliberation), row)
    return deliberation


def sit_down(page: Page, deliberation: Deliberation) -> Participant:
    page.goto("/")
    page.get_by_role("link", name=deliberation.title).first.click()
    page.get_by_role("link", name=re.compile("take part|join|vote", re.I)).first.click()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start voting").click()
    expect(page).to_have_url(re.compile(r"/d/assistant/vote/$"))
    page.wait_for_load_state()  # keys and quick votes begin when the scripts are there
    return Participant.objects.latest("number")


def close_and_report(page: Page, deliberation: Deliberation) -> None:
    close_round(round=the_round(deliberation), actor=None)
    execute(queue_run(round=the_round(deliberation)).pk, "test")
    page.goto("/d/assistant/vote/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Voting is closed")
    page.get_by_role("link", name="See what came out").click()
    page.get_by_role("link", name=re.compile("report", re.I)).first.click()
    expect(page).to_have_url(re.compile(r"/d/assistant/report/"))
    expect(page.get_by_role("main")).to_contain_text("11")
    expect(page.get_by_role("main")).to_contain_text(
        "The assistant should admit when it does not know."
    )


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 360)])
def test_who_voted_is_led_to_the_report_after_closing(open_page, deliberation, javascript, width):
    page = open_page(javascript=javascript, width=width)
    me = sit_down(page, deliberation)
    vote_row(me, [1, 0, -1])
    close_and_report(page, deliberation)


def test_a_double_click_is_one_vote_and_does_not_hit_the_next_card(open_page, deliberation):
    page = open_page()
    me = sit_down(page, deliberation)
    page.get_by_role("button", name="Agree", exact=True).dblclick()
    page.wait_for_timeout(800)
    assert Vote.objects.filter(participant=me).count() == 1


def test_a_vote_after_closing_is_refused_on_the_card(open_page, deliberation):
    page = open_page()
    me = sit_down(page, deliberation)
    close_round(round=the_round(deliberation), actor=None)
    page.get_by_role("button", name="Agree", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Voting is closed")
    assert Vote.objects.filter(participant=me).count() == 0
