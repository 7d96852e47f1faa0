"""Which letters are due: one for each step, to those who asked before it, and never two."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import override_settings

from deliberation.models import Notice
from deliberation.models.contacts import Moment, NoticeState
from deliberation.services.errors import NoSeat
from deliberation.services.notices import due_notices, send_notices
from deliberation.services.rounds import end_proposals
from deliberation.services.subscriptions import subscribe
from deliberation.services.withdrawal import withdraw
from deliberation.tasks import send_notices as task
from tests.deliberation.subscribing import asked, close, publish, wanted
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db


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
        wanted(participant, "alice@example.org")
        end_proposals(round=the_round(deliberation), actor=None)
        send_notices()
        wanted(participant, "alice@example.net")
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
