"""The lottery in a real browser: no barriers, and rows of quotas come and go without JavaScript."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from deliberation.models import Deliberation, Pool, User
from deliberation.services.draws import answer, invite_drawn, start_draw
from deliberation.services.pools import fix_pool, member_token, set_sign_up
from tests.browser.barriers import no_barriers
from tests.deliberation.drawing import SEED, execute, make_draw, make_pool
from tests.factories import make_deliberation

pytestmark = pytest.mark.django_db(transaction=True)
ORGANISE, PUBLIC = "/organise/assistant", "/d/assistant"


@pytest.fixture(autouse=True)
def _mail(settings) -> None:
    settings.MAIL_OFFERED, settings.MAIL_LINKS = True, "https://moot.example.org"


@pytest.fixture
def deliberation() -> Deliberation:
    return make_deliberation()


@pytest.fixture
def pool(deliberation: Deliberation) -> Pool:
    pool = make_pool(deliberation)
    pool.panel.delete_contacts_on = date(2040, 1, 31)
    pool.panel.save()
    return pool


@pytest.fixture
def organiser(open_page, live_server, deliberation: Deliberation):
    """``organiser(path, …)``: a page of the owner."""

    def new(path: str, **look: object) -> Page:
        page = open_page(**look)
        client = Client()
        client.force_login(User.objects.get(email="alice@example.org"))
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        page.context.add_cookies([session | {"url": live_server.url}])
        page.goto(path)
        return page

    return new


def test_a_waiting_page_turns_into_the_drawn_panel_by_itself(organiser, pool: Pool) -> None:
    fix_pool(pool=pool, actor=None)
    draw = start_draw(pool=pool, seed=SEED, actor=None)
    page = organiser(f"{ORGANISE}/draws/1/")
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    execute(draw)
    expect(page.get_by_role("button", name="Invite them")).to_be_visible()
    expect(page.get_by_role("heading", name="Who was drawn")).to_be_visible()


@pytest.mark.parametrize("look", [{"width": 360}, {"width": 1280, "dark": True}])
def test_no_barriers_on_the_way_to_a_drawn_panel(organiser, open_page, pool: Pool, look) -> None:
    set_sign_up(pool=pool, offered=True, text="", ends_at=None, actor=None)
    page = organiser(f"{ORGANISE}/quotas/", **look)
    visitor = open_page(**look)
    for path in ("quotas/", "pool/", "pool/list/", "draws/"):
        page.goto(f"{ORGANISE}/{path}")
        no_barriers(page)
    visitor.goto(f"{PUBLIC}/sign-up/")
    no_barriers(visitor)
    draw = make_draw(pool)
    invite_drawn(draw=draw, actor=None)
    one, two = draw.drawn.select_related("member").order_by("pk")[:2]
    answer(drawn=two, comes=False)
    link = f"{PUBLIC}/answer/{member_token(pool.pk, one.member.number)}/"
    for path in ("draws/", "draws/1/"):
        page.goto(f"{ORGANISE}/{path}")
        no_barriers(page)
    for path in (link, f"{PUBLIC}/draws/", f"{PUBLIC}/draws/1/"):
        visitor.goto(path)
        no_barriers(visitor)


def test_quotas_are_written_without_javascript(organiser) -> None:
    page = organiser(f"{ORGANISE}/quotas/", javascript=False)
    page.get_by_role("button", name="Add a feature, such as age or region").click()
    expect(page.get_by_label("Feature 1", exact=True)).to_be_focused()
    page.keyboard.type("Place")
    page.locator("#s0-v0-value").fill("town")
    page.locator("#s0-v0-share").fill("70")
    page.locator("#s0-v1-value").fill("village")
    page.locator("#s0-v1-share").fill("30")
    page.get_by_role("button", name="Add a value").click()
    expect(page.locator("#s0-v2-value")).to_be_focused()
    page.get_by_role("button", name="Remove value 3 of feature 1").click()
    expect(page.locator("#s0-v2-value")).to_have_count(0)
    page.get_by_role("button", name="Fill in from the shares").click()
    expect(page.locator("#s0-v0-minimum")).to_have_value("27")
    page.locator("#s0-v0-minimum").press("Enter")
    expect(page.get_by_text("The quotas are saved.")).to_be_visible()
    expect(page.locator("#s0-v1-maximum")).to_have_value("13")


def test_yes_takes_two_clicks_and_leads_to_the_seat(open_page, pool: Pool) -> None:
    draw = make_draw(pool)
    invite_drawn(draw=draw, actor=None)
    member = draw.drawn.select_related("member").order_by("pk")[0].member
    page = open_page(width=360, touch=True)
    page.goto(f"{PUBLIC}/answer/{member_token(pool.pk, member.number)}/")
    page.get_by_role("button", name="Yes, I take part").click()
    page.get_by_role("link", name="Take your seat").click()
    expect(page.get_by_role("heading", level=1, name="Before you start")).to_be_visible()
