"""Statements like the one that is being typed."""

from __future__ import annotations

import threading

import pytest
from django.test import Client

from deliberation import similarity
from deliberation.models import Deliberation, Exposure
from deliberation.services.moderation import moderate
from deliberation.services.statements import propose
from tests.deliberation.browsing import HTMX, sit
from tests.deliberation.writing import address, address_of_links
from tests.factories import accepted, join, the_round, vote

pytestmark = pytest.mark.django_db


class TestSimilar:
    TYPED = "The assistant should keep everything I tell it to itself"

    def ask(self, client: Client, deliberation: Deliberation, text: str, **headers: str):
        return client.post(address("similar", deliberation), {"text": text}, headers=headers)

    def test_the_fragment_offers_a_statement_alike_with_the_way_to_its_card(
        self, deliberation: Deliberation
    ):
        client, participant = sit(deliberation)
        page = self.ask(client, deliberation, self.TYPED, **HTMX).content.decode()
        wanted = accepted(deliberation)[1]
        assert "<html" not in page
        assert "Is one of these what you mean?" in page
        assert wanted.text in page
        assert "1 similar statement found" in page
        (link,) = address_of_links(page, "Vote on it")
        assert f'value="{wanted.number}"' in client.get(link).content.decode()
        shown = Exposure.objects.filter(participant=participant, statement=wanted)
        assert [(one.drawn, one.probability) for one in shown] == [(False, 1.0)]

    def test_a_link_for_someone_else_puts_no_statement_before_the_reader(
        self, deliberation: Deliberation
    ):
        client, _ = sit(deliberation)
        page = self.ask(client, deliberation, self.TYPED, **HTMX).content.decode()
        other, bob = sit(deliberation)
        other.get(address_of_links(page, "Vote on it")[0])
        assert not Exposure.objects.filter(participant=bob, drawn=False).exists()

    @pytest.mark.parametrize(("value", "words"), [(1, "You agreed."), (-1, "You disagreed.")])
    def test_a_statement_voted_on_says_how_and_leads_to_the_change(
        self, deliberation: Deliberation, value: int, words: str
    ):
        client, participant = sit(deliberation)
        vote(participant, accepted(deliberation)[1], value)
        page = self.ask(client, deliberation, self.TYPED, **HTMX).content.decode()
        assert words in page
        assert address_of_links(page, "Vote on it") == []
        (link,) = address_of_links(page, "Change your vote")
        assert link.endswith("?statement=2")

    def test_an_opposite_is_said_to_be_one_and_never_asked_for_as_the_same(
        self, deliberation: Deliberation
    ):
        client, _ = sit(deliberation)
        typed = "The assistant should not ask before it acts for me."
        page = self.ask(client, deliberation, typed, **HTMX).content.decode()
        assert accepted(deliberation)[3].text in page
        assert "says the opposite" in page
        assert "Is one of these what you mean?" not in page

    def test_without_javascript_the_page_comes_back_with_text_and_suggestions(
        self, deliberation: Deliberation
    ):
        client, _ = sit(deliberation)
        for answer in (
            self.ask(client, deliberation, self.TYPED),
            client.get(address("similar", deliberation), {"text": self.TYPED}),
        ):
            page = answer.content.decode()
            assert answer.status_code == 200
            assert f">{self.TYPED}</textarea>" in page
            assert "Is one of these what you mean?" in page
        nothing = self.ask(client, deliberation, "Trains need larger windows").content.decode()
        assert "No statement like yours was found." in nothing

    def test_who_asks_too_often_waits_a_moment(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        for _ in range(30):
            self.ask(client, deliberation, "", **HTMX)
        for headers in (HTMX, {}):
            answer = self.ask(client, deliberation, self.TYPED, **headers)
            assert answer.status_code == 429
            assert answer["Retry-After"] == "1"
            assert "Please wait" in answer.content.decode()
        assert f">{self.TYPED}</textarea>" in answer.content.decode()

    def test_waiting_and_rejected_statements_are_not_suggested(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        secret = "The assistant should teach whales to sing opera."
        waiting = propose(
            participant=join(deliberation), round=the_round(deliberation), text=secret
        )
        page = self.ask(client, deliberation, secret[:-3], **HTMX).content.decode()
        assert secret not in page
        moderate(statement=waiting, decision="accept", reason="fits", actor=None, role="owner")
        page = self.ask(client, deliberation, secret[:-3], **HTMX).content.decode()
        assert secret in page

    def test_without_a_seat_there_are_none(self, deliberation: Deliberation):
        answer = self.ask(Client(), deliberation, self.TYPED, **HTMX)
        assert answer.status_code == 403

    def test_nobody_waits_for_word_vectors_that_are_being_read(
        self, deliberation: Deliberation, monkeypatch: pytest.MonkeyPatch
    ):
        client, _ = sit(deliberation)
        go_on = threading.Event()
        monkeypatch.setattr(similarity, "_warm", threading.Event())
        monkeypatch.setattr(similarity, "warm_up", lambda: go_on.wait(30))
        try:
            client.get(address("propose", deliberation))
            page = self.ask(client, deliberation, self.TYPED, **HTMX).content.decode()
            assert accepted(deliberation)[1].text in page
        finally:
            go_on.set()
            assert similarity._one_at_a_time.acquire(timeout=30)
            similarity._one_at_a_time.release()
