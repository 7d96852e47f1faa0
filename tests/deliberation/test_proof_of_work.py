"""Open links that cost a device a moment's work."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import altcha
import pytest
from django.test import Client
from django.utils import timezone

from deliberation.models import Deliberation, Panel, Participant, RateLimit
from deliberation.services import joining, proof_of_work
from deliberation.services.errors import Invalid
from deliberation.services.panels import issue_seats
from deliberation.services.rounds import consent_hash
from tests.deliberation.test_votes import at_once
from tests.factories import make_open, the_round

pytestmark = pytest.mark.django_db

JOIN = "/d/assistant/join/"


@pytest.fixture(autouse=True)
def _little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work, less of it."""
    monkeypatch.setattr(proof_of_work, "_ROUNDS", 10)


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open(proof_of_work=True)


def worked_out(challenge: str) -> str:
    """What the browser's module sends back."""
    asked = altcha.Challenge.from_dict(json.loads(challenge))
    return altcha.Payload(asked, altcha.solve_challenge(asked)).to_base64()


def sent_from(html: str, deliberation: Deliberation, *, proof: bool) -> dict[str, str]:
    sent = {
        "agree": "on",
        "consent_hash": consent_hash(the_round(deliberation)),
        "page": re.search(r'name="page" value="([^"]+)"', html)[1],
    }
    if proof:
        sent["proof"] = worked_out(unescape(re.search(r'data-challenge="([^"]+)"', html)[1]))
    return sent


def page_of(deliberation: Deliberation, *, proof: bool) -> dict[str, str]:
    return sent_from(Client().get(JOIN).content.decode(), deliberation, proof=proof)


