"""People whom a recruitment vendor sends with ?xid=, and their way back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import Deliberation, Panel, Participant, Seat, VendorReference
from deliberation.services.errors import Invalid
from deliberation.services.panels import revoke_seat, take_seat
from deliberation.services.rounds import close_round, consent_hash
from deliberation.services.vendors import Completion, check_return_url, completion, xid_hash
from tests.deliberation.test_votes import at_once
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db

BACK = "https://vendor.example/done?person={xid}&code={code}"


@pytest.fixture
def deliberation() -> Deliberation:
    return vendor_panel()


def vendor_panel(**changes: object) -> Deliberation:
    wanted = {"open_link": False, "vendor_link": True, "return_url": BACK} | changes
    return make_open(completion_code="C0DE 1", **wanted)


def link(deliberation: Deliberation, xid: str) -> str:
    return reverse("join", args=[deliberation.slug], query={"xid": xid})


def agree_to(deliberation: Deliberation) -> dict[str, str]:
    return {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}


def sent_by_vendor(deliberation: Deliberation, xid: str) -> Participant:
    agreed = consent_hash(the_round(deliberation))
    return take_seat(deliberation=deliberation, token=None, xid=xid, consent_hash=agreed)


class TestOneSeatForEachPerson:
    def test_it_works_without_the_open_link(self, deliberation: Deliberation, client: Client):
        assert client.get(link(deliberation, "ABC")).status_code == 200
        assert client.post(link(deliberation, "ABC"), agree_to(deliberation)).status_code == 303
        seat = Seat.objects.get()
        assert seat.kind == "vendor"
        assert bytes(seat.xid_hash) == xid_hash(deliberation.panel, "ABC")
        assert VendorReference.objects.get(seat=seat).xid == "ABC"
        assert client.get(f"/d/{deliberation.slug}/vote/").status_code == 200

    def test_without_an_xid_it_stays_shut(self, deliberation: Deliberation, client: Client):
        assert client.get(reverse("join", args=[deliberation.slug])).status_code == 403

    def test_where_no_vendor_sends_people_an_xid_opens_nothing(self, client: Client):
        deliberation = vendor_panel()
        Panel.objects.update(vendor_link=False)
        assert client.get(link(deliberation, "ABC")).status_code == 403

    def test_on_the_same_device_it_leads_on(self, deliberation: Deliberation, client: Client):
        client.post(link(deliberation, "ABC"), agree_to(deliberation))
        assert client.get(link(deliberation, "ABC")).url == f"/d/{deliberation.slug}/vote/"
        client.post(link(deliberation, "ABC"), agree_to(deliberation))
        assert Participant.objects.count() == 1

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_on_another_device_it_says_how_to_come_back(
        self, deliberation: Deliberation, method: str
    ):
        Client().post(link(deliberation, "ABC"), agree_to(deliberation))
        other = Client()
        sent = [agree_to(deliberation)] if method == "post" else []
        answer = getattr(other, method)(link(deliberation, "ABC"), *sent)
        assert answer.status_code == 409
        assert "You have joined already" in answer.content.decode()
        assert "seat" not in other.cookies
        assert Participant.objects.count() == 1

    def test_two_people_on_one_computer_have_two_seats(
        self, deliberation: Deliberation, client: Client
    ):
        for xid in ("ABC", "DEF"):
            client.post(link(deliberation, xid), agree_to(deliberation))
        assert Participant.objects.count() == 2

    def test_who_was_revoked_does_not_get_a_second_seat(
        self, deliberation: Deliberation, client: Client
    ):
        client.post(link(deliberation, "ABC"), agree_to(deliberation))
        revoke_seat(seat=Seat.objects.get(), actor=None)
        assert client.get(link(deliberation, "ABC")).status_code == 410

    def test_after_closing_nobody_joins(self, deliberation: Deliberation, client: Client):
        close_round(round=the_round(deliberation), actor=None)
        assert client.get(link(deliberation, "ABC")).status_code == 409

    @pytest.mark.parametrize(
        "junk", ["", "  ", "x" * 201, "a\x00b", "a\nb", "{{PERSON}}", "[%ID%]", "\u202eabc"]
    )
    def test_junk_is_refused_in_words(self, deliberation: Deliberation, client: Client, junk: str):
        for answer in (
            client.get(link(deliberation, junk)),
            client.post(link(deliberation, junk), agree_to(deliberation)),
        ):
            assert answer.status_code == 422
            assert "The link you followed" in answer.content.decode()
        assert not Seat.objects.exists()

    def test_bytes_that_are_no_text_are_refused(self, deliberation: Deliberation, client: Client):
        answer = client.get(f"/d/{deliberation.slug}/join/?xid=%ff%fe")
        assert answer.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_the_same_xid_twenty_times_at_once_makes_one_participant():
    deliberation = vendor_panel()
    sent, here = agree_to(deliberation), link(deliberation, "ABC")
    answers = at_once([lambda: Client().post(here, sent).status_code] * 20)
    assert sorted(answers) == [303] + [409] * 19
    assert (Participant.objects.count(), Seat.objects.count()) == (1, 1)


class TestCompletion:
    def test_only_who_reached_the_goal_gets_it(self, deliberation: Deliberation):
        alice = sent_by_vendor(deliberation, "ABC")
        assert completion(alice, voted=29, goal=30) is None
        assert completion(alice, voted=30, goal=30) == Completion(
            code="C0DE 1", return_url="https://vendor.example/done?person=ABC&code=C0DE%201"
        )

    def test_what_is_filled_in_cannot_change_the_address(self, deliberation: Deliberation):
        bob = sent_by_vendor(deliberation, "a&code=mine#x/é")
        done = completion(bob, voted=30, goal=30)
        assert done.return_url.endswith("?person=a%26code%3Dmine%23x%2F%C3%A9&code=C0DE%201")

    def test_who_came_by_the_open_link_gets_the_code_alone(self):
        deliberation = vendor_panel(open_link=True)
        assert completion(join(deliberation), voted=30, goal=30) == Completion("C0DE 1", "")

    def test_nothing_set_means_nothing_shown(self):
        assert completion(join(make_open()), voted=30, goal=30) is None


@pytest.mark.parametrize(
    "address",
    [BACK, "https://vendor.example/{xid}", "http://localhost:8000/done", "http://127.0.0.1/x"],
)
def test_addresses_people_can_be_sent_to(address: str):
    assert check_return_url(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://vendor.example/done",
        "javascript:alert(1)",
        "https://",
        "https:///done",
        "//vendor.example/done",
        "https://{xid}.example/done",
        "https://localhost@vendor.example/",
        "https://vendor.example/{pid}",
        "https://vendor.example/a b",
        "https://[::1/done",
        "https://vendor.example:port/done",
        "done",
    ],
)
def test_addresses_nobody_is_sent_to(address: str):
    with pytest.raises(Invalid):
        check_return_url(address)
