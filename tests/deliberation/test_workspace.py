"""The workspace says in every phase where one is, what is missing and what comes next."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from deliberation.models import Deliberation, Membership, Round, User
from deliberation.models.deliberations import Role
from deliberation.services.deliberations import update_draft
from deliberation.services.draws import invite_drawn
from deliberation.services.rounds import close_round, end_proposals, pause_round
from deliberation.services.statements import propose
from tests.deliberation.drawing import make_draw, make_pool
from tests.deliberation.organising import sign_in_as
from tests.factories import join, make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db


def page_of(client: Client, deliberation: Deliberation) -> str:
    return client.get(f"/organise/{deliberation.slug}/").content.decode()


def test_missing_things_are_counted_and_lead_to_their_pages(client: Client):
    deliberation = make_deliberation(consent_text="[Who we are]", open_link=False)
    sign_in_as(client, "organiser", deliberation)
    page = page_of(client, deliberation)
    assert "2 things before you can open" in page
    assert '<a href="/organise/assistant/settings/">Replace what stands in' in page
    assert '<a href="/organise/assistant/panel/">Issue seats or allow the open link' in page
    assert 'href="/organise/assistant/open/"' not in page
    update_draft(deliberation=deliberation, actor=None, consent_text="Vote on statements.")
    assert "1 thing before you can open" in page_of(client, deliberation)


def test_when_nothing_is_missing_it_offers_to_open(client: Client):
    deliberation = make_deliberation()
    sign_in_as(client, "organiser", deliberation)
    page = page_of(client, deliberation)
    assert "Everything is ready to open." in page
    assert 'href="/organise/assistant/open/"' in page


def steps_done(page: str) -> int:
    return page.split('class="steps"')[1].count('class="done"')


def test_the_way_is_marked_from_the_question_to_the_constitution(client: Client):
    deliberation = make_deliberation(consent_text="[Who we are]")
    sign_in_as(client, "organiser", deliberation)
    assert 'aria-current="step"' in page_of(client, deliberation)
    assert steps_done(page_of(client, deliberation)) == 3  # plan, panel, seeds
    opened = make_open(slug="opened")
    Membership.objects.create(deliberation=opened, user=client_user(client), role=Role.ORGANISER)
    assert steps_done(page_of(client, opened)) == 5
    close_round(round=the_round(opened), actor=None)
    assert steps_done(page_of(client, opened)) == 7


def client_user(client: Client):
    return User.objects.get(pk=client.session["_auth_user_id"])


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (lambda r: None, "You end proposing by hand"),
        (lambda r: end_proposals(round=r, actor=None), "You close the round by hand"),
        (lambda r: pause_round(round=r, actor=None, reason="Rain."), "You let voting go on"),
        (lambda r: close_round(round=r, actor=None), "Draft the constitution"),
    ],
)
def test_what_comes_next_is_said_in_every_phase(client: Client, move, words):
    deliberation = make_open()
    sign_in_as(client, "organiser", deliberation)
    move(the_round(deliberation))
    page = page_of(client, deliberation)
    assert words in page
    assert the_round(deliberation).stage_words in page


def test_dates_take_the_place_of_what_is_done_by_hand(client: Client):
    deliberation = make_open()
    soon = timezone.now() + timedelta(days=3)
    Round.objects.update(closes_at=soon)
    sign_in_as(client, "organiser", deliberation)
    page = page_of(client, deliberation)
    assert "The round closes on" in page
    assert "by hand" not in page


def test_waiting_statements_need_attention_of_who_may_decide(client: Client):
    deliberation = make_open()
    propose(
        participant=join(deliberation),
        round=the_round(deliberation),
        text="The assistant should wait.",
    )
    sign_in_as(client, "moderator", deliberation)
    assert "1 statement waits for a moderator" in page_of(client, deliberation)
    other = Client()
    sign_in_as(other, "recruiter", deliberation)
    assert "waits for a moderator" not in page_of(other, deliberation)


def test_people_who_were_drawn_wait_until_they_are_invited(client: Client):
    deliberation = make_deliberation(open_link=False)
    draw = make_draw(make_pool(deliberation))
    sign_in_as(client, "recruiter", deliberation)
    page = page_of(client, deliberation)
    assert "Invite the people who were drawn, so that they can join." in page
    assert '<a href="/organise/assistant/draws/">10 people who were drawn wait' in page
    invite_drawn(draw=draw, actor=None)
    page = page_of(client, deliberation)
    assert "who were drawn" not in page


@pytest.mark.parametrize("role", Role.values)
def test_every_link_that_a_role_is_shown_opens(client: Client, role: str):
    deliberation = make_open()
    sign_in_as(client, role, deliberation)
    links = set(re.findall(r'href="(/[^"#?]*)"', page_of(client, deliberation)))
    refused = {link for link in links if client.get(link).status_code in (403, 404, 409)}
    assert refused == set()


def test_the_list_of_my_deliberations_says_what_is_to_do(client: Client):
    make_deliberation(owner=make_user("bob@example.org"), consent_text="[Who we are]")
    client.force_login(Membership.objects.get().user)
    page = client.get("/organise/").content.decode()
    assert "Replace what stands in [square brackets]" in page
