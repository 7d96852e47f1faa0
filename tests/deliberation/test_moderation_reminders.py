"""Moderators get one letter a day while statements wait longer than promised."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deliberation.models import Deliberation, Membership, Outgoing, Statement, User
from deliberation.moderation_letters import waiting
from deliberation.services.moderation import moderate
from deliberation.services.queue_reminders import remind_moderators
from deliberation.services.rounds import close_round
from deliberation.tasks import remind_moderators as task
from tests.deliberation.moderating import alice, moderator, numbered, waiting_panel
from tests.factories import make_user, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings) -> None:
    settings.MAIL_OFFERED = True
    settings.MAIL_LINKS = "https://panel.example"


@pytest.fixture
def panel() -> Deliberation:
    """Three proposals wait, two of them for 30 hours; bob moderates."""
    panel = waiting_panel(3)
    moderator(panel)
    aged(30, 5, 6)
    return panel


def aged(hours: int, *numbers: int) -> None:
    at = timezone.now() - timedelta(hours=hours)
    Statement.objects.filter(number__in=numbers).update(created_at=at)


def asked() -> list[str]:
    return sorted(Outgoing.objects.filter(kind="queue").values_list("user__email", flat=True))


def test_each_moderator_is_reminded_once_a_day(panel: Deliberation) -> None:
    assert (remind_moderators(), remind_moderators()) == (1, 0)
    assert asked() == ["bob@example.org"]
    Outgoing.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert task() == 1
    assert list(Outgoing.objects.order_by("id").values_list("number", flat=True)) == [1, 2]


def test_without_a_moderator_owners_and_organisers_are_reminded() -> None:
    panel = waiting_panel(1)
    aged(30, 5)
    for role in ("organiser", "recruiter", "auditor"):
        person = make_user(f"{role}@example.org")
        Membership.objects.create(deliberation=panel, user=person, role=role)
    remind_moderators()
    assert asked() == ["alice@example.org", "organiser@example.org"]


def test_whoever_may_not_sign_in_gets_nothing(panel: Deliberation) -> None:
    charlie = moderator(panel, "charlie")
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    remind_moderators()
    assert asked() == ["bob@example.org"]


def test_nothing_is_sent_before_it_is_late(panel: Deliberation) -> None:
    aged(23, 5, 6)
    assert remind_moderators() == 0


def test_nothing_is_sent_after_closing(panel: Deliberation) -> None:
    close_round(round=the_round(panel), actor=None)
    assert remind_moderators() == 0


def test_nothing_is_sent_where_no_mail_is_set_up(panel: Deliberation, settings) -> None:
    settings.MAIL_OFFERED = False
    assert remind_moderators() == 0
    assert not Outgoing.objects.exists()


def test_the_letter_says_how_many_and_where_and_no_text(panel: Deliberation) -> None:
    remind_moderators()
    letter = waiting(Outgoing.objects.get())
    assert letter.to == ["bob@example.org"]
    assert letter.subject == "Statements wait for a moderator – How an assistant should behave"
    assert "2 statements wait longer than their authors were promised." in letter.body
    assert "In all, 3 statements wait for a moderator." in letter.body
    assert "https://panel.example/organise/assistant/queue/" in letter.body
    assert "fact number" not in letter.body


def test_the_letter_is_in_the_language_of_the_deliberation(panel: Deliberation) -> None:
    Deliberation.objects.update(language="fr")
    remind_moderators()
    assert waiting(Outgoing.objects.get()).extra_headers["Content-Language"] == "fr"


def test_a_letter_that_came_too_late_is_not_sent(panel: Deliberation) -> None:
    remind_moderators()
    for number in (5, 6):
        statement = numbered(number)
        moderate(statement=statement, decision="accept", reason="fits", actor=alice(), role="owner")
    assert waiting(Outgoing.objects.get()) is None


def test_whoever_no_longer_moderates_here_gets_no_letter(panel: Deliberation) -> None:
    remind_moderators()
    Membership.objects.filter(user__email="bob@example.org").update(role="auditor")
    assert waiting(Outgoing.objects.get()) is None
