"""News goes to confirmed addresses only; the letter that asks goes out once, and by a worker."""

from __future__ import annotations

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import close_old_connections, connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from deliberation.models import Notice, Subscription
from deliberation.models.contacts import Moment, NoticeState
from deliberation.services.errors import Gone
from deliberation.services.notices import MOST_TRIES, TAKE_OVER_AFTER, due_notices, send_notices
from deliberation.services.subscriptions import (
    CONFIRM_WITHIN,
    ask_again,
    confirm,
    confirming_token,
    delete_unconfirmed,
    ending_token,
    subscribe,
    subscription_of,
    to_confirm,
)
from deliberation.services.withdrawal import withdraw
from deliberation.tasks import delete_contacts
from tests.deliberation.subscribing import asked, close, wanted
from tests.deliberation.test_letters import Sink, listening
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db
NEWS = "Voting has ended: the report"
ASKS = "Please confirm your e-mail address"


def typed(deliberation, email="alice@example.org", language="en") -> Subscription:
    """An address that somebody typed, and nobody confirmed."""
    return subscribe(participant=join(deliberation), email=email, language=language)


def subjects() -> list[str]:
    return [one.subject.partition(" – ")[0] for one in mail.outbox]


def later(**spans: int):
    return timezone.now() + timedelta(**spans)


def make_old(subscription: Subscription) -> None:
    """The link has expired a moment ago."""
    asked_at = timezone.now() - CONFIRM_WITHIN - timedelta(seconds=1)
    Subscription.objects.filter(pk=subscription.pk).update(asked_at=asked_at)


class TestNews:
    def test_goes_to_nobody_who_has_not_confirmed(self):
        deliberation = make_open()
        typed(deliberation)
        asked(deliberation, "bob@example.org")
        close(deliberation)
        send_notices()
        assert {one.to[0]: s for one, s in zip(mail.outbox, subjects(), strict=True)} == {
            "alice@example.org": ASKS,
            "bob@example.org": NEWS,
        }

    def test_of_the_time_before_the_confirmation_comes_after_it(self):
        deliberation = make_open()
        subscription = typed(deliberation)
        close(deliberation)
        send_notices()
        confirm(subscription=subscription)
        send_notices()
        assert subjects() == [ASKS, NEWS]

    def test_does_not_go_to_a_new_address_before_that_is_confirmed(self):
        deliberation = make_open()
        alice = join(deliberation)
        wanted(alice, "alice@example.org")
        subscription = subscribe(participant=alice, email="bob@example.org", language="en")
        close(deliberation)
        send_notices()
        assert [(m.to, s) for m, s in zip(mail.outbox, subjects(), strict=True)] == [
            (["bob@example.org"], ASKS)
        ]
        confirm(subscription=subscription)
        send_notices()
        assert subjects() == [ASKS, NEWS]

    def test_that_a_worker_has_claimed_stays_here_when_the_address_changes_meanwhile(self):
        deliberation = make_open()
        alice = join(deliberation)
        wanted(alice, "alice@example.org")
        close(deliberation)
        due = due_notices()
        subscribe(participant=alice, email="bob@example.org", language="en")
        with patch("deliberation.services.notices.due_notices", return_value=due):
            assert send_notices() == 0
        assert mail.outbox == []

    def test_goes_on_to_an_address_that_is_typed_once_more(self):
        alice = join(make_open())
        before = wanted(alice, "alice@example.org")
        after = subscribe(participant=alice, email="alice@example.org", language="de")
        assert (after.confirmed_at, after.language) == (before.confirmed_at, "de")
        assert send_notices() == 0


