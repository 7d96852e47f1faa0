"""The form for a new deliberation, sent twice: one deliberation, and nothing typed is lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from deliberation.models import AuditEntry, Deliberation, Membership
from deliberation.services.deliberations import create_once
from tests.deliberation.organising import FORM
from tests.deliberation.test_votes import at_once
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_double_click_makes_one_deliberation(owner_client: Client) -> None:
    first, second = (owner_client.post("/organise/new/", FORM) for _ in "ab")
    made = Deliberation.objects.get()
    assert first.url == second.url == f"/organise/{made.slug}/"
    assert AuditEntry.objects.filter(action="deliberation.created").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_same_time_make_one_deliberation() -> None:
    alice = make_user()
    wanted = {"owner": alice, "title": "Fair AI?", "question": "What should it do?"}
    made = at_once([lambda: create_once(**wanted)] * 8)
    assert set(made) == {Deliberation.objects.get()}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"question": "Another question?"},
        {"description": "Once more, with feeling."},
        {"visibility": "unlisted"},
        {"language": "de"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_changed_before_sending_again_is_not_lost(
    owner_client: Client, change: dict[str, str]
) -> None:
    answers = [owner_client.post("/organise/new/", FORM | more) for more in ({}, change)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Deliberation.objects.count() == 2


def test_the_same_form_a_minute_later_or_from_someone_else_makes_another(
    owner_client: Client, client: Client
) -> None:
    owner_client.post("/organise/new/", FORM)
    Deliberation.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    owner_client.post("/organise/new/", FORM)
    assert Deliberation.objects.count() == 2
    client.force_login(make_user("bob@example.org"))
    client.post("/organise/new/", FORM)
    assert Membership.objects.filter(user__email="bob@example.org", role="owner").count() == 1
