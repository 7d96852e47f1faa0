"""Asking for letters, and ending them, on the page and from the letter."""

from __future__ import annotations

import re

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from deliberation.figures import announced
from deliberation.models import Notice, Subscription
from deliberation.models.contacts import Moment, NoticeState
from deliberation.services.limits import take
from deliberation.services.subscriptions import (
    CONFIRM_WITHIN,
    LETTERS,
    confirming_token,
    ending_token,
    subscribe,
)
from tests.deliberation.browsing import sit
from tests.deliberation.subscribing import asked, publish
from tests.factories import join, make_open, the_round

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


def _without_secrets(html: str) -> str:
    """Without what differs each time: the safety token and the minute."""
    return re.sub(r'value="[^"]{60,}"|\d+:\d+', "", html)


class TestAnAddressToBeConfirmed:
    def typed(self, email="alice@example.org", slug="assistant"):
        deliberation = make_open(slug=slug)
        client, alice = sit(deliberation)
        address = reverse("subscribe", args=[deliberation.slug])
        client.post(address, {"email": email, "action": "save"})
        return client, alice, address, reverse("your_part", args=[deliberation.slug])

    def test_the_page_says_what_to_do_and_until_when(self):
        client, alice, _address, home = self.typed()
        html = client.get(home).content.decode()
        assert "Open the link in our letter to <bdi>alice@example.org</bdi>" in html
        until = Subscription.objects.get(seat=alice.seat).asked_at + CONFIRM_WITHIN
        assert announced(until, alice.deliberation.time_zone) in html
        assert "We will write to" not in html

    def test_the_answer_is_the_same_for_an_address_that_is_known(self):
        asked(make_open(slug="elsewhere"), "known@example.org")
        pages = []
        for n, email in enumerate(("known@example.org", "other@example.org")):
            client, _alice, address, _home = self.typed(email, slug=f"here-{n}")
            told = client.post(address, {"action": "again"}, follow=True).content.decode()
            (words,) = re.findall(r'<h2 id="mail">.*?</form>', told, re.DOTALL)
            pages.append(_without_secrets(words).replace(email, "").replace(f"here-{n}", ""))
        assert pages[0] == pages[1]

    def test_send_again_delete_and_use_another_address(self):
        client, _alice, address, home = self.typed()
        assert client.post(address, {"action": "again"})["Location"] == f"{home}#mail"
        client.post(address, {"action": "save", "email": "alice@example.net"})
        html = client.get(home).content.decode()
        assert "alice@example.net" in html
        assert "alice@example.org" not in html
        client.post(address, {"action": "end"})
        assert not Subscription.objects.exists()

    def test_sending_again_is_limited_and_deleting_is_not(self):
        client, _alice, address, _home = self.typed()
        again = [client.post(address, {"action": "again"}).status_code for _ in range(5)]
        assert again == [303] * 4 + [429]
        assert client.post(address, {"action": "end"}).status_code == 303
        assert not Subscription.objects.exists()

    def test_one_network_is_limited_and_what_was_typed_is_kept(self):
        deliberation = make_open()
        client, _alice = sit(deliberation)
        address = reverse("subscribe", args=[deliberation.slug])
        for _ in range(LETTERS.burst):
            take(LETTERS, "127.0.0.1")
        answer = client.post(address, {"email": "alice@example.org", "action": "save"})
        assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
        assert 'value="alice@example.org"' in answer.content.decode()
        assert not Subscription.objects.exists()

    def test_a_letter_that_could_not_be_sent_is_told(self):
        client, alice, _address, home = self.typed()
        Notice.objects.create(
            subscription=alice.seat.subscription,
            round=the_round(alice.deliberation),
            moment=Moment.CONFIRM,
            state=NoticeState.FAILED,
        )
        html = client.get(home).content.decode()
        assert "The letter to <bdi>alice@example.org</bdi> could not be sent" in html
        assert "Open the link in our letter" not in html

    def test_after_the_end_no_address_is_taken(self):
        deliberation = make_open()
        client, _alice = sit(deliberation)
        publish(deliberation)
        address = reverse("subscribe", args=[deliberation.slug])
        answer = client.post(address, {"email": "alice@example.org"}, follow=True)
        assert "no more letters will come" in answer.content.decode()
        assert not Subscription.objects.exists()

    @override_settings(MAIL_OFFERED=False)
    def test_without_a_mail_server_it_can_only_be_deleted(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        subscribe(participant=alice, email="alice@example.org", language="en")
        html = client.get(reverse("your_part", args=[deliberation.slug])).content.decode()
        assert 'value="again"' not in html
        assert 'value="end"' in html


class TestTheLinkThatConfirms:
    def address(self, deliberation) -> str:
        subscription = subscribe(
            participant=join(deliberation), email="alice@example.org", language="en"
        )
        token = confirming_token(subscription.seat_id, subscription.email)
        return reverse("confirm_letters", args=[deliberation.slug, token])

    def confirmed(self) -> bool:
        return Subscription.objects.get().confirmed_at is not None

    def test_opening_it_confirms_nothing_and_the_button_does_without_a_seat(self):
        address, client = self.address(make_open()), Client()
        for method in (client.get, client.head):
            assert (method(address).status_code, self.confirmed()) == (200, False)
        page = client.get(address).content.decode()
        assert "Do you want these letters?" in page
        assert "alice@example.org" not in page
        done = client.post(address, follow=True)
        assert done.redirect_chain == [(address, 303)]
        assert "Your address is confirmed" in done.content.decode()
        assert self.confirmed()

    def test_a_blind_post_from_elsewhere_confirms_nothing(self):
        address = self.address(make_open())
        assert Client(enforce_csrf_checks=True).post(address).status_code == 403
        assert not self.confirmed()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_wrong_link_and_an_old_one_say_the_same(self, method):
        deliberation = make_open()
        address = self.address(deliberation)
        Subscription.objects.update(asked_at=timezone.now() - CONFIRM_WITHIN)
        wrong = reverse("confirm_letters", args=[deliberation.slug, "wrong"])
        for link in (wrong, address):
            answer = getattr(Client(), method)(link)
            assert answer.status_code == 410
            assert "ask for them again on the page" in answer.content.decode()

    def test_before_it_is_confirmed_the_other_link_deletes_the_address(self):
        client = Client()
        page = client.get(self.address(make_open())).content.decode()
        (ending,) = re.findall(r'href="(/mail/end/[^"]+)"', page)
        assert "Delete the address?" in client.get(ending).content.decode()
        assert "Your seat" not in client.post(ending).content.decode()
        assert not Subscription.objects.exists()


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
