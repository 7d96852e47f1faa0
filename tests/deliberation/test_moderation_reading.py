"""What the moderators' pages read: how long the queue is, and since when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deliberation.models import Deliberation, Statement
from deliberation.selectors.queue import queue_state
from deliberation.services.appeals import ask_again
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from tests.factories import join, make_open, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel() -> Deliberation:
    """Two proposals wait: number 5 for 30 hours, number 6 for one."""
    deliberation = make_open()
    for text, hours in (("It should speak my dialect.", 30), ("It should be quiet.", 1)):
        made = propose(participant=join(deliberation), round=the_round(deliberation), text=text)
        made.created_at = timezone.now() - timedelta(hours=hours)
        made.save(update_fields=["created_at"])
    return deliberation


def reject(number: int) -> Statement:
    statement = Statement.objects.get(number=number)
    moderate(statement=statement, decision="reject", reason="unclear", actor=None, role="owner")
    return statement


def test_the_queue_says_how_many_wait_since_when_and_how_many_too_long(panel):
    state = queue_state(the_round(panel))
    oldest = Statement.objects.get(number=5)
    assert (state.waiting, state.oldest_at, state.overdue) == (2, oldest.created_at, 1)


def test_an_empty_queue_has_no_oldest_statement(panel):
    reject(5)
    reject(6)
    state = queue_state(the_round(panel))
    assert (state.waiting, state.oldest_at, state.overdue) == (0, None, 0)


def test_an_appeal_waits_from_when_it_was_made(panel):
    statement = reject(5)
    appeal = ask_again(participant=statement.author, statement=statement, text="It matters.")
    reject(6)
    state = queue_state(the_round(panel))
    assert (state.waiting, state.oldest_at, state.overdue) == (1, appeal.created_at, 0)


def test_after_closing_nothing_is_overdue(panel):
    close_round(round=the_round(panel), actor=None)
    state = queue_state(the_round(panel))
    assert (state.waiting, state.overdue) == (2, 0)
