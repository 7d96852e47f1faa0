"""The file with all that is stored about oneself, and about nobody else."""

from __future__ import annotations

import hashlib
import json
import sys

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import (
    Appeal,
    Contact,
    Exposure,
    ProfileAnswer,
    ProfileQuestion,
    VendorReference,
)
from deliberation.services.moderation import moderate
from deliberation.services.own_data import FORMAT, own_data
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from deliberation.services.subscriptions import confirm, subscribe
from tests.deliberation.browsing import sit
from tests.factories import CONSENT, SEEDS, accepted, make_open, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


def download(client: Client, deliberation) -> dict:
    answer = client.get(reverse("own_data", args=[deliberation.slug]))
    assert answer.status_code == 200, answer.status_code
    return json.loads(answer.content)


def test_it_is_a_file_with_a_name_and_a_format():
    deliberation = make_open()
    client, alice = sit(deliberation)
    answer = client.get(reverse("own_data", args=[deliberation.slug]))
    assert answer["Content-Type"] == "application/json"
    assert 'attachment; filename="assistant-my-data-' in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["format"] == FORMAT == "folkmoot-own-data-1"
    assert data["participant"]["number"] == alice.number
    assert data["deliberation"]["rounds"][0]["question"] == the_round(deliberation).question


def test_it_says_what_was_agreed_to():
    deliberation = make_open()
    client, alice = sit(deliberation)
    consent = download(client, deliberation)["consent"]
    assert consent["text"] == CONSENT
    assert consent["version"] == 1
    assert consent["sha256"] == hashlib.sha256(CONSENT.encode()).hexdigest()
    assert consent["agreed_at"] == alice.consented_at.isoformat()


def test_votes_and_every_step_that_led_to_them():
    deliberation = make_open()
    client, alice = sit(deliberation)
    first, second = accepted(deliberation)[:2]
    for value in (1, -1):
        vote(alice, first, value)
    vote(alice, second, 0)
    data = download(client, deliberation)
    assert [
        (v["statement"], v["text"], v["value"], v["vote"], v["important"]) for v in data["votes"]
    ] == [(1, SEEDS[0], -1, "disagree", False), (2, SEEDS[1], 0, "pass", False)]
    events = [(e["statement"], e["before"], e["vote"]) for e in data["vote_events"]]
    assert events == [(1, None, "agree"), (1, 1, "disagree"), (2, None, "pass")]


def test_cards_that_were_shown_with_their_probability():
    deliberation = make_open()
    client, alice = sit(deliberation)
    Exposure.objects.create(
        participant=alice,
        statement=accepted(deliberation)[2],
        round=the_round(deliberation),
        probability=0.25,
        shown_at=alice.joined_at,
    )
    (shown,) = download(client, deliberation)["exposures"]
    assert (shown["statement"], shown["probability"], shown["drawn"]) == (3, 0.25, True)
    assert shown["at"] == alice.joined_at.isoformat()


def test_own_statements_with_decision_and_appeal():
    deliberation = make_open()
    client, alice = sit(deliberation)
    mine = propose(participant=alice, round=the_round(deliberation), text="It should be kind.")
    moderate(
        statement=mine, decision="reject", reason="unclear", note="To whom?", actor=None,
        role="moderator",
    )  # fmt: skip
    Appeal.objects.create(statement=mine, text="To everyone.", created_at=mine.created_at)
    (told,) = download(client, deliberation)["statements"]
    assert (told["text"], told["status"]) == ("It should be kind.", "rejected")
    (decision,) = told["decisions"]
    assert (decision["reason"], decision["note"], decision["by"]) == (
        "unclear",
        "To whom?",
        "moderator",
    )
    assert told["appeal"]["text"] == "To everyone."


def test_what_is_kept_apart_from_the_ballot():
    deliberation = make_open()
    client, alice = sit(deliberation)
    empty = download(client, deliberation)
    assert (empty["about_you"], empty["email_subscription"], empty["contact"]) == ([], None, None)
    question = ProfileQuestion.objects.create(
        panel=deliberation.panel, number=1, text="How old are you?", options=["18–29", "30 or more"]
    )
    ProfileAnswer.objects.create(seat=alice.seat, question=question, option="18–29")
    VendorReference.objects.create(seat=alice.seat, xid="vendor-7")
    Contact.objects.create(panel=alice.seat.panel, seat=alice.seat, email="invited@example.org")
    subscription = subscribe(participant=alice, email="alice@example.org", language="de")
    waiting = download(client, deliberation)["email_subscription"]
    confirm(subscription=subscription)
    data = download(client, deliberation)
    assert data["about_you"] == [{"question": "How old are you?", "answer": "18–29"}]
    assert data["email_subscription"]["email"] == "alice@example.org"
    assert data["email_subscription"]["asked_to_confirm_at"] == subscription.asked_at.isoformat()
    assert (waiting["confirmed_at"], bool(data["email_subscription"]["confirmed_at"])) == (
        None,
        True,
    )
    assert data["contact"]["email"] == "invited@example.org"
    assert data["vendor_reference"] == "vendor-7"


def test_nothing_of_anybody_else_is_in_it():
    deliberation = make_open()
    client, alice = sit(deliberation)
    _, bob = sit(deliberation)
    round = the_round(deliberation)
    propose(participant=bob, round=round, text="Only Bob thinks of this.")
    vote_row(bob, [1, 1, 1])
    subscribe(participant=bob, email="bob@example.org", language="en")
    vote(alice, accepted(deliberation)[0], 1)
    data = download(client, deliberation)
    text = json.dumps(data)
    assert "Only Bob" not in text
    assert "bob@example.org" not in text
    assert len(data["votes"]) == len(data["vote_events"]) == 1


def test_it_can_be_had_after_closing():
    deliberation = make_open()
    client, alice = sit(deliberation)
    vote_row(alice, [1])
    close_round(round=the_round(deliberation), actor=None)
    assert download(client, deliberation)["votes"][0]["vote"] == "agree"


def test_without_a_seat_there_is_none():
    deliberation = make_open()
    sit(deliberation)
    answer = Client().get(reverse("own_data", args=[deliberation.slug]))
    assert answer.status_code == 302


def test_downloading_again_and_again_has_to_wait():
    deliberation = make_open()
    client, _ = sit(deliberation)
    address = reverse("own_data", args=[deliberation.slug])
    answers = [client.get(address) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_every_key_is_described():
    deliberation = make_open()
    _, alice = sit(deliberation)
    words = sys.modules[own_data.__module__].__doc__
    for key in own_data(participant=alice):
        assert key in {"format", "made_at"} or f"\n{key} " in words, key
