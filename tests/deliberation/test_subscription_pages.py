"""Asking for letters, and ending them, on the page and from the letter."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from deliberation.models import Subscription
from deliberation.services.subscriptions import ending_token
from tests.deliberation.browsing import sit
from tests.deliberation.subscribing import asked
from tests.factories import make_open

pytestmark = pytest.mark.django_db


class TestPages:
    def test_asking_changing_and_ending(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        address, home = (reverse(n, args=[deliberation.slug]) for n in ("subscribe", "your_part"))
        answer = client.post(address, {"email": "alice@example.org", "action": "save"})
        assert (answer.status_code, answer["Location"]) == (303, f"{home}#mail")
        assert "alice@example.org" in client.get(home).content.decode()
        client.post(address, {"email": "alice@example.net", "action": "save"})
        assert Subscription.objects.get(seat=alice.seat).email == "alice@example.net"
        client.post(address, {"action": "end"})
        assert not Subscription.objects.exists()
        assert "alice@example.net" not in client.get(home).content.decode()

    def test_a_typing_error_keeps_what_was_typed(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        answer = client.post(
            reverse("subscribe", args=[deliberation.slug]), {"email": "alice(at)example.org"}
        )
        html = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="alice(at)example.org"' in html
        assert "This is not an e-mail address." in html
        assert not Subscription.objects.exists()

    def test_the_language_of_the_page_is_kept(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        client.post(
            reverse("subscribe", args=[deliberation.slug]),
            {"email": "alice@example.org"},
            headers={"Accept-Language": "fr"},
        )
        assert Subscription.objects.get().language == "fr"

    @override_settings(MAIL_OFFERED=False)
    def test_without_a_mail_server_nobody_is_offered_letters(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        html = client.get(reverse("your_part", args=[deliberation.slug])).content.decode()
        assert 'name="email"' not in html
        answer = client.post(
            reverse("subscribe", args=[deliberation.slug]), {"email": "alice@example.org"}
        )
        assert answer.status_code == 404
        assert not Subscription.objects.exists()

    def test_asking_again_and_again_has_to_wait(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        address = reverse("subscribe", args=[deliberation.slug])
        sent = [client.post(address, {"email": f"a{n}@example.org"}) for n in range(6)]
        assert [answer.status_code for answer in sent] == [303] * 5 + [429]

    def test_the_address_stands_on_the_seat_and_only_its_hash_ends_it(self):
        deliberation = make_open()
        subscription = asked(deliberation)
        token = ending_token(subscription.seat_id, subscription.email)
        assert len(token) == 22
        assert token.encode() not in bytes(subscription.token_hash)
        assert ending_token(subscription.seat_id, "bob@example.org") != token


class TestTheLinkInTheLetter:
    def address(self, subscription: Subscription) -> str:
        token = ending_token(subscription.seat_id, subscription.email)
        return reverse("unsubscribe", args=[token])

    def test_opening_it_ends_nothing_and_the_button_does(self):
        subscription = asked(make_open())
        address = self.address(subscription)
        page = Client().get(address)
        assert (page.status_code, Subscription.objects.count()) == (200, 1)
        assert "End the letters?" in page.content.decode()
        done = Client().post(address)
        assert "No more letters" in done.content.decode()
        assert Subscription.objects.count() == 0

    def test_mail_programs_end_it_with_one_request(self):
        subscription = asked(make_open())
        strict = Client(enforce_csrf_checks=True)
        answer = strict.post(self.address(subscription), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not Subscription.objects.exists()

    def test_twice_does_no_harm_and_a_wrong_secret_does_nothing(self):
        subscription = asked(make_open())
        address = self.address(subscription)
        assert Client().post(reverse("unsubscribe", args=["wrong"])).status_code == 200
        assert Subscription.objects.count() == 1
        for _ in range(2):
            assert Client().post(address).status_code == 200
        assert Client().get(address).status_code == 200
        assert not Subscription.objects.exists()
