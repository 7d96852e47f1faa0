"""Taking a seat by the open link or a personal one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import (
    Deliberation,
    Panel,
    Participant,
)
from deliberation.services.panels import issue_seats, revoke_seat
from deliberation.services.rounds import close_round, consent_hash
from tests.deliberation.browsing import sit
from tests.factories import CONSENT, make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db


def address(name: str, deliberation: Deliberation, *args: object) -> str:
    return reverse(name, args=[deliberation.slug, *args])


def agree_to(deliberation: Deliberation) -> dict[str, str]:
    return {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}


class TestJoin:
    def test_consent_is_shown_before_anything_is_stored(self, client: Client):
        deliberation = make_open()
        answer = client.get(address("join", deliberation))
        assert CONSENT in answer.content.decode()
        assert not Participant.objects.exists()

    def test_agreeing_takes_a_seat_and_leads_to_the_first_card(self, client: Client):
        deliberation = make_open()
        answer = client.post(address("join", deliberation), agree_to(deliberation))
        assert answer.status_code == 303
        assert answer.headers["Location"] == address("vote", deliberation)
        assert Participant.objects.get().consent_hash == consent_hash(the_round(deliberation))
        assert client.get(address("vote", deliberation)).status_code == 200

    def test_without_the_tick_nobody_sits_down(self, client: Client):
        deliberation = make_open()
        sent = agree_to(deliberation) | {"agree": ""}
        answer = client.post(address("join", deliberation), sent)
        assert answer.status_code == 422
        assert "Tick the box if you agree." in answer.content.decode()
        assert not Participant.objects.exists()

    def test_agreement_to_another_text_is_refused(self, client: Client):
        deliberation = make_open()
        sent = agree_to(deliberation) | {"consent_hash": "0" * 64}
        answer = client.post(address("join", deliberation), sent)
        assert answer.status_code == 422
        assert "Please read it again" in answer.content.decode()
        assert not Participant.objects.exists()

    def test_who_sits_already_goes_on_voting(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        answer = client.get(address("join", deliberation))
        assert answer.headers["Location"] == address("vote", deliberation)
        assert Participant.objects.count() == 1

    def test_a_closed_round_takes_nobody(self, client: Client):
        deliberation = make_open()
        close_round(round=the_round(deliberation), actor=None)
        answer = client.post(address("join", deliberation), agree_to(deliberation))
        assert answer.status_code == 409
        assert not Participant.objects.exists()

    def test_by_invitation_the_open_link_is_shut(self, client: Client):
        deliberation = make_open()
        Panel.objects.filter(deliberation=deliberation).update(open_link=False)
        assert client.get(address("join", deliberation)).status_code == 403


class TestSeatLink:
    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_open()

    @pytest.fixture
    def link(self, deliberation: Deliberation) -> str:
        (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
        return address("seat", deliberation, seat.token)

    def test_it_takes_the_seat_once(self, deliberation: Deliberation, link: str, client: Client):
        assert client.get(link).status_code == 200
        assert client.post(link, agree_to(deliberation)).status_code == 303
        other = Client().post(link, agree_to(deliberation))
        assert other.status_code == 410
        assert "This seat is taken" in other.content.decode()
        assert Participant.objects.count() == 1

    def test_the_same_device_comes_back_by_it(
        self, deliberation: Deliberation, link: str, client: Client
    ):
        client.post(link, agree_to(deliberation))
        assert client.get(link).headers["Location"] == address("vote", deliberation)

    def test_an_unknown_link_says_so(self, deliberation: Deliberation, client: Client):
        answer = client.get(address("seat", deliberation, "not-a-real-token"))
        assert answer.status_code == 410
        assert "not valid" in answer.content.decode()

    def test_a_revoked_link_says_so(self, deliberation: Deliberation, link: str, client: Client):
        revoke_seat(seat=deliberation.panel.seats.get(), actor=None)
        assert client.get(link).status_code == 410

    def test_before_opening_people_sit_down_and_are_told_to_wait(self, client: Client):
        draft = make_deliberation(slug="draft")
        (seat,) = issue_seats(deliberation=draft, count=1, actor=None)
        link = address("seat", draft, seat.token)
        assert client.post(link, agree_to(draft)).status_code == 303
        answer = client.get(address("vote", draft))
        assert answer.status_code == 409
        assert "Voting has not begun" in answer.content.decode()

    def test_a_wrong_link_does_not_reveal_a_draft(self, client: Client):
        draft = make_deliberation(slug="draft")
        assert client.get(address("seat", draft, "guess")).status_code == 404

    def test_it_is_never_kept_by_a_cache(self, link: str, client: Client):
        assert "no-store" in client.get(link).headers["Cache-Control"]
