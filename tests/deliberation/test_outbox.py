"""The outbox: one letter to one person once, what comes back, and who wants no more."""

from __future__ import annotations

import io
import re
import smtplib
import sys
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.test import Client, override_settings
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from deliberation.mailing import message_id, read_message_id
from deliberation.models import Contact, Outgoing, Seat
from deliberation.models.recruiting import MailKind, MailState
from deliberation.services import outbox
from deliberation.services.contacts import stop_letters
from deliberation.services.outbox import MOST_TRIES, TRY_AGAIN_AFTER, enqueue, send_due
from deliberation.services.panels import revoke_seat
from tests.deliberation.recruits import invited, person, sit_down
from tests.deliberation.subscribing import close
from tests.deliberation.test_letters import Sink, listening
from tests.factories import make_open, make_user

pytestmark = pytest.mark.django_db

SEND = "django.core.mail.backends.locmem.EmailBackend.send_messages"


@pytest.fixture(autouse=True)
def _public_address(settings):
    settings.MAIL_LINKS = "https://moot.example.org"
    settings.MAIL_OFFERED = True


def later(times: int = 1):
    return timezone.now() + times * 2 * TRY_AGAIN_AFTER


class TestSending:
    def test_each_person_gets_a_letter_with_a_link_that_takes_their_seat(self):
        invited(make_open(), person(1), person(2))
        assert send_due() == 2
        assert [m.to for m in mail.outbox] == [["p1@example.org"], ["p2@example.org"]]
        links = [
            re.search(r"https://moot.example.org(/d/assistant/seat/\S+)", m.body)[1]
            for m in mail.outbox
        ]
        assert len(set(links)) == 2
        assert Client().get(links[0]).status_code == 200
        assert set(Outgoing.objects.values_list("state", flat=True)) == {MailState.SENT}
        assert send_due() == 0

    def test_the_letter_lets_mail_programs_end_the_letters(self):
        (contact,) = invited(make_open(), person(1))
        send_due()
        (letter,) = mail.outbox
        ending = letter.extra_headers["List-Unsubscribe"].strip("<>")
        assert ending in letter.body
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = ending.removeprefix("https://moot.example.org")
        assert Client().get(path).status_code == 200
        contact.refresh_from_db()
        assert contact.no_letters_at is None, "mail programs open links by themselves"
        assert Client(enforce_csrf_checks=True).post(path).status_code == 200
        contact.refresh_from_db()
        assert contact.no_letters_at is not None

    def test_a_link_that_ends_letters_cannot_be_made_up(self):
        (contact,) = invited(make_open(), person(1))
        Client().post(f"/mail/stop/{contact.pk}-AAAAAAAAAAAAAAAAAAAAAA/")
        contact.refresh_from_db()
        assert contact.no_letters_at is None

    def test_it_is_in_the_readers_language(self):
        invited(make_open(), person(1, language="fr"))
        send_due()
        (letter,) = mail.outbox
        assert letter.extra_headers["Content-Language"] == "fr"
        with translation.override("fr"):
            assert translation.gettext("The question to the panel:") in letter.body

    def test_without_mail_the_letters_wait(self, settings):
        invited(make_open(), person(1))
        settings.MAIL_OFFERED = False
        assert send_due() == 0
        assert Outgoing.objects.get().state == MailState.QUEUED

    @pytest.mark.parametrize("why", ["joined", "stopped", "revoked", "closed", "no address"])
    def test_a_letter_that_is_not_wanted_any_more_is_not_sent(self, why):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        if why == "joined":
            sit_down(contact)
        elif why == "stopped":
            Contact.objects.update(no_letters_at=timezone.now())
        elif why == "revoked":
            revoke_seat(seat=Seat.objects.get(), actor=None)
        elif why == "closed":
            close(deliberation)
        else:
            Contact.objects.update(email="")
        assert send_due() == 0
        assert mail.outbox == []
        assert not Outgoing.objects.exists()

    def test_who_wants_no_letters_loses_those_that_wait(self):
        alice, _bob = invited(make_open(), person(1), person(2))
        stop_letters(contact=alice)
        assert send_due() == 1
        assert mail.outbox[0].to == ["p2@example.org"]

    def test_letters_of_a_kind_to_one_person_are_numbered(self):
        deliberation = make_open()
        (contact,) = invited(deliberation, person(1))
        again = enqueue(kind=MailKind.SEAT, deliberation=deliberation, contact=contact)
        user = make_user("bob@example.org")
        first = enqueue(kind=MailKind.QUEUE, deliberation=deliberation, user=user)
        assert (again.number, first.number) == (2, 1)

    def test_every_kind_of_letter_has_someone_who_writes_it(self):
        assert set(outbox.COMPOSERS) == set(MailKind.values)
        assert all(callable(import_string(path)) for path in outbox.COMPOSERS.values())


