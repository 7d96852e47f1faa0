"""The consent text: which version is shown, and what happens when it changes."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.consent_template import CONSENT_TEMPLATE
from deliberation.models import Deliberation, Participant
from deliberation.services.deliberations import update_draft
from deliberation.services.panels import issue_seats
from deliberation.services.rounds import close_round, consent_hash, open_round
from tests.deliberation.browsing import sit
from tests.factories import CONSENT, make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db

NEW = "You are asked to vote. The town pays for it."


def address(name: str, deliberation: Deliberation, *args: object) -> str:
    return reverse(name, args=[deliberation.slug, *args])


@pytest.fixture
def changed() -> tuple[Client, Deliberation]:
    """Someone sat down in preparation, then the text changed and the round opened."""
    deliberation = make_deliberation()
    (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
    client = Client()
    sent = {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}
    assert client.post(address("seat", deliberation, seat.token), sent).status_code == 303
    update_draft(deliberation=deliberation, actor=None, consent_text=NEW)
    open_round(round=the_round(deliberation), actor=None)
    return client, deliberation


@pytest.mark.parametrize(
    "told", ["What this is", "How long", "What it is for", "Who pays", "you can leave"]
)
def test_the_template_tells_what_people_must_know(told: str):
    assert told in str(CONSENT_TEMPLATE)


def test_the_page_names_the_version(client: Client):
    deliberation = make_deliberation()
    update_draft(deliberation=deliberation, actor=None, consent_text=NEW)
    open_round(round=the_round(deliberation), actor=None)
    html = client.get(address("join", deliberation)).content.decode()
    assert "This is version 2 of the text" in html
    assert NEW in html


def test_a_changed_text_is_shown_again_beside_the_old_one(changed: tuple[Client, Deliberation]):
    client, deliberation = changed
    assert client.get(address("vote", deliberation)).url == address("join", deliberation)
    html = client.get(address("join", deliberation)).content.decode()
    assert "The text has changed since you agreed" in html
    assert NEW in html
    assert CONSENT in html


def test_agreeing_again_goes_on_voting_on_the_same_seat(changed: tuple[Client, Deliberation]):
    client, deliberation = changed
    current = consent_hash(the_round(deliberation))
    sent = {"agree": "on", "consent_hash": current}
    answer = client.post(address("join", deliberation), sent)
    assert (answer.status_code, answer.url) == (303, address("vote", deliberation))
    assert Participant.objects.get().consent_hash == current
    assert client.get(address("vote", deliberation)).status_code == 200


def test_without_the_tick_the_old_agreement_stays(changed: tuple[Client, Deliberation]):
    client, deliberation = changed
    before = Participant.objects.get().consent_hash
    sent = {"consent_hash": consent_hash(the_round(deliberation))}
    assert client.post(address("join", deliberation), sent).status_code == 422
    assert Participant.objects.get().consent_hash == before


def test_after_closing_nobody_is_asked_again(changed: tuple[Client, Deliberation]):
    client, deliberation = changed
    close_round(round=the_round(deliberation), actor=None)
    assert client.get(address("join", deliberation)).url == address("vote", deliberation)


def test_who_agreed_to_this_text_is_not_asked_again():
    deliberation = make_open()
    client, _participant = sit(deliberation)
    assert client.get(address("join", deliberation)).url == address("vote", deliberation)
