"""Letters: one for each step, to those who asked before it, and never two."""

from __future__ import annotations

import asyncio
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from threading import Event
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import close_old_connections, connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from deliberation.letters import letter
from deliberation.models import Deliberation, Notice, Subscription
from deliberation.models.contacts import Moment, NoticeState
from deliberation.services.errors import NoSeat
from deliberation.services.rounds import close_round, end_proposals
from deliberation.services.subscriptions import (
    MOST_TRIES,
    TAKE_OVER_AFTER,
    due_notices,
    ending_token,
    send_notices,
    subscribe,
)
from deliberation.services.withdrawal import withdraw
from deliberation.tasks import send_notices as task
from deploy.demo.serving import free_port
from tests.aggregation.test_worker_faults import ROOT, address_of_the_test_database
from tests.deliberation.browsing import sit
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db


def asked(deliberation: Deliberation, email: str = "alice@example.org", language: str = "en"):
    """A participant who wants letters."""
    participant = join(deliberation)
    return subscribe(participant=participant, email=email, language=language)


def publish(deliberation: Deliberation) -> None:
    Deliberation.objects.filter(pk=deliberation.pk).update(published_at=timezone.now())


def close(deliberation: Deliberation) -> None:
    close_round(round=the_round(deliberation), actor=None)


class TestMoments:
    def test_one_letter_for_each_step(self):
        deliberation = make_open()
        asked(deliberation)
        assert send_notices() == 0
        end_proposals(round=the_round(deliberation), actor=None)
        assert send_notices() == 1
        close(deliberation)
        assert send_notices() == 1
        publish(deliberation)
        assert send_notices() == 1
        assert send_notices() == 0
        assert [m.subject.partition(" – ")[0] for m in mail.outbox] == [
            "No more new statements: you can vote on all of them now",
            "Voting has ended: the report",
            "The constitution is published",
        ]
        assert set(Notice.objects.values_list("state", flat=True)) == {NoticeState.SENT}

    def test_what_began_before_they_asked_is_not_told(self):
        deliberation = make_open()
        end_proposals(round=the_round(deliberation), actor=None)
        asked(deliberation)
        assert due_notices() == []
        close(deliberation)
        (due,) = due_notices()
        assert due.moment == Moment.CLOSED

    def test_the_end_of_proposing_is_no_news_once_voting_has_ended(self):
        deliberation = make_open()
        asked(deliberation)
        end_proposals(round=the_round(deliberation), actor=None)
        close(deliberation)
        assert [due.moment for due in due_notices()] == [Moment.CLOSED]

    def test_a_round_that_opened_for_voting_only_has_no_end_of_proposing(self):
        deliberation = make_open(phase="vote")
        asked(deliberation)
        assert due_notices() == []

    def test_another_deliberation_is_not_theirs(self):
        here, there = make_open(), make_open(slug="elsewhere")
        asked(here)
        close(there)
        assert due_notices() == []

    def test_publishing_again_is_told_once(self):
        deliberation = make_open()
        asked(deliberation)
        publish(deliberation)
        assert send_notices() == 1
        publish(deliberation)
        assert send_notices() == 0

    def test_a_new_address_gets_what_comes_next_and_nothing_twice(self):
        deliberation = make_open()
        participant = join(deliberation)
        subscribe(participant=participant, email="alice@example.org", language="en")
        end_proposals(round=the_round(deliberation), actor=None)
        send_notices()
        subscribe(participant=participant, email="alice@example.net", language="en")
        assert send_notices() == 0
        close(deliberation)
        send_notices()
        assert [m.to for m in mail.outbox] == [["alice@example.org"], ["alice@example.net"]]

    def test_the_task_sends_what_is_due(self):
        deliberation = make_open()
        asked(deliberation)
        close(deliberation)
        assert task() == 1
        assert len(mail.outbox) == 1

    @override_settings(MAIL_OFFERED=False)
    def test_without_a_mail_server_nothing_is_claimed(self):
        deliberation = make_open()
        asked(deliberation)
        close(deliberation)
        assert send_notices() == 0
        assert not Notice.objects.exists()

    def test_who_has_left_cannot_ask(self):
        participant = join(make_open())
        withdraw(participant=participant)
        with pytest.raises(NoSeat):
            subscribe(participant=participant, email="alice@example.org", language="en")


