"""One letter: its words and links, how it is sent, and that a fault does not send it twice."""

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
from aiosmtpd.controller import Controller
from django.core import mail
from django.db import close_old_connections, connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from deliberation.letters import letter
from deliberation.models import Notice
from deliberation.models.contacts import Moment, NoticeState
from deliberation.services.notices import (
    MOST_TRIES,
    TAKE_OVER_AFTER,
    due_notices,
    send_notices,
)
from deliberation.services.subscriptions import ending_token
from deploy.demo.serving import free_port
from tests.aggregation.test_worker_faults import ROOT, address_of_the_test_database
from tests.deliberation.subscribing import asked, close
from tests.factories import make_open, the_round

pytestmark = pytest.mark.django_db


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

    @pytest.mark.parametrize("moment", sorted({*Moment.values} - {Moment.CONFIRM}))
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
        with patch("deliberation.services.notices.due_notices", return_value=due):
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
    at_first = patch("deliberation.services.notices.due_notices", return_value=due)
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
    port = free_port(0)
    controller = Controller(sink, hostname="127.0.0.1", port=port)
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
