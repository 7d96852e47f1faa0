"""Taking a seat by the open link or a personal one."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import AuditEntry, Deliberation, Panel, Participant, User
from deliberation.services import limits
from deliberation.services.errors import Gone
from deliberation.services.joining import read_page
from deliberation.services.panels import issue_seats, reissue_seat, revoke_seat
from deliberation.services.returning import make_return_link
from deliberation.services.rounds import close_round, consent_hash
from tests.deliberation.browsing import sit
from tests.deliberation.test_votes import at_once
from tests.factories import CONSENT, accepted, make_deliberation, make_open, the_round, vote

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
        main = answer.content.decode().partition("<main")[2]
        assert f'href="{address("deliberation", deliberation)}"' in main
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


class TestReissuedLink:
    """Someone lost their phone: the organiser makes a new link for the same seat."""

    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_open()

    @pytest.fixture
    def old(self, deliberation: Deliberation) -> str:
        (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
        return address("seat", deliberation, seat.token)

    def new_link(self, deliberation: Deliberation) -> str:
        issued = reissue_seat(seat=deliberation.panel.seats.get(), actor=None)
        return address("seat", deliberation, issued.token)

    def test_the_next_person_sits_on_the_same_seat_with_the_same_votes(
        self, deliberation: Deliberation, old: str
    ):
        first_device, second_device = Client(), Client()
        first_device.post(old, agree_to(deliberation))
        vote(Participant.objects.get(), accepted(deliberation)[0], 1)
        new = self.new_link(deliberation)
        asked = second_device.get(new)
        assert "Go on here as the person on seat 1?" in asked.content.decode()
        answer = second_device.post(new)
        assert answer.headers["Location"] == address("vote", deliberation)
        assert second_device.get(address("vote", deliberation)).status_code == 200
        participant = Participant.objects.get()
        assert (participant.number, participant.votes.count()) == (1, 1)

    def test_the_old_device_and_the_old_link_stop_working(
        self, deliberation: Deliberation, old: str
    ):
        lost = Client()
        lost.post(old, agree_to(deliberation))
        Panel.objects.update(open_link=False)
        self.new_link(deliberation)
        assert lost.get(address("vote", deliberation)).status_code == 403
        assert lost.get(old).status_code == 410

    def test_the_participants_own_link_ends_with_it(self, deliberation: Deliberation, old: str):
        Client().post(old, agree_to(deliberation))
        mine = make_return_link(participant=Participant.objects.get())
        self.new_link(deliberation)
        assert Client().get(address("come_back", deliberation, mine)).status_code == 410

    def test_the_new_link_works_once(self, deliberation: Deliberation, old: str):
        Client().post(old, agree_to(deliberation))
        new = self.new_link(deliberation)
        assert Client().post(new).status_code == 303
        assert Client().post(new, agree_to(deliberation)).status_code == 410

    def test_looking_at_it_uses_nothing_up(self, deliberation: Deliberation, old: str):
        Client().post(old, agree_to(deliberation))
        new = self.new_link(deliberation)
        Client().get(new)
        assert Client().post(new).status_code == 303

    def test_a_free_seat_gets_a_new_link_that_takes_it(self, deliberation: Deliberation, old: str):
        new = self.new_link(deliberation)
        assert Client().get(old).status_code == 410
        assert Client().post(new, agree_to(deliberation)).status_code == 303
        assert Participant.objects.count() == 1

    def test_the_organisers_page_shows_it_once_and_a_reload_replaces_nothing(
        self, deliberation: Deliberation, old: str, client: Client
    ):
        client.force_login(User.objects.get())
        page = "/organise/assistant/seats/1/link/"
        mark = re.search(r'name="replaces" value="(\w+)"', client.get(page).content.decode())[1]
        answer = client.post(page, {"replaces": mark}).content.decode()
        new = re.search(r"<code[^>]*>\S+(/d/assistant/seat/[\w-]+/)</code>", answer)[1]
        assert client.post(page, {"replaces": mark}).status_code == 409
        assert Client().get(new).status_code == 200
        entry = AuditEntry.objects.get(action="seat.reissued")
        assert entry.subject == "seat 1"
        assert new.split("/")[-2] not in str(entry.detail)

    def test_a_revoked_seat_gets_none(self, deliberation: Deliberation, old: str):
        seat = deliberation.panel.seats.get()
        revoke_seat(seat=seat, actor=None)
        with pytest.raises(Gone):
            reissue_seat(seat=seat, actor=None)


class TestSentTwice:
    """A double click whose first answer never arrived, so that there is no cookie yet."""

    def sealed(self, html: str) -> dict[str, str]:
        return {"page": re.search(r'name="page" value="([^"]+)"', html)[1]}

    @pytest.mark.parametrize("way", ["join", "seat"])
    def test_the_same_page_leads_to_the_same_participant(self, way: str):
        deliberation = make_open()
        (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
        link = address(way, deliberation, *([seat.token] if way == "seat" else []))
        sent = agree_to(deliberation) | self.sealed(Client().get(link).content.decode())
        first, second = Client(), Client()
        assert [one.post(link, sent).status_code for one in (first, second)] == [303, 303]
        assert Participant.objects.count() == 1
        assert second.get(address("vote", deliberation)).status_code == 200

    def test_a_made_up_page_is_a_new_person(self):
        deliberation = make_open()
        sent = agree_to(deliberation) | {"page": "mine"}
        for _n in range(2):
            Client().post(address("join", deliberation), sent)
        assert Participant.objects.count() == 2

    def test_its_secret_is_no_link_to_come_back_by(self):
        deliberation = make_open()
        link = address("join", deliberation)
        sent = self.sealed(Client().get(link).content.decode())
        Client().post(link, agree_to(deliberation) | sent)
        secret = read_page(deliberation, sent["page"]).secret
        assert Client().get(address("come_back", deliberation, secret)).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_a_seat_link_used_twenty_times_at_once_makes_one_participant():
    deliberation = make_open()
    (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
    link, sent = address("seat", deliberation, seat.token), agree_to(deliberation)
    answers = at_once([lambda: Client().post(link, sent).status_code] * 20)
    assert sorted(answers) == [303] + [410] * 19
    assert Participant.objects.count() == 1


def test_many_from_one_network_are_slowed_down_in_words(client: Client, monkeypatch):
    monkeypatch.setattr(limits, "JOIN", limits.Limit("join", every=60, burst=2))
    deliberation = make_open()
    link = address("join", deliberation)
    answers = [Client().post(link, agree_to(deliberation)) for _n in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert "Please wait" in answers[2].content.decode()
    assert "checked" in answers[2].content.decode()
    assert client.get(link).status_code == 200
