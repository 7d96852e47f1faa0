"""Writing a statement."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import OperationalError

from deliberation.models import Deliberation, Statement, StatementLineage
from deliberation.services.errors import Duplicate, WrongPhase
from deliberation.services.moderation import moderate
from deliberation.services.rounds import end_proposals
from deliberation.services.statements import propose
from deliberation.services.votes import withdraw_vote
from deliberation.views import proposing
from tests.deliberation.browsing import sit
from tests.deliberation.test_votes import at_once
from tests.deliberation.writing import address, address_of_links, send_statement
from tests.factories import accepted, join, make_open, the_round, vote

pytestmark = pytest.mark.django_db


class TestPropose:
    TEXT = "The assistant should tell me who pays for it."

    def test_it_is_stored_and_says_what_happens_next(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        answer = send_statement(client, deliberation, self.TEXT)
        assert answer.status_code == 303
        assert Statement.objects.get(author=participant).text == self.TEXT
        html = client.get(answer.headers["Location"]).content.decode()
        assert "A moderator reads your statement next." in html
        assert "Waiting for a moderator" in html

    def test_moderated_afterwards_it_is_in_the_vote_at_once(self):
        deliberation = make_open(moderation="after", slug="after")
        client, _ = sit(deliberation)
        send_statement(client, deliberation, self.TEXT)
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
        answer = send_statement(client, deliberation, text)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert words in html
        assert f">{text}</textarea>" in html
        assert not Statement.objects.filter(author=participant).exists()

    def test_a_duplicate_is_answered_with_the_one_that_is_there(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        existing = accepted(deliberation)[0]
        answer = send_statement(client, deliberation, existing.text.upper())
        assert answer.status_code == 422
        assert f"<q>{existing.text}</q>" in answer.content.decode()
        assert not Statement.objects.filter(author=participant).exists()

    def test_once_proposing_has_ended_it_is_409_and_gives_the_text_back(
        self, deliberation: Deliberation
    ):
        client, participant = sit(deliberation)
        end_proposals(round=the_round(deliberation), actor=None)
        answer = send_statement(client, deliberation, self.TEXT)
        assert answer.status_code == 409
        assert self.TEXT in answer.content.decode()
        assert not Statement.objects.filter(author=participant).exists()

    def test_the_author_is_told_why_a_statement_was_turned_down(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        send_statement(client, deliberation, self.TEXT)
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
        send_statement(client, deliberation, "The assistant should <b>never</b> shout.")
        html = client.get(address("propose", deliberation)).content.decode()
        assert "&lt;b&gt;never" in html

    def test_the_form_and_the_service_hold_the_rounds_limit(self):
        deliberation = make_open(statement_max_length=60)
        client, participant = sit(deliberation)
        fits = "It should say what it does not know yet, and say it at once."
        assert len(fits) == 60
        page = send_statement(client, deliberation, fits + "!").content.decode()
        assert "1 character too long. The limit is 60." in page
        assert 'data-limit="60"' in page
        assert send_statement(client, deliberation, fits).status_code == 303
        assert Statement.objects.get(author=participant).text == fits

    def test_ones_own_statement_sent_twice_is_one_and_no_mistake(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        answers = [send_statement(client, deliberation, self.TEXT) for _ in "ab"]
        assert [answer.status_code for answer in answers] == [303, 303]
        assert Statement.objects.filter(author=participant).count() == 1
        assert "sent this statement before" in client.get(answers[1].url).content.decode()

    def test_a_duplicate_leads_to_its_card_and_one_that_waits_does_not(
        self, deliberation: Deliberation
    ):
        client, _ = sit(deliberation)
        existing = accepted(deliberation)[0]
        page = send_statement(client, deliberation, existing.text).content.decode()
        (link,) = address_of_links(page, "Vote on it")
        card = client.get(link).content.decode()
        assert f'name="statement" value="{existing.number}"' in card
        propose(participant=join(deliberation), round=the_round(deliberation), text=self.TEXT)
        page = send_statement(client, deliberation, self.TEXT.upper()).content.decode()
        assert "It still waits for a moderator." in page
        assert address_of_links(page, "Vote on it") == []

    def test_too_many_at_once_are_429_in_words_and_keep_the_text(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        for number in range(5):
            send_statement(client, deliberation, f"It should know fact {number} of my life.")
        answer = send_statement(client, deliberation, self.TEXT)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert "Please wait" in answer.content.decode()
        assert f">{self.TEXT}</textarea>" in answer.content.decode()
        assert Statement.objects.filter(author=participant).count() == 5

    def test_without_the_database_the_text_comes_back_ready_to_be_sent_again(
        self, deliberation: Deliberation, monkeypatch: pytest.MonkeyPatch
    ):
        client, _ = sit(deliberation)

        def away(*_: object) -> None:
            raise OperationalError("the server closed the connection")

        monkeypatch.setattr(proposing, "visible_deliberation", away)
        answer = send_statement(client, deliberation, self.TEXT)
        assert answer.status_code == 503
        assert answer["Retry-After"] == "5"
        assert f'name="text" value="{self.TEXT}"' in answer.content.decode()

    def test_what_it_was_merged_into_is_said(self, deliberation: Deliberation):
        client, _ = sit(deliberation)
        send_statement(client, deliberation, self.TEXT)
        merged = accepted(deliberation)[1]
        StatementLineage.objects.create(
            child=merged, parent=Statement.objects.get(text=self.TEXT), kind="merged"
        )
        page = client.get(address("propose", deliberation)).content.decode()
        assert "It was merged with others into:" in page
        assert merged.text in page
        (link,) = address_of_links(page, "Vote on it")
        assert f'value="{merged.number}"' in client.get(link).content.decode()


class TestVotesFirst:
    TEXT = "The assistant should tell me who pays for it."

    @pytest.fixture
    def deliberation(self) -> Deliberation:
        return make_open(min_votes_to_propose=3)

    def test_the_page_says_how_many_votes_are_missing(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        vote(participant, accepted(deliberation)[0], 0)
        page = client.get(address("propose", deliberation)).content.decode()
        assert "First vote on 2 more statements" in page
        assert "1 of 3 votes" in page
        assert "<textarea" not in page

    def test_sent_too_early_it_is_refused_and_the_text_is_shown(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        answer = client.post(address("propose", deliberation), {"text": self.TEXT})
        assert answer.status_code == 409
        assert self.TEXT in answer.content.decode()
        with pytest.raises(WrongPhase, match="First vote on 3 more statements"):
            propose(participant=participant, round=the_round(deliberation), text=self.TEXT)
        assert not Statement.objects.filter(author=participant).exists()

    def test_enough_votes_open_the_field(self, deliberation: Deliberation):
        client, participant = sit(deliberation)
        for statement in accepted(deliberation)[:3]:
            vote(participant, statement, 1)
        assert "<textarea" in client.get(address("propose", deliberation)).content.decode()
        sent = client.post(address("propose", deliberation), {"text": self.TEXT})
        assert sent.status_code == 303

    def test_votes_taken_back_or_on_rejected_statements_do_not_count(
        self, deliberation: Deliberation
    ):
        _, participant = sit(deliberation)
        first, second, third, _ = accepted(deliberation)
        for statement in (first, second, third):
            vote(participant, statement, 1)
        withdraw_vote(participant=participant, statement=first, key=uuid4())
        moderate(
            statement=second, decision="reject", reason="unclear", actor=None, role="moderator"
        )
        with pytest.raises(WrongPhase, match="First vote on 2 more statements"):
            propose(participant=participant, round=the_round(deliberation), text=self.TEXT)

    def test_no_more_votes_are_asked_for_than_there_are_statements(self):
        deliberation = make_open(min_votes_to_propose=50)
        _, participant = sit(deliberation)
        for statement in accepted(deliberation):
            vote(participant, statement, -1)
        made = propose(participant=participant, round=the_round(deliberation), text=self.TEXT)
        assert made.author == participant


@pytest.mark.django_db(transaction=True)
def test_the_same_text_proposed_twenty_times_at_once_is_one_statement():
    deliberation = make_open()
    round, panel = the_round(deliberation), [join(deliberation) for _ in range(20)]
    texts = ["It should tell me who pays for it.", "it should tell me who  pays for it"] * 10
    made = at_once(
        [
            lambda who=who, text=text: propose(participant=who, round=round, text=text)
            for who, text in zip(panel, texts, strict=True)
        ]
    )
    assert Statement.objects.filter(author__in=panel).count() == 1
    assert sum(isinstance(one, Duplicate) for one in made) == 19
