"""Writing a statement."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from deliberation.models import (
    Deliberation,
    Statement,
)
from deliberation.services.moderation import moderate
from deliberation.services.rounds import consent_hash, end_proposals
from deliberation.services.statements import propose
from tests.deliberation.browsing import sit
from tests.factories import accepted, join, make_open, the_round

pytestmark = pytest.mark.django_db


def address(name: str, deliberation: Deliberation, *args: object) -> str:
    return reverse(name, args=[deliberation.slug, *args])


def agree_to(deliberation: Deliberation) -> dict[str, str]:
    return {"agree": "on", "consent_hash": consent_hash(the_round(deliberation))}


class TestPropose:
    TEXT = "The assistant should tell me who pays for it."

    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_open()

    def send(self, client: Client, deliberation: Deliberation, text: str):
        return client.post(address("propose", deliberation), {"text": text})

    def test_it_is_stored_and_says_what_happens_next(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        answer = self.send(client, deliberation, self.TEXT)
        assert answer.status_code == 303
        assert Statement.objects.get(author=participant).text == self.TEXT
        html = client.get(answer.headers["Location"]).content.decode()
        assert "A moderator reads your statement next." in html
        assert "Waiting for a moderator" in html

    def test_moderated_afterwards_it_is_in_the_vote_at_once(self):
        deliberation = make_open(moderation="after", slug="after")
        client, _ = sit(deliberation)
        self.send(client, deliberation, self.TEXT)
        html = client.get(address("propose", deliberation)).content.decode()
        assert "is in the vote now" in html

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "Write your statement first."),
            ("   ", "Write your statement first."),
            ("No.", "too short"),
            ("So very " + "very " * 50 + "long.", "characters too long"),
        ],
    )
    def test_what_does_not_hold_is_422_and_keeps_the_text(
        self, deliberation: Deliberation, text: str, words: str
    ):
        client, participant = sit(deliberation)
        answer = self.send(client, deliberation, text)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert words in html
        assert f">{text}</textarea>" in html
        assert not Statement.objects.filter(author=participant).exists()

    def test_a_duplicate_is_answered_with_the_one_that_is_there(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        existing = accepted(deliberation)[0]
        answer = self.send(client, deliberation, existing.text.upper())
        assert answer.status_code == 422
        assert f"“{existing.text}”" in answer.content.decode()
        assert not Statement.objects.filter(author=participant).exists()

    def test_once_proposing_has_ended_it_is_409_and_gives_the_text_back(
        self, deliberation: Deliberation
    ):
        client, participant = sit(deliberation)
        end_proposals(round=the_round(deliberation), actor=None)
        answer = self.send(client, deliberation, self.TEXT)
        assert answer.status_code == 409
        assert self.TEXT in answer.content.decode()
        assert not Statement.objects.filter(author=participant).exists()

    def test_the_author_is_told_why_a_statement_was_turned_down(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        self.send(client, deliberation, self.TEXT)
        moderate(
            statement=Statement.objects.get(author=participant),
            decision="reject",
            reason="unclear",
            note="Say what you mean by paying.",
            actor=None,
            role="moderator",
        )
        html = client.get(address("propose", deliberation)).content.decode()
        assert "Hard to understand for others" in html
        assert "Say what you mean by paying." in html

    def test_others_statements_are_not_listed_as_ones_own(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        propose(participant=join(deliberation), round=the_round(deliberation), text=self.TEXT)
        assert self.TEXT not in client.get(address("propose", deliberation)).content.decode()

    def test_markup_is_shown_as_text(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        self.send(client, deliberation, "The assistant should <b>never</b> shout.")
        html = client.get(address("propose", deliberation)).content.decode()
        assert "&lt;b&gt;never" in html
