"""Publishing where the deliberation wants two people: both have read the same words."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from constitutions.drafting import draft_digest
from constitutions.editing import edit_principle
from constitutions.models import Version
from deliberation.models import Approval, Membership
from tests.factories import make_user


@pytest.fixture
def bob(closed):
    user = make_user("bob@example.org")
    Membership.objects.create(deliberation=closed, user=user, role="organiser")
    return user


@pytest.fixture
def two(closed, draft, bob):
    closed.two_people = True
    closed.save()
    return draft


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page() -> str:
    return reverse("publish_version", args=["assistant", 1])


def read(client: Client) -> str:
    return client.get(page()).content.decode()


def publish(client: Client, html: str):
    """Send the form of the page that was read."""
    seen = re.search(r'name="seen" value="(\w+)"', html)[1]
    return client.post(page(), {"sure": "on", "seen": seen}, follow=True)


def status(version) -> str:
    version.refresh_from_db()
    return version.status


def test_the_first_asks_and_the_second_publishes(two, alice, bob):
    first = publish(browser(alice), read(browser(alice))).content.decode()
    assert "A second person is still needed" in first
    assert status(two) == "draft"
    shown = read(browser(bob))
    assert "alice@example.org" in shown
    assert "Agree and publish" in shown
    publish(browser(bob), shown)
    assert status(two) == "published"
    assert Approval.objects.get().agreed


def test_one_person_alone_never_publishes(two, alice):
    for _again in range(2):
        publish(browser(alice), read(browser(alice)))
    assert status(two) == "draft"


def test_an_edit_after_the_first_asked_makes_it_another_request(two, first, alice, bob):
    publish(browser(alice), read(browser(alice)))
    edit_principle(principle=first, text="Another wording.", reason="Clearer.", actor=bob)
    shown = read(browser(bob))
    assert "Something was changed since the first person asked" in shown
    publish(browser(bob), shown)
    assert status(two) == "draft"
    publish(browser(alice), read(browser(alice)))
    assert status(two) == "published"


def test_nobody_agrees_to_words_they_have_not_read(two, first, alice, bob):
    shown_before = read(browser(bob))
    edit_principle(principle=first, text="Another wording.", reason="Clearer.", actor=alice)
    publish(browser(alice), read(browser(alice)))
    assert publish(browser(bob), shown_before).status_code == 409
    assert status(two) == "draft"
    assert not Approval.objects.get().agreed


def test_a_draft_has_the_same_digest_in_every_language(two):
    digests = set()
    for language in ("en", "de", "ar"):
        with translation.override(language):
            digests.add(draft_digest(two))
    assert len(digests) == 1


def test_refusing_leaves_the_draft(two, alice, bob):
    publish(browser(alice), read(browser(alice)))
    refuse = reverse("refuse_approval", args=["assistant", Approval.objects.get().pk])
    assert browser(bob).post(refuse).status_code == 302
    assert status(two) == "draft"
    assert Approval.objects.get().decided_by == bob


def test_the_command_does_not_publish_past_the_second_person(closed, run):
    closed.two_people = True
    closed.save()
    with pytest.raises(CommandError, match="two people"):
        call_command("draft_constitution", "assistant", "--publish")
    assert not Version.objects.exists()