class TestLetter:
    @pytest.fixture(autouse=True)
    def _public_address(self, settings):
        settings.MAIL_LINKS = "https://moot.example.org"

    def test_links_are_whole_and_the_headers_let_mail_programs_end_it(self):
        deliberation = make_open(title="AI & <us>")
        subscription = asked(deliberation)
        close(deliberation)
        send_notices()
        (sent,) = mail.outbox
        token = ending_token(subscription.seat_id, subscription.email)
        ending = f"https://moot.example.org/mail/end/{token}/"
        assert ending in sent.body
        assert f"https://moot.example.org{reverse('report', args=[deliberation.slug])}" in sent.body
        assert "“AI & <us>”" in sent.body
        assert sent.subject == "Voting has ended: the report – AI & <us>"
        assert sent.extra_headers["List-Unsubscribe"] == f"<{ending}>"
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    @pytest.mark.parametrize("moment", Moment.values)
    def test_each_letter_has_words_links_and_a_way_to_end_it(self, moment):
        deliberation = make_open()
        subscription = asked(deliberation)
        notice = Notice(subscription=subscription, round=the_round(deliberation), moment=moment)
        sent = letter(notice, subscription, "a-token")
        assert the_round(deliberation).question in sent.body
        assert sent.body.count("https://moot.example.org/") >= 2
        assert sent.body.rstrip().endswith("https://moot.example.org/mail/end/a-token/")
        assert "&" not in sent.body
        assert "{" not in sent.body

    def test_it_is_in_the_readers_language(self):
        deliberation = make_open()
        subscription = asked(deliberation, language="de")
        notice = Notice(subscription=subscription, round=the_round(deliberation), moment="closed")
        with patch("deliberation.letters.render_to_string") as rendered:
            rendered.side_effect = lambda *args: get_language()
            assert letter(notice, subscription, "a-token").body == "de"


class TestTwice:
    def test_a_letter_that_was_refused_is_tried_three_times_and_then_given_up(self):
        deliberation = make_open()
        asked(deliberation)
        close(deliberation)
        now = timezone.now()
        refused = smtplib.SMTPServerDisconnected("gone")
        with patch.object(mail.backends.locmem.EmailBackend, "send_messages", side_effect=refused):
            for n in range(MOST_TRIES):
                assert send_notices(now=now + n * 2 * TAKE_OVER_AFTER) == 0
                Notice.objects.update(updated_at=now + n * 2 * TAKE_OVER_AFTER)
        notice = Notice.objects.get()
        assert (notice.state, notice.tries) == (NoticeState.FAILED, MOST_TRIES)
        assert send_notices(now=now + timedelta(days=1)) == 0
        assert mail.outbox == []

    def test_a_claim_is_left_alone_for_ten_minutes_and_then_taken_over(self):
        deliberation = make_open()
        subscription = asked(deliberation)
        close(deliberation)
        # What a worker leaves behind that was killed after its claim.
        Notice.objects.create(
            subscription=subscription, round=the_round(deliberation), moment=Moment.CLOSED
        )
        now = timezone.now()
        assert send_notices(now=now + TAKE_OVER_AFTER - timedelta(seconds=5)) == 0
        assert send_notices(now=now + TAKE_OVER_AFTER + timedelta(seconds=5)) == 1
        assert (Notice.objects.get().state, Notice.objects.get().tries) == (NoticeState.SENT, 2)

    def test_a_third_claim_that_was_never_finished_is_the_last(self):
        deliberation = make_open()
        subscription = asked(deliberation)
        close(deliberation)
        Notice.objects.create(
            subscription=subscription,
            round=the_round(deliberation),
            moment=Moment.CLOSED,
            tries=MOST_TRIES,
        )
        assert send_notices(now=timezone.now() + 2 * TAKE_OVER_AFTER) == 0
        assert Notice.objects.get().state == NoticeState.FAILED

    def test_one_that_fails_does_not_hold_up_the_others(self):
        deliberation = make_open()
        asked(deliberation, "alice@example.org")
        asked(deliberation, "bob@example.org")
        close(deliberation)
        post = mail.backends.locmem.EmailBackend.send_messages

        def picky(self, messages):
            if messages[0].to == ["alice@example.org"]:
                raise smtplib.SMTPRecipientsRefused({"alice@example.org": (550, b"unknown")})
            return post(self, messages)

        with patch.object(mail.backends.locmem.EmailBackend, "send_messages", picky):
            assert send_notices() == 1
        assert [m.to for m in mail.outbox] == [["bob@example.org"]]

    def test_the_address_is_in_no_log_line(self, capfd, caplog):
        deliberation = make_open()
        asked(deliberation)
        close(deliberation)
        error = smtplib.SMTPRecipientsRefused({"alice@example.org": (550, b"unknown")})
        with patch.object(mail.backends.locmem.EmailBackend, "send_messages", side_effect=error):
            send_notices()
        written = caplog.text + "".join(capfd.readouterr())
        assert "notice.not_sent" in written
        assert "alice@example.org" not in written

    def test_a_subscription_that_ends_meanwhile_gets_nothing(self):
        deliberation = make_open()
        subscription = asked(deliberation)
        close(deliberation)
        due = due_notices()
        subscription.delete()
        with patch("deliberation.services.subscriptions.due_notices", return_value=due):
            assert send_notices() == 0
        assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_letter_once():
    deliberation = make_open()
    people = [asked(deliberation, f"person{n}@example.org") for n in range(12)]
    close(deliberation)
    due = due_notices()
    assert len(due) == len(people)

    def worker(_):
        close_old_connections()
        try:
            return send_notices()
        finally:
            connection.close()

    # All of them read the list before any of them claims.
    at_first = patch("deliberation.services.subscriptions.due_notices", return_value=due)
    with at_first, ThreadPoolExecutor(max_workers=6) as pool:
        sent = list(pool.map(worker, range(6)))
    assert sum(sent) == len(people)
    assert sorted(m.to[0] for m in mail.outbox) == sorted(s.email for s in people)