class TestFaults:
    def test_a_refused_recipient_has_come_back_and_the_others_get_their_letter(self):
        invited(make_open(), person(1), person(2))
        post = mail.backends.locmem.EmailBackend.send_messages

        def picky(self, messages):
            if messages[0].to == ["p1@example.org"]:
                raise smtplib.SMTPRecipientsRefused({"p1@example.org": (550, b"5.1.1 unknown")})
            return post(self, messages)

        with patch(SEND, picky):
            assert send_due() == 1
        lost = Outgoing.objects.get(contact__email="p1@example.org")
        assert (lost.state, lost.problem) == (MailState.BOUNCED, "550 5.1.1 unknown")
        assert send_due(now=later()) == 0

    def test_a_full_mailbox_is_tried_again(self):
        invited(make_open(), person(1))
        full = smtplib.SMTPRecipientsRefused({"p1@example.org": (452, b"mailbox full")})
        with patch(SEND, side_effect=full):
            send_due()
        assert Outgoing.objects.get().state == MailState.QUEUED
        assert send_due() == 0, "not before ten minutes have passed"
        assert send_due(now=later()) == 1

    def test_after_three_tries_it_is_given_up_until_someone_asks_again(self):
        invited(make_open(), person(1))
        with patch(SEND, side_effect=smtplib.SMTPServerDisconnected("gone")):
            for n in range(MOST_TRIES):
                Outgoing.objects.update(updated_at=timezone.now() - 2 * TRY_AGAIN_AFTER)
                assert send_due() == 0, n
        row = Outgoing.objects.get()
        assert (row.state, row.tries) == (MailState.FAILED, MOST_TRIES)
        assert send_due(now=later()) == 0
        assert outbox.send_failed_again(Outgoing.objects.all()) == 1
        assert send_due() == 1

    def test_a_claim_that_was_never_finished_is_taken_over(self):
        invited(make_open(), person(1))
        # What a worker leaves behind that was killed after its claim.
        Outgoing.objects.update(state=MailState.SENDING, tries=1, updated_at=timezone.now())
        assert send_due() == 0
        assert send_due(now=later()) == 1
        assert Outgoing.objects.get().tries == 2

    def test_a_third_claim_that_was_never_finished_is_the_last(self):
        invited(make_open(), person(1))
        Outgoing.objects.update(state=MailState.SENDING, tries=MOST_TRIES)
        assert send_due(now=later()) == 0
        assert Outgoing.objects.get().state == MailState.FAILED

    def test_a_letter_that_cannot_be_written_holds_up_no_other(self):
        deliberation = make_open()
        alice, _bob = invited(deliberation, person(1), person(2))
        Outgoing.objects.filter(contact=alice).update(kind=MailKind.CONFIRM)
        with patch.dict(outbox.COMPOSERS, {MailKind.CONFIRM: "deliberation.mailing.not_there"}):
            assert send_due() == 1
        assert Outgoing.objects.get(contact=alice).state == MailState.QUEUED

    def test_the_address_is_in_no_log_line(self, capfd, caplog):
        invited(make_open(), person(1))
        error = smtplib.SMTPRecipientsRefused({"p1@example.org": (550, b"<p1@example.org> gone")})
        with patch(SEND, side_effect=error):
            send_due()
        written = caplog.text + "".join(capfd.readouterr())
        assert "letter.not_sent" in written
        assert "p1@example.org" not in written


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_letter_once():
    people = invited(make_open(), *(person(n) for n in range(12)))
    waiting = [row.pk for row in outbox.due()]

    def worker(_):
        close_old_connections()
        try:
            return send_due()
        finally:
            connection.close()

    # All of them read the list before any of them claims.
    at_first = [list(Outgoing.objects.filter(pk__in=waiting)) for _ in range(6)]
    lists = iter(at_first)
    with (
        patch("deliberation.services.outbox.due", lambda now: _Listed(next(lists))),
        ThreadPoolExecutor(max_workers=6) as pool,
    ):
        sent = list(pool.map(worker, range(6)))
    assert sum(sent) == len(people)
    assert sorted(m.to[0] for m in mail.outbox) == sorted(c.email for c in people)


class _Listed:
    """Stands for the query that a worker made at the same moment as the others."""

    def __init__(self, rows: list[Outgoing]) -> None:
        self._rows = rows

    def __getitem__(self, wanted: slice) -> list[Outgoing]:
        return self._rows[wanted]