def older(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Pages read from now on were made that long ago."""
    read = joining.read_page

    def earlier(*args):
        page = read(*args)
        return page and joining.JoinPage(page.secret, page.made_at - seconds)

    monkeypatch.setattr("deliberation.views.joining.read_page", earlier)


class TestWithJavaScript:
    def test_the_work_opens_the_door(self, deliberation: Deliberation):
        answer = Client().post(JOIN, page_of(deliberation, proof=True))
        assert answer.status_code == 303
        assert Participant.objects.count() == 1

    def test_the_same_proof_again_is_refused(self, deliberation: Deliberation):
        sent = page_of(deliberation, proof=True)
        Client().post(JOIN, sent)
        other = page_of(deliberation, proof=False) | {"proof": sent["proof"]}
        answer = Client().post(JOIN, other)
        assert answer.status_code == 422
        assert "used before" in answer.content.decode()
        assert Participant.objects.count() == 1

    def test_a_double_click_is_one_person_and_no_refusal(self, deliberation: Deliberation):
        sent = page_of(deliberation, proof=True)
        assert [Client().post(JOIN, sent).status_code for _click in range(2)] == [303, 303]
        assert Participant.objects.count() == 1

    def test_a_forgotten_tick_costs_no_proof(self, deliberation: Deliberation):
        sent = page_of(deliberation, proof=True)
        assert Client().post(JOIN, sent | {"agree": ""}).status_code == 422
        assert Client().post(JOIN, sent).status_code == 303

    @pytest.mark.parametrize("proof", ["x", "e30=", "W10=", "eyJjaGFsbGVuZ2UiOjF9", "A" * 5000])
    def test_nonsense_is_refused_in_words(self, deliberation: Deliberation, proof: str):
        answer = Client().post(JOIN, page_of(deliberation, proof=False) | {"proof": proof})
        assert answer.status_code == 422
        assert "did not arrive in one piece" in answer.content.decode()

    def test_it_expires(self, deliberation: Deliberation, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(proof_of_work, "_LIFETIME", timedelta(seconds=-1))
        answer = Client().post(JOIN, page_of(deliberation, proof=True))
        assert answer.status_code == 422
        assert not Participant.objects.exists()

    def test_an_easier_challenge_of_ones_own_is_refused(self, deliberation: Deliberation):
        easy = altcha.create_challenge("PBKDF2/SHA-256", 1, counter=0, hmac_secret="mine")
        with pytest.raises(Invalid):
            proof_of_work.spend(deliberation, worked_out(json.dumps(easy.to_dict())))

    def test_a_longer_life_written_into_it_is_refused(self, deliberation: Deliberation):
        challenge = json.loads(proof_of_work.challenge(deliberation))
        challenge["parameters"]["expiresAt"] += 10_000
        with pytest.raises(Invalid):
            proof_of_work.spend(deliberation, worked_out(json.dumps(challenge)))

    def test_work_for_one_panel_opens_no_other(self, deliberation: Deliberation):
        there = make_open(slug="there")
        with pytest.raises(Invalid):
            proof_of_work.spend(there, worked_out(proof_of_work.challenge(deliberation)))

    def test_what_is_kept_of_it_says_when_it_may_be_forgotten(self, deliberation: Deliberation):
        proof_of_work.spend(deliberation, worked_out(proof_of_work.challenge(deliberation)))
        due = RateLimit.objects.get().due_at
        assert timedelta(hours=1) < due - timezone.now() <= timedelta(hours=2)


class TestWithoutJavaScript:
    def test_not_sooner_than_someone_can_read(self, deliberation: Deliberation):
        answer = Client().post(JOIN, page_of(deliberation, proof=False))
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 6
        assert "take a moment to read" in answer.content.decode()
        assert not Participant.objects.exists()

    def test_after_that_it_is_allowed(
        self, deliberation: Deliberation, monkeypatch: pytest.MonkeyPatch
    ):
        older(monkeypatch, 6)
        assert Client().post(JOIN, page_of(deliberation, proof=False)).status_code == 303

    def test_the_page_that_comes_back_keeps_its_age(self, deliberation: Deliberation):
        sent = page_of(deliberation, proof=False)
        again = Client().post(JOIN, sent).content.decode()
        kept = sent_from(again, deliberation, proof=False)
        assert joining.read_page(deliberation, kept["page"]) == joining.read_page(
            deliberation, sent["page"]
        )

    def test_only_a_few_from_one_network_in_an_hour(
        self, deliberation: Deliberation, monkeypatch: pytest.MonkeyPatch
    ):
        older(monkeypatch, 6)
        answers = [Client().post(JOIN, page_of(deliberation, proof=False)) for _n in range(6)]
        assert [answer.status_code for answer in answers] == [303] * 5 + [429]
        assert "Turn JavaScript on" in answers[5].content.decode()
        assert int(answers[5].headers["Retry-After"]) > 60
        # With the work done the same network goes on.
        assert Client().post(JOIN, page_of(deliberation, proof=True)).status_code == 303

    def test_a_page_of_ones_own_making_is_refused(self, deliberation: Deliberation):
        sent = page_of(deliberation, proof=False) | {"page": "made up"}
        assert Client().post(JOIN, sent).status_code == 422
        assert not Participant.objects.exists()


class TestWhereItIsNotAsked:
    def test_seat_links_never_ask(self, deliberation: Deliberation):
        (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
        link = f"/d/assistant/seat/{seat.token}/"
        assert "data-challenge" not in Client().get(link).content.decode()
        sent = {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}
        assert Client().post(link, sent).status_code == 303

    def test_nor_does_an_open_link_without_it(self, deliberation: Deliberation):
        Panel.objects.update(proof_of_work=False)
        assert "proof_of_work.js" not in Client().get(JOIN).content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_proof_sent_twenty_times_at_once_makes_one_participant():
    deliberation = make_open(proof_of_work=True)
    sent = page_of(deliberation, proof=True)
    del sent["page"]
    answers = at_once([lambda: Client().post(JOIN, sent).status_code] * 20)
    assert sorted(answers) == [303] + [422] * 19
    assert Participant.objects.count() == 1