class TestTheLetterThatAsks:
    def test_goes_out_once(self):
        typed(make_open())
        assert [send_notices() for _ in range(3)] == [1, 0, 0]
        assert subjects() == [ASKS]

    def test_has_both_links_the_question_and_nothing_that_anybody_typed(self, settings):
        settings.MAIL_LINKS = "https://moot.example.org"
        deliberation = make_open(title="AI & <us>")
        subscription = typed(deliberation)
        send_notices()
        (sent,) = mail.outbox
        secrets = confirming_token(subscription.seat_id, subscription.email)
        link = reverse("confirm_letters", args=[deliberation.slug, secrets])
        ending = ending_token(subscription.seat_id, subscription.email)
        assert f"\nhttps://moot.example.org{link}\n" in sent.body
        assert sent.body.rstrip().endswith(f"https://moot.example.org/mail/end/{ending}/")
        assert the_round(deliberation).question in sent.body
        assert "“AI & <us>”" in sent.body
        assert subscription.email not in sent.body
        assert "{" not in sent.body
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_goes_again_when_asked_for_with_the_same_link_for_seven_days_more(self):
        subscription = typed(make_open())
        send_notices()
        Subscription.objects.update(asked_at=timezone.now() - timedelta(days=6))
        assert ask_again(seat=subscription.seat)
        assert send_notices() == 1
        links = [next(w for w in m.body.split() if "/confirm/" in w) for m in mail.outbox]
        assert links[0] == links[1]
        assert subscription_of(subscription.seat_id).asked_at > later(minutes=-1)

    def test_that_is_on_its_way_does_not_go_twice(self):
        subscription = typed(make_open())
        Notice.objects.create(
            subscription=subscription,
            round=the_round(subscription.seat.panel.deliberation),
            moment=Moment.CONFIRM,
        )
        ask_again(seat=subscription.seat)
        alice = subscription.seat.participant
        subscribe(participant=alice, email=subscription.email, language="en")
        assert send_notices() == 0
        assert send_notices(now=later(minutes=11)) == 1

    def test_cannot_be_asked_for_where_nothing_is_to_be_confirmed(self):
        confirmed = asked(make_open())
        assert not ask_again(seat=confirmed.seat)
        confirmed.delete()
        assert not ask_again(seat=confirmed.seat)
        assert send_notices() == 0

    def test_goes_to_the_new_address_with_another_link(self):
        alice = join(make_open())
        subscribe(participant=alice, email="alice@example.com", language="en")
        send_notices()
        subscribe(participant=alice, email="alice@example.org", language="en")
        send_notices()
        assert [one.to for one in mail.outbox] == [["alice@example.com"], ["alice@example.org"]]
        links = {next(w for w in m.body.split() if "/confirm/" in w) for m in mail.outbox}
        assert len(links) == 2

    def test_is_tried_three_times_and_then_given_up(self):
        typed(make_open())
        now = timezone.now()
        refused = smtplib.SMTPServerDisconnected("gone")
        with patch.object(mail.backends.locmem.EmailBackend, "send_messages", side_effect=refused):
            for n in range(MOST_TRIES):
                assert send_notices(now=now + n * 2 * TAKE_OVER_AFTER) == 0
                Notice.objects.update(updated_at=now + n * 2 * TAKE_OVER_AFTER)
        assert Notice.objects.get().state == NoticeState.FAILED
        assert send_notices(now=later(days=1)) == 0

    def test_is_not_sent_once_the_link_has_expired(self):
        make_old(typed(make_open()))
        assert send_notices() == 0

    def test_goes_before_news(self):
        deliberation = make_open()
        asked(deliberation, "bob@example.org")
        subscription = typed(deliberation)
        close(deliberation)
        # Asked for once more after the news began.
        Subscription.objects.filter(pk=subscription.pk).update(asked_at=later(hours=1))
        send_notices()
        assert subjects() == [ASKS, NEWS]

    def test_to_one_address_is_limited_whoever_types_it(self):
        deliberation = make_open()
        for _ in range(8):
            typed(deliberation, "victim@example.org")
        typed(deliberation, "bob@example.org")
        assert send_notices() == 7
        assert [one.to[0] for one in mail.outbox].count("victim@example.org") == 6
        assert Notice.objects.filter(state=NoticeState.FAILED).count() == 2