class Picky(Sink):
    """Knows everybody but bob."""

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address == "bob@example.org":
            return "550 5.1.1 there is no bob here"
        envelope.rcpt_tos.append(address)
        return "250 known"


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    DEFAULT_FROM_EMAIL="Folkmoot <panel@example.org>",
)
def test_a_real_mail_server_takes_two_letters_and_refuses_one():
    deliberation = make_open(title="Wie soll eine KI sein?")
    emails = ["alice@example.org", "bob@example.org", "eve@example.org"]
    invited(deliberation, *(person(n, email=e) for n, e in enumerate(emails)))
    sink = Picky()
    with listening(sink) as port, override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        assert send_due() == 2
    assert [to for to, _ in sink.letters] == [["alice@example.org"], ["eve@example.org"]]
    message = sink.letters[0][1]
    assert message["Subject"].strip() == "Your seat on a panel – Wie soll eine KI sein?"
    assert message.get_content_type() == "text/plain"
    assert message["List-Unsubscribe"].strip().startswith("<https://moot.example.org/mail/stop/")
    row = Outgoing.objects.get(contact__email="alice@example.org")
    assert message["Message-ID"] == message_id(row)
    lost = Outgoing.objects.get(contact__email="bob@example.org")
    assert lost.state == MailState.BOUNCED
    assert lost.problem.startswith("550 5.1.1")


def report(row: Outgoing, *, action: str = "failed", whole: bool = True) -> bytes:
    """A delivery report as mail servers write it."""
    headers = f"From: panel@example.org\nTo: p1@example.org\nMessage-ID: {message_id(row)}\n"
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    text = (
        "From: MAILER-DAEMON@mx.example.org\nTo: panel@example.org\nSubject: Undelivered\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; p1@example.org\nAction: {action}\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such\n mailbox\n\n"
        f"--b\nContent-Type: {kind}\n\n{headers}\nDear Person 1\n\n--b--\n"
    )
    return text.encode()


class TestComingBack:
    @pytest.fixture
    def row(self) -> Outgoing:
        invited(make_open(), person(1))
        send_due()
        return Outgoing.objects.get()

    @pytest.mark.parametrize("whole", [True, False])
    def test_a_report_on_standard_input_marks_its_letter(self, row, whole, monkeypatch):
        given = io.TextIOWrapper(io.BytesIO(report(row, whole=whole)))
        monkeypatch.setattr(sys, "stdin", given)
        said = io.StringIO()
        call_command("take_bounce", stdout=said)
        row.refresh_from_db()
        assert row.state == MailState.BOUNCED
        assert row.problem == "550 5.1.1 no such mailbox"
        assert "example.org" not in said.getvalue()

    @pytest.mark.parametrize("action", ["delayed", "delivered"])
    def test_a_letter_that_may_still_arrive_has_not_come_back(self, row, action, tmp_path):
        (file := tmp_path / "report").write_bytes(report(row, action=action))
        call_command("take_bounce", str(file), stdout=io.StringIO())
        row.refresh_from_db()
        assert row.state == MailState.SENT

    @pytest.mark.parametrize("data", [b"", b"\xff\x00", b"Subject: hello\n\nI am on holiday"])
    def test_other_mail_changes_nothing(self, row, data, tmp_path):
        (file := tmp_path / "mail").write_bytes(data)
        call_command("take_bounce", str(file), stdout=(said := io.StringIO()))
        row.refresh_from_db()
        assert row.state == MailState.SENT
        assert "Nothing was changed" in said.getvalue()

    def test_a_message_id_that_was_made_up_is_not_believed(self, row):
        own = message_id(row)
        assert read_message_id(own) == row.pk
        forged = re.sub(r"-[0-9a-f]{16}@", "-0123456789abcdef@", own)
        assert read_message_id(forged) is None


class TestHints:
    def test_a_letter_is_hinted_to_a_worker_once_its_row_can_be_seen(
        self, django_capture_on_commit_callbacks
    ):
        deliberation = make_open()
        with patch("deliberation.messages.current_app.send_task") as sent:
            with django_capture_on_commit_callbacks(execute=True):
                invited(deliberation, person(1))
                sent.assert_not_called()
            assert {call.args[0] for call in sent.call_args_list} == {outbox.SEND}

    def test_without_a_broker_the_letter_waits_for_the_schedule(
        self, django_capture_on_commit_callbacks
    ):
        deliberation = make_open()
        gone = patch("deliberation.messages.current_app.send_task", side_effect=OSError("gone"))
        with gone, django_capture_on_commit_callbacks(execute=True):
            invited(deliberation, person(1))
        assert send_due() == 1
