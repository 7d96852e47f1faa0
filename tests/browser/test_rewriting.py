"""Rewording, splitting and merging in a real browser, and the pages that tell of it."""

import pytest

from deliberation.models import Deliberation, Statement, StatementLineage, User
from deliberation.services.statements import propose
from tests.browser.barriers import no_barriers
from tests.browser.visits import follow, sign_in_by_link
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db(transaction=True)
REWRITE = "/organise/assistant/statements/5/rewrite/"
MERGE = "/organise/assistant/merge/?n=3&n=6"


@pytest.fixture
def panel() -> Deliberation:
    """Statement 5 holds two ideas, 6 says the opposite of the seed 3."""
    deliberation = make_open()
    for text in (
        "It should be brief and it must never lie to children.",
        "The assistant should never answer in plain words.",
    ):
        propose(participant=join(deliberation), round=the_round(deliberation), text=text)
    return deliberation


@pytest.mark.parametrize("javascript", [True, False])
def test_a_statement_is_split_in_three_by_hand(open_page, panel, javascript: bool) -> None:
    page = open_page(javascript=javascript)
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    page.goto(REWRITE)
    page.get_by_label("New statement 1").fill("It should be brief.")
    page.get_by_label("New statement 2").fill("It must never lie to children.")
    follow(page.get_by_role("button", name="One more field"))
    assert page.get_by_label("New statement 1").input_value() == "It should be brief."
    page.get_by_label("New statement 3").fill("It should know children from adults.")
    page.get_by_role("button", name="Put these in its place").click()
    page.get_by_text("It goes on as statements 7, 8, 9.").wait_for()
    assert StatementLineage.objects.filter(parent__number=5, kind="split").count() == 3
    page.goto("/d/assistant/log/?n=5")
    page.get_by_text("Split into 7, 8, 9").wait_for()


def test_opposites_are_merged_only_after_a_tick(open_page, panel) -> None:
    page = open_page()
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    page.goto(MERGE)
    page.get_by_label("The new statement").fill("It should choose its words well.")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_role("link", name="These two seem to say the opposite").click()
    page.get_by_label("Yes, I am sure").check()
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_text("They go on as statement 7.").wait_for()
    assert Statement.objects.filter(status="rejected").count() == 2


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_no_page_has_barriers_or_scrolls_sideways(open_page, panel, width, dark) -> None:
    page = open_page(width=width, dark=dark)
    sign_in_by_link(page, User.objects.get(email="alice@example.org"))
    page.goto(REWRITE)
    no_barriers(page)
    page.get_by_label("New statement 1").fill("no")
    page.get_by_role("button", name="Put these in its place").click()
    page.get_by_text("There is a problem").wait_for()
    no_barriers(page)
    for path in (MERGE, "/organise/assistant/merge/?n=99", "/d/assistant/policy/"):
        page.goto(path)
        no_barriers(page)