class Sink:
    """A mail server in this process that keeps what it is handed."""

    def __init__(self) -> None:
        self.letters: list = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.letters.append(
            (envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default))
        )
        return "250 kept"


@contextmanager
def listening(sink: Sink) -> Iterator[int]:
    """The sink as a server on this computer; gives its port."""
    controller_of = pytest.importorskip("aiosmtpd.controller")
    port = free_port(0)
    controller = controller_of.Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class Stuck(Sink):
    """Never answers the first letter it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = Event()

    async def handle_DATA(self, server, session, envelope) -> str:
        if not self.reached.is_set():
            self.reached.set()
            await asyncio.sleep(3600)
        return await super().handle_DATA(server, session, envelope)


_WORKER = "import django; django.setup(); from deliberation.tasks import send_notices as s; s()"


@pytest.mark.django_db(transaction=True)
@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend")
def test_a_killed_workers_letter_is_sent_by_another_one():
    deliberation = make_open()
    asked(deliberation)
    close(deliberation)
    with listening(stuck := Stuck()) as port:
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "deploy.settings",
                "DATABASE_URL": address_of_the_test_database(),
                "EMAIL_URL": f"smtp://127.0.0.1:{port}",
                "MAIL_FROM": "panel@example.org",
                "PYTHONPATH": str(ROOT),
            },
        )
        try:
            assert stuck.reached.wait(60)
        finally:
            worker.kill()
            worker.wait()
        assert Notice.objects.get().state == NoticeState.SENDING
        with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
            assert send_notices() == 0
            assert send_notices(now=timezone.now() + 2 * TAKE_OVER_AFTER) == 1
    assert [to for to, _ in stuck.letters] == [["alice@example.org"]]
    assert Notice.objects.get().state == NoticeState.SENT


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    DEFAULT_FROM_EMAIL="Folkmoot <panel@example.org>",
    MAIL_LINKS="https://moot.example.org",
)
def test_a_real_mail_server_gets_it_as_plain_text():
    deliberation = make_open(title="Wie soll eine KI sein?")
    asked(deliberation, "alice@example.org")
    asked(deliberation, "bob@example.org")
    close(deliberation)
    sink = Sink()
    with listening(sink) as port, override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        assert send_notices() == 2
    assert [to for to, _ in sink.letters] == [["alice@example.org"], ["bob@example.org"]]
    message = sink.letters[0][1]
    assert message["From"] == "Folkmoot <panel@example.org>"
    assert message["To"] == "alice@example.org"
    assert message["Subject"].strip() == "Voting has ended: the report – Wie soll eine KI sein?"
    assert message.get_content_type() == "text/plain"
    assert "https://moot.example.org/d/assistant/you/" in message.get_content()
    notice = Notice.objects.get(subscription__email="alice@example.org")
    assert message["Message-ID"] == f"<folkmoot-notice-{notice.pk}@moot.example.org>"


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
