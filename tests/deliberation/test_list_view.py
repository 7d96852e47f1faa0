"""Ten statements on one page, as the server answers them."""

from __future__ import annotations

import re
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from deliberation.models import Deliberation, Exposure, Participant, Statement, Vote, VoteEvent
from deliberation.services.limits import too_many
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import add_seeds
from tests.deliberation.browsing import HTMX, sit
from tests.factories import make_open, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliberation() -> Deliberation:
    """With fourteen statements, more than fit on one page."""
    deliberation = make_open()
    texts = [f"The assistant should keep promise number {n}." for n in range(10)]
    add_seeds(round=the_round(deliberation), texts=texts, actor=None)
    return deliberation


@pytest.fixture
def seated(deliberation: Deliberation) -> tuple[Client, Participant]:
    return sit(deliberation)


def open_list(client: Client, deliberation: Deliberation) -> tuple[str, list[int]]:
    """The address of the list that is handed out, and the numbers on it."""
    address = client.get(reverse("list", args=[deliberation.slug])).headers["Location"]
    html = client.get(address).content.decode()
    return address, [int(n) for n in re.findall(r'<li id="s(\d+)"', html)]


def send(client: Client, address: str, *, htmx: bool = True, **sent: object):
    return client.post(address, {"key": uuid4()} | sent, headers=HTMX if htmx else {})


def test_ten_cards_are_handed_out_and_logged(seated, deliberation):
    client, me = seated
    _, numbers = open_list(client, deliberation)
    assert len(set(numbers)) == 10
    assert Exposure.objects.filter(participant=me, drawn=True).count() == 10


def test_the_same_page_keeps_its_rows_when_they_are_voted_on(seated, deliberation):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    answer = send(client, address, statement=numbers[3], value=1, htmx=False)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{address}#s{numbers[3]}"
    html = client.get(address).content.decode()
    assert [int(n) for n in re.findall(r'<li id="s(\d+)"', html)] == numbers
    assert "You agreed" in html
    assert Exposure.objects.count() == 10


def test_more_statements_begin_with_those_left_open(seated, deliberation):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    for number in numbers[:7]:
        send(client, address, statement=number, value=0)
    _, following = open_list(client, deliberation)
    assert set(numbers[7:]) < set(following)
    assert not set(numbers[:7]) & set(following)
    assert len(following) == 7


def test_a_row_answers_with_itself_and_the_progress(seated, deliberation):
    client, me = seated
    address, numbers = open_list(client, deliberation)
    answer = send(client, address, statement=numbers[0], value=-1, important="on")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert re.findall(r'<li id="s(\d+)"', html) == [str(numbers[0])]
    assert "You disagreed" in html
    assert "Vote saved. 1 of 14." in html
    assert "<html" not in html
    assert Vote.objects.get(participant=me).important


def test_the_same_request_twice_is_one_event(seated, deliberation):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    key = uuid4()
    for _ in range(2):
        assert send(client, address, statement=numbers[0], value=1, key=key).status_code == 200
    assert VoteEvent.objects.count() == 1


def test_nobody_picks_what_is_on_the_list(seated, deliberation):
    client, _ = seated
    _, numbers = open_list(client, deliberation)
    other = next(n for n in range(1, 15) if n not in numbers)
    address = f"{reverse('list', args=[deliberation.slug])}?of={other}-{numbers[0]}-x-99999999999"
    html = client.get(address).content.decode()
    assert re.findall(r'<li id="s(\d+)"', html) == [str(numbers[0])]


def test_without_a_choice_it_is_422_and_stores_nothing(seated, deliberation):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    for htmx in (True, False):
        answer = send(client, address, statement=numbers[0], important="on", htmx=htmx)
        assert answer.status_code == 422
        assert "Please choose again" in answer.content.decode()
    assert not VoteEvent.objects.exists()


@pytest.mark.parametrize("htmx", [True, False])
def test_a_closed_round_is_409_and_stores_nothing(seated, deliberation, htmx):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    close_round(round=the_round(deliberation), actor=None)
    answer = send(client, address, statement=numbers[0], value=1, htmx=htmx)
    assert answer.status_code == 409
    assert "Voting is closed" in answer.content.decode()
    assert 'name="value"' not in answer.content.decode()
    assert not VoteEvent.objects.exists()
    assert client.get(address).headers["Location"] == reverse("vote", args=[deliberation.slug])


def test_a_statement_taken_out_meanwhile_is_409(seated, deliberation):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    out = Statement.objects.get(number=numbers[0])
    moderate(statement=out, decision="reject", reason="unclear", actor=None, role="moderator")
    answer = send(client, address, statement=numbers[0], value=1)
    assert answer.status_code == 409
    assert "This statement is not open for votes." in answer.content.decode()


def test_another_consent_text_is_409_and_reading_leads_to_it(seated, deliberation):
    client, me = seated
    address, numbers = open_list(client, deliberation)
    Participant.objects.filter(pk=me.pk).update(consent_hash="0" * 64)
    answer = send(client, address, statement=numbers[0], value=1)
    assert answer.status_code == 409
    assert "Please read it first" in answer.content.decode()
    assert client.get(address).headers["Location"] == reverse("join", args=[deliberation.slug])


@pytest.mark.parametrize("htmx", [True, False])
def test_too_many_votes_are_429_with_the_seconds_to_wait(seated, deliberation, htmx):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    with patch("deliberation.views.row_votes.cast_in_round", side_effect=too_many(4)):
        answer = send(client, address, statement=numbers[0], value=1, htmx=htmx)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "4"
    assert "wait 4 seconds" in answer.content.decode()


def test_when_votes_cannot_be_stored_it_is_503_with_the_vote_at_hand(seated, deliberation):
    client, _ = seated
    address, numbers = open_list(client, deliberation)
    sent = {"statement": numbers[0], "value": 1, "important": "on", "htmx": False}
    with patch("deliberation.views.row_votes.cast_in_round", side_effect=OperationalError):
        answer = send(client, address, **sent)
    html = answer.content.decode()
    assert answer.status_code == 503
    assert f'name="statement" value="{numbers[0]}"' in html
    assert 'name="important" value="on"' in html


def test_without_a_seat_a_vote_is_403(deliberation, client):
    address = reverse("list", args=[deliberation.slug])
    assert send(client, f"{address}?of=1", statement=1, value=1).status_code == 403
    assert client.get(address).headers["Location"] == reverse("join", args=[deliberation.slug])


def test_the_device_remembers_the_list_until_cards_are_asked_for(seated, deliberation):
    client, _ = seated
    cards, rows = (reverse(name, args=[deliberation.slug]) for name in ("vote", "list"))
    open_list(client, deliberation)
    assert client.get(cards).headers["Location"] == rows
    assert client.get(f"{cards}?view=cards").status_code == 200
    assert client.get(cards).status_code == 200
