"""A participant's own votes: listed, filtered, changed and taken back."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import Deliberation, Exposure, Participant, Statement, Vote, VoteEvent
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import add_seeds
from tests.deliberation.browsing import HTMX, shown_number, sit
from tests.factories import accepted, join, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def seated(deliberation: Deliberation) -> tuple[Client, Participant]:
    """Someone who agreed with 1, disagreed with 2 and passed on 3, in this order."""
    client, me = sit(deliberation)
    vote_row(me, [1, -1, 0])
    return client, me


def address(deliberation: Deliberation, query: str = "") -> str:
    return reverse("own_votes", args=[deliberation.slug]) + query


def numbers(html: str) -> list[int]:
    return [int(n) for n in re.findall(r'<li id="s(\d+)"', html)]


def read(client: Client, deliberation: Deliberation, query: str = "") -> str:
    return client.get(address(deliberation, query)).content.decode()


def send(client: Client, deliberation: Deliberation, *, htmx: bool = True, **sent: object):
    headers = HTMX if htmx else {}
    return client.post(address(deliberation), {"key": uuid4()} | sent, headers=headers)


def reject(number: int, reason: str) -> None:
    statement = Statement.objects.get(number=number)
    moderate(statement=statement, decision="reject", reason=reason, actor=None, role="moderator")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [3, 2, 1]),
        ("?order=number", [1, 2, 3]),
        ("?show=agree", [1]),
        ("?show=disagree", [2]),
        ("?show=pass", [3]),
        ("?show=matters", [2]),
        ("?show=nonsense&order=nonsense&page=x", [3, 2, 1]),
    ],
)
def test_votes_are_listed_filtered_and_ordered(seated, deliberation, query, expected):
    client, me = seated
    Vote.objects.filter(participant=me, statement__number=2).update(important=True)
    assert numbers(read(client, deliberation, query)) == expected


def test_nobody_elses_votes_are_there(seated, deliberation):
    client, _ = seated
    vote(join(deliberation), accepted(deliberation)[3], 1)
    assert 4 not in numbers(read(client, deliberation))


def test_fifty_fit_on_a_page_and_the_filter_stays(seated, deliberation):
    client, me = seated
    texts = [f"The assistant should keep promise number {n}." for n in range(52)]
    for statement in add_seeds(round=the_round(deliberation), texts=texts, actor=None):
        vote(me, statement, 1)
    first = read(client, deliberation, "?show=agree")
    assert len(numbers(first)) == 50
    assert "?show=agree&amp;order=newest&amp;page=2" in first
    assert len(numbers(read(client, deliberation, "?show=agree&page=2"))) == 3


def test_a_page_of_votes_costs_few_queries(seated, deliberation, django_assert_max_num_queries):
    client, me = seated
    texts = [f"The assistant should keep promise number {n}." for n in range(40)]
    for statement in add_seeds(round=the_round(deliberation), texts=texts, actor=None):
        vote(me, statement, 1)
    reject(10, "unclear")
    with django_assert_max_num_queries(16):
        html = read(client, deliberation)
    assert "promise number 39" in html


def test_a_vote_is_changed_by_an_event_and_answers_with_its_row(seated, deliberation):
    client, _ = seated
    answer = send(client, deliberation, statement=1, value=-1)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert numbers(html) == [1]
    assert re.search(r'value="-1" aria-pressed="true"', html)
    assert "Saved." in html
    assert Vote.objects.get(statement__number=1).value == -1
    assert VoteEvent.objects.count() == 4


def test_what_a_browser_sends_when_matters_is_pressed(seated, deliberation):
    """The pressed button comes after the hidden field of the same name, and counts."""
    client, _ = seated
    body = f"statement=1&key={uuid4()}&value=1&important=on"
    kind = "application/x-www-form-urlencoded"
    client.post(address(deliberation), body, content_type=kind)
    assert Vote.objects.get(statement__number=1).important
    body = f"statement=1&key={uuid4()}&value=1&important=on&important=off"
    client.post(address(deliberation), body, content_type=kind)
    assert not Vote.objects.get(statement__number=1).important
    assert Vote.objects.get(statement__number=1).value == 1


def test_without_javascript_it_leads_back_to_the_same_place(seated, deliberation):
    client, _ = seated
    here = address(deliberation, "?show=all&page=1")
    answer = client.post(here, {"statement": 2, "value": 1, "key": uuid4()})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{here}#s2"
    assert "Saved." in client.get(here).content.decode()


def test_a_vote_taken_back_is_gone_and_its_card_comes_again(seated, deliberation):
    client, me = seated
    answer = send(client, deliberation, statement=2, value="back")
    assert answer.status_code == 200
    assert "Your vote is taken back." in answer.content.decode()
    assert not Vote.objects.filter(participant=me, statement__number=2).exists()
    assert Exposure.objects.latest("id").drawn is False
    card = client.get(reverse("vote", args=[deliberation.slug])).content.decode()
    assert shown_number(card) == 2
    assert send(client, deliberation, statement=2, value="back").status_code == 422


def test_each_key_counts_once(seated, deliberation):
    client, _ = seated
    key = uuid4()
    for _ in range(2):
        assert send(client, deliberation, statement=2, value="back", key=key).status_code == 200
    assert VoteEvent.objects.count() == 4


def test_a_statement_out_of_the_vote_stays_listed_and_can_only_be_taken_back(seated, deliberation):
    client, _ = seated
    reject(1, "unclear")
    html = read(client, deliberation, "?show=agree")
    assert "no longer in the vote" in html
    assert accepted(deliberation)[0].text not in html
    assert "The assistant should admit when it does not know." in html
    assert send(client, deliberation, statement=1, value=0).status_code == 409
    assert send(client, deliberation, statement=1, value="back").status_code == 200
    assert not Vote.objects.filter(statement__number=1).exists()


def test_a_text_that_would_do_harm_is_not_repeated(seated, deliberation):
    client, _ = seated
    reject(1, "personal_data")
    html = read(client, deliberation)
    assert "The assistant should admit when it does not know." not in html
    assert "Statement 1 is no longer shown." in html


@pytest.mark.parametrize(
    "sent", [{"value": "2"}, {"value": 1, "key": "x"}, {"value": "back", "key": "x"}]
)
def test_what_does_not_arrive_in_one_piece_is_422(seated, deliberation, sent):
    client, _ = seated
    answer = send(client, deliberation, **({"statement": 1} | sent))
    assert answer.status_code == 422
    assert "Please choose again" in answer.content.decode()
    assert VoteEvent.objects.count() == 3


def test_after_closing_they_are_there_to_read(seated, deliberation):
    client, _ = seated
    close_round(round=the_round(deliberation), actor=None)
    html = read(client, deliberation)
    assert "You agreed" in html
    assert 'name="value"' not in html
    for htmx in (True, False):
        answer = send(client, deliberation, statement=1, value=-1, htmx=htmx)
        assert answer.status_code == 409
        assert "Voting is closed" in answer.content.decode()
    assert Vote.objects.get(statement__number=1).value == 1


def test_before_the_first_vote_it_says_so(deliberation):
    client, _ = sit(deliberation)
    assert "You have not voted yet." in read(client, deliberation)


def test_without_a_seat_there_is_nothing_to_see(deliberation, client):
    assert send(client, deliberation, statement=1, value=1).status_code == 403
    answer = client.get(address(deliberation))
    assert answer.headers["Location"] == reverse("join", args=[deliberation.slug])
