"""Coming back on another device by a secret link of one's own."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.access import current_participant
from deliberation.models import Deliberation, Participant
from deliberation.services import limits
from deliberation.services.panels import issue_seats, revoke_seat, take_seat
from deliberation.services.returning import find_returning, make_return_link
from tests.deliberation.browsing import sit
from tests.factories import make_deliberation, make_open

pytestmark = pytest.mark.django_db


def make(client: Client, deliberation: Deliberation) -> tuple[str, str]:
    """The page that shows a new link, and the path of the link."""
    answer = client.post(reverse("return_link", args=[deliberation.slug]))
    assert answer.status_code == 200, answer.content.decode()
    html = answer.content.decode()
    return html, re.search(r'value="http://testserver(/d/[^"]+/back/[^"]+/)"', html)[1]


def seat_on(client: Client, deliberation: Deliberation) -> Participant | None:
    """Who sits on this device, as the pages see it."""
    answer = client.get(reverse("deliberation", args=[deliberation.slug]))
    return current_participant(answer.wsgi_request, deliberation)


class TestMaking:
    def test_it_is_shown_with_a_copy_field_a_code_and_a_mail(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        html, link = make(client, deliberation)
        token = link.split("/")[-2]
        assert len(token) == 22
        assert "data-copy" in html
        assert "<svg" in html
        mail = unquote(re.search(r'href="mailto:\?([^"]+)"', html)[1])
        assert f"http://testserver{link}" in mail
        participant.refresh_from_db()
        assert token.encode() not in bytes(participant.return_hash)

    def test_the_picture_needs_no_inline_style(self, deliberation: Deliberation):
        client, _participant = sit(deliberation)
        html, _link = make(client, deliberation)
        picture = re.search(r"<svg[^>]*width=.*?</svg>", html, re.DOTALL)[0]
        assert "style=" not in picture

    def test_a_new_one_replaces_the_one_before(self, deliberation: Deliberation):
        client, _participant = sit(deliberation)
        _html, first = make(client, deliberation)
        _html, second = make(client, deliberation)
        assert Client().get(first).status_code == 410
        assert Client().get(second).status_code == 200

    def test_it_takes_a_seat_and_a_post(self, deliberation: Deliberation, client: Client):
        address = reverse("return_link", args=[deliberation.slug])
        assert client.post(address).status_code == 403
        assert sit(deliberation)[0].get(address).status_code == 405

    def test_it_is_never_kept_by_a_cache(self, deliberation: Deliberation):
        client, _participant = sit(deliberation)
        answer = client.post(reverse("return_link", args=[deliberation.slug]))
        assert "no-store" in answer.headers["Cache-Control"]


class TestComingBack:
    def test_looking_signs_nobody_in_and_one_button_does(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        _html, link = make(client, deliberation)
        phone = Client()
        for _preview in range(3):
            asked = phone.get(link)
            assert "Go on here as the person on seat 1?" in asked.content.decode()
            assert seat_on(phone, deliberation) is None
        assert phone.post(link).headers["Location"] == f"/d/{deliberation.slug}/vote/"
        assert seat_on(phone, deliberation) == participant
        assert seat_on(client, deliberation) == participant
        assert Participant.objects.count() == 1

    def test_on_the_device_it_came_from_it_leads_on(self, deliberation: Deliberation):
        client, _participant = sit(deliberation)
        _html, link = make(client, deliberation)
        assert client.get(link).url == f"/d/{deliberation.slug}/vote/"

    def test_who_sits_here_already_is_told(self, deliberation: Deliberation):
        client, _participant = sit(deliberation)
        _html, link = make(client, deliberation)
        other, _bob = sit(deliberation)
        assert "Someone sits here on seat 2." in other.get(link).content.decode()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_wrong_link_says_so(self, deliberation: Deliberation, method: str, client: Client):
        answer = getattr(client, method)(f"/d/{deliberation.slug}/back/{'x' * 22}/")
        assert answer.status_code == 410
        assert "replaced by a newer one" in answer.content.decode()

    def test_a_revoked_seat_cannot_be_come_back_to(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        _html, link = make(client, deliberation)
        revoke_seat(seat=participant.seat, actor=None)
        assert Client().post(link).status_code == 410

    def test_a_link_of_one_panel_opens_no_other(self, deliberation: Deliberation):
        _client, participant = sit(deliberation)
        there = make_open(slug="there")
        assert find_returning(there, make_return_link(participant=participant)) is None

    def test_it_works_in_preparation_and_a_wrong_one_reveals_nothing(self, client: Client):
        draft = make_deliberation(slug="draft")
        (seat,) = issue_seats(deliberation=draft, count=1, actor=None)
        alice = take_seat(deliberation=draft, token=seat.token, consent_hash="a" * 64)
        token = make_return_link(participant=alice)
        assert client.get("/d/draft/back/wrong/").status_code == 404
        assert client.post(f"/d/draft/back/{token}/").status_code == 303

    def test_guesses_from_one_network_are_slowed_down_and_looking_is_not(
        self, deliberation: Deliberation, monkeypatch
    ):
        monkeypatch.setattr(limits, "LINK", limits.Limit("link", every=60, burst=2))
        address = f"/d/{deliberation.slug}/back/guess/"
        assert [Client().post(address).status_code for _n in range(3)] == [410, 410, 429]
        assert Client().get(address).status_code == 410