class TestConfirming:
    def test_the_link_works_for_its_own_deliberation_only(self):
        here, _there = make_open(), make_open(slug="elsewhere")
        subscription = typed(here)
        token = confirming_token(subscription.seat_id, subscription.email)
        assert to_confirm(here.slug, token) == subscription
        with pytest.raises(Gone):
            to_confirm("elsewhere", token)

    def test_neither_the_database_nor_the_other_link_knows_the_secret(self):
        subscription = typed(make_open())
        token = confirming_token(subscription.seat_id, subscription.email)
        assert len(token) == 22
        assert token.encode() not in bytes(subscription.confirm_hash)
        assert token != ending_token(subscription.seat_id, subscription.email)

    def test_the_link_of_the_address_before_confirms_nothing(self):
        alice = join(make_open())
        before = subscribe(participant=alice, email="alice@example.com", language="en")
        token = confirming_token(before.seat_id, before.email)
        subscribe(participant=alice, email="alice@example.org", language="en")
        with pytest.raises(Gone):
            to_confirm(alice.deliberation.slug, token)
        with pytest.raises(Gone):
            confirm(subscription=before)  # opened before the change, pressed after it
        assert Subscription.objects.get().confirmed_at is None

    def test_an_expired_link_confirms_nothing(self):
        deliberation = make_open()
        subscription = typed(deliberation)
        token = confirming_token(subscription.seat_id, subscription.email)
        make_old(subscription)
        with pytest.raises(Gone):
            confirm(subscription=subscription)
        with pytest.raises(Gone):
            to_confirm(deliberation.slug, token)
        assert subscription_of(subscription.seat_id) is None

    def test_twice_does_no_harm_and_a_confirmed_link_does_not_grow_old(self):
        deliberation = make_open()
        subscription = typed(deliberation)
        confirm(subscription=subscription)
        first = Subscription.objects.get().confirmed_at
        make_old(subscription)
        confirm(subscription=subscription)
        token = confirming_token(subscription.seat_id, subscription.email)
        assert to_confirm(deliberation.slug, token).confirmed_at == first

    def test_whoever_has_left_cannot_be_confirmed(self):
        alice = join(make_open())
        subscription = subscribe(participant=alice, email="alice@example.org", language="en")
        withdraw(participant=alice)
        with pytest.raises(Gone):
            confirm(subscription=subscription)
        assert not Subscription.objects.exists()


class TestForgetting:
    def test_what_nobody_confirmed_in_time_is_deleted_and_nothing_else(self):
        deliberation = make_open()
        late, fresh = (typed(deliberation, f"{n}@example.org") for n in ("alice", "bob"))
        confirmed = asked(deliberation, "carol@example.org")
        send_notices()
        for one in (late, confirmed):
            make_old(one)
        assert delete_unconfirmed() == 1
        assert set(Subscription.objects.all()) == {fresh, confirmed}
        assert delete_unconfirmed(now=later(days=8)) == 1

    def test_the_hourly_task_does_it(self):
        make_old(typed(make_open()))
        assert delete_contacts() == 1
        assert not Subscription.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_ask_each_address_once():
    deliberation = make_open()
    people = [typed(deliberation, f"person{n}@example.org") for n in range(8)]
    due = due_notices()
    assert len(due) == len(people)

    def worker(_):
        close_old_connections()
        try:
            return send_notices()
        finally:
            connection.close()

    # All of them read the list before any of them claims.
    at_first = patch("deliberation.services.notices.due_notices", return_value=due)
    with at_first, ThreadPoolExecutor(max_workers=4) as pool:
        sent = list(pool.map(worker, range(4)))
    assert sum(sent) == len(people)
    assert sorted(m.to[0] for m in mail.outbox) == sorted(s.email for s in people)


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    DEFAULT_FROM_EMAIL="Folkmoot <panel@example.org>",
    MAIL_LINKS="https://moot.example.org",
)
def test_over_a_real_mail_server_the_link_of_the_letter_lets_the_news_come(client):
    deliberation = make_open(title="Wie soll eine KI sein?")
    typed(deliberation)
    typed(deliberation, "bob@example.org")
    close(deliberation)
    sink = Sink()
    with listening(sink) as port, override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        assert send_notices() == 2
        asks = dict(zip(("alice", "bob"), (m for _to, m in sink.letters), strict=True))["alice"]
        assert asks["To"] == "alice@example.org"
        assert asks["Subject"].strip() == f"{ASKS} – Wie soll eine KI sein?"
        link = next(word for word in asks.get_content().split() if "/letters/confirm/" in word)
        client.post(link.removeprefix("https://moot.example.org"))
        assert send_notices() == 1
    assert [to for to, _ in sink.letters[2:]] == [["alice@example.org"]]
    assert sink.letters[2][1]["Subject"].strip().startswith(NEWS)
    assert sink.letters[2][1]["Message-ID"] != asks["Message-ID"]
