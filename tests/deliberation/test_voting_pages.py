"""The card, votes and undo, as the server answers them."""

from __future__ import annotations

from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from deliberation.models import (
    Deliberation,
    Exposure,
    Statement,
    Vote,
    VoteEvent,
)
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round, consent_hash
from tests.deliberation.browsing import HTMX, cast, shown_key, shown_number, sit
from tests.factories import accepted, make_open, the_round, vote

pytestmark = pytest.mark.django_db


def address(name: str, deliberation: Deliberation, *args: object) -> str:
    return reverse(name, args=[deliberation.slug, *args])


def agree_to(deliberation: Deliberation) -> dict[str, str]:
    return {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}


class TestVote:
    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_open()

    def test_the_answer_to_a_vote_is_the_next_card(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        first = shown_number(client.get(address("vote", deliberation)).content.decode())
        answer = cast(client, deliberation, 1, statement=first)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "<html" not in html
        assert shown_number(html) != first
        assert "Vote saved. 1 of 4." in html
        assert Vote.objects.get(participant=participant).value == 1

    def test_without_htmx_it_answers_with_a_way_to_the_next_card(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        answer = cast(client, deliberation, -1, htmx=False)
        assert answer.status_code == 303
        assert Vote.objects.get(participant=participant).value == -1
        assert "1 of 4 votes" in client.get(answer.headers["Location"]).content.decode()

    def test_reloading_shows_the_same_card_with_a_new_key(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        first, second = (client.get(address("vote", deliberation)).content.decode() for _ in "ab")
        assert shown_number(first) == shown_number(second)
        assert shown_key(first) != shown_key(second)
        assert Exposure.objects.count() == 1

    def test_the_same_request_twice_is_one_event(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        html = client.get(address("vote", deliberation)).content.decode()
        sent = {"statement": shown_number(html), "key": shown_key(html)}
        answers = [cast(client, deliberation, 1, **sent) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert VoteEvent.objects.count() == 1

    @pytest.mark.parametrize("value", ["", "2", "agree", "1e0"])
    def test_a_bad_value_is_422_and_keeps_the_card(self, deliberation: Deliberation, value: str):
        client, _ = sit(deliberation)
        number = shown_number(client.get(address("vote", deliberation)).content.decode())
        answer = cast(client, deliberation, value, statement=number)
        assert answer.status_code == 422
        assert shown_number(answer.content.decode()) == number
        assert "Please choose again" in answer.content.decode()
        assert not VoteEvent.objects.exists()

    def test_a_bad_key_is_422(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        assert cast(client, deliberation, 1, key="once").status_code == 422
        assert not VoteEvent.objects.exists()

    def test_an_unknown_statement_is_409_with_the_card_that_is_open(
        self, deliberation: Deliberation
    ):
        client, _ = sit(deliberation)
        assert cast(client, deliberation, 1, statement=999).status_code == 409

    @pytest.mark.parametrize("htmx", [True, False])
    def test_a_closed_round_is_409_and_stores_nothing(self, deliberation: Deliberation, htmx: bool):
        client, _ = sit(deliberation)
        number = accepted(deliberation)[0].number
        close_round(round=the_round(deliberation), actor=None)
        answer = cast(client, deliberation, 1, statement=number, htmx=htmx)
        assert answer.status_code == 409
        assert "Voting is closed" in answer.content.decode()
        assert not VoteEvent.objects.exists()

    def test_a_statement_taken_out_meanwhile_is_409_with_another_card(
        self, deliberation: Deliberation
    ):
        client, _ = sit(deliberation)
        number = shown_number(client.get(address("vote", deliberation)).content.decode())
        moderate(
            statement=Statement.objects.get(number=number),
            decision="reject",
            reason="off_topic",
            actor=None,
            role="moderator",
        )
        answer = cast(client, deliberation, 1, statement=number)
        assert answer.status_code == 409
        assert shown_number(answer.content.decode()) != number
        assert not VoteEvent.objects.exists()

    @pytest.mark.parametrize("htmx", [True, False])
    def test_when_votes_cannot_be_stored_it_is_503_with_the_vote_at_hand(
        self, deliberation: Deliberation, htmx: bool
    ):
        client, _ = sit(deliberation)
        html = client.get(address("vote", deliberation)).content.decode()
        sent = {"statement": shown_number(html), "key": shown_key(html)}
        with patch("deliberation.views.voting.cast_in_round", side_effect=OperationalError):
            answer = cast(client, deliberation, 1, htmx=htmx, **sent)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "not saved yet" in answer.content.decode()
        if htmx:  # only a notice is put into the card, which keeps its key
            assert answer.headers["HX-Retarget"] == "#card-trouble"
        else:
            assert f'name="key" value="{sent["key"]}"' in answer.content.decode()

    def test_with_the_whole_database_away_it_is_still_503(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        gone = OperationalError("the server closed the connection")
        with patch("django.db.backends.utils.CursorWrapper.execute", side_effect=gone):
            answer = cast(client, deliberation, 1, statement=1, htmx=False)
        assert answer.status_code == 503

    def test_without_a_seat_a_vote_is_403_and_reading_leads_to_joining(
        self, deliberation: Deliberation, client: Client
    ):
        assert cast(client, deliberation, 1, statement=1).status_code == 403
        answer = client.get(address("vote", deliberation))
        assert answer.headers["Location"] == address("join", deliberation)

    def test_a_seat_of_another_deliberation_does_not_count(self, deliberation: Deliberation):
        elsewhere, _ = sit(make_open(slug="elsewhere"))
        elsewhere.cookies["seat"]["path"] = f"/d/{deliberation.slug}/"
        assert cast(elsewhere, deliberation, 1, statement=1).status_code == 403

    def test_the_end_says_thank_you(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        for _ in range(4):
            answer = cast(client, deliberation, 0)
        html = answer.content.decode()
        assert "You have voted on everything" in html
        assert "Your 4 votes are saved" in html

    def test_a_vote_can_be_looked_at_and_changed(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        statement = accepted(deliberation)[2]
        vote(participant, statement, 1)
        html = client.get(f"{address('vote', deliberation)}?statement=3").content.decode()
        assert shown_number(html) == 3
        assert 'value="1" data-keys="1 ArrowLeft" aria-pressed="true"' in html
        cast(client, deliberation, -1, statement=3)
        assert Vote.objects.get().value == -1

    def test_nobody_picks_which_unseen_statement_comes_next(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        number = shown_number(client.get(address("vote", deliberation)).content.decode())
        for other in range(1, 5):
            html = client.get(f"{address('vote', deliberation)}?statement={other}").content.decode()
            assert shown_number(html) == number


class TestUndo:
    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_open()

    def undo(self, client: Client, deliberation: Deliberation, number: int, **more: object):
        sent = {"statement": number, "key": more.get("key", uuid4())}
        headers = HTMX if more.get("htmx", True) else {}
        return client.post(address("undo_vote", deliberation), sent, headers=headers)

    def test_it_takes_the_last_vote_back_and_shows_its_card(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        number = shown_number(client.get(address("vote", deliberation)).content.decode())
        html = cast(client, deliberation, 1, statement=number).content.decode()
        assert "you agreed with" in html
        answer = self.undo(client, deliberation, number)
        assert answer.status_code == 200
        assert shown_number(answer.content.decode()) == number
        assert "taken back" in answer.content.decode()
        assert not Vote.objects.exists()
        assert VoteEvent.objects.count() == 2

    def test_without_htmx_it_leads_back_to_that_card(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        number = shown_number(client.get(address("vote", deliberation)).content.decode())
        cast(client, deliberation, 1, statement=number)
        answer = self.undo(client, deliberation, number, htmx=False)
        assert answer.status_code == 303
        assert shown_number(client.get(answer.headers["Location"]).content.decode()) == number

    def test_pressing_it_twice_is_one_event_and_one_exposure(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        number = shown_number(client.get(address("vote", deliberation)).content.decode())
        cast(client, deliberation, 1, statement=number)
        before, key = Exposure.objects.count(), uuid4()
        for _ in range(2):
            assert self.undo(client, deliberation, number, key=key).status_code == 200
        assert VoteEvent.objects.filter(value=None).count() == 1
        assert Exposure.objects.count() == before + 1

    def test_a_vote_that_is_not_there_is_422(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        assert self.undo(client, deliberation, 1).status_code == 422

    def test_after_closing_it_is_409(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        vote(participant, accepted(deliberation)[0], 1)
        close_round(round=the_round(deliberation), actor=None)
        assert self.undo(client, deliberation, 1).status_code == 409
        assert Vote.objects.count() == 1
