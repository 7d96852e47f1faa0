"""Searching the queue, deciding on many, and taking back, on pages without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from deliberation.models import Deliberation, ModerationDecision, Statement
from deliberation.services.appeals import ask_again
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from tests.deliberation.moderating import alice, moderator, numbered, states
from tests.deliberation.organising import sign_in_as
from tests.factories import join, make_open, the_round, vote

pytestmark = pytest.mark.django_db

QUEUE = "/organise/assistant/queue/"
TOGETHER = f"{QUEUE}together/"
UNDO = f"{QUEUE}undo/"
HTMX = {"HTTP_HX_REQUEST": "true"}
TEXTS = {
    5: "It should speak my dialect.",
    6: "It should be quiet at NIGHT.",
    7: "At night it should sing.",
    8: "Call me on 0171 5551234 about it.",
    9: "Es soll nachts schweigen.",
}


@pytest.fixture
def panel(client: Client) -> Deliberation:
    """Five proposals wait, the last in German; number 5 for 30 hours. Alice is signed in."""
    deliberation = make_open()
    for number, text in TEXTS.items():
        propose(
            participant=join(deliberation),
            round=the_round(deliberation),
            text=text,
            language="de" if number == 9 else "en",
        )
    at = timezone.now() - timedelta(hours=30)
    Statement.objects.filter(number=5).update(created_at=at)
    client.force_login(alice())
    return deliberation


def cards(client: Client, **query: str) -> list[int]:
    html = client.get(QUEUE, query).content.decode()
    return [int(number) for number in re.findall(r'id="card-(\d+)-title"', html)]


def seen_on(client: Client, **query: object) -> str:
    html = client.get(TOGETHER, query).content.decode()
    return re.search(r'name="seen" value="(\w*)"', html).group(1)


class TestSearching:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "night"}, [6, 7]),
            ({"q": "NIGHT it quiet"}, [6]),
            ({"q": "9"}, [9]),
            ({"q": "#5"}, [5]),
            ({"q": "0171"}, [8]),
            ({"q": "100%"}, []),
            ({"q": "q\x00z"}, []),
            ({"language": "de"}, [9]),
            ({"late": "1"}, [5]),
            ({"hint": "phone"}, [8]),
            ({"hint": "phone", "q": "dialect"}, []),
            ({"hint": "everything"}, [5, 6, 7, 8, 9]),
        ],
    )
    def test_finds(self, client: Client, panel, query: dict, found: list[int]):
        assert cards(client, **query) == found

    def test_the_page_says_how_many_and_keeps_what_was_typed(self, client: Client, panel):
        html = client.get(QUEUE, {"q": "night"}).content.decode()
        assert "2 statements found." in html
        assert 'value="night"' in html
        assert f"{TOGETHER}?all=1&amp;q=night" in html

    def test_nothing_found_is_said(self, client: Client, panel):
        assert "Nothing found" in client.get(QUEUE, {"q": "giraffe"}).content.decode()

    def test_a_decision_leads_back_to_the_search(self, client: Client, panel):
        sent = {"decision": "accept", "seen": "pending", "back": "q=night&next=//evil.example"}
        answer = client.post("/organise/assistant/statements/6/moderate/", sent)
        assert answer.url == f"{QUEUE}?q=night"

    def test_accepted_statements_are_searched_as_well(self, client: Client, panel):
        html = client.get(QUEUE, {"tab": "accepted", "q": "plain words"}).content.decode()
        assert "answer in plain words" in html
        assert "keep what I tell it" not in html


class TestTogether:
    def test_marked_ones_are_shown_before_anything_is_decided(self, client: Client, panel):
        html = client.get(TOGETHER, {"n": ["6", "7"]}).content.decode()
        assert "Decide on 2 statements together" in html
        assert TEXTS[6] in html
        assert TEXTS[5] not in html
        assert states(6, 7) == ["pending", "pending"]

    def test_marked_ones_are_decided_on_with_one_reason(self, client: Client, panel):
        sent = {"n": ["6", "7"], "reason": "spam", "note": "Again"}
        answer = client.post(TOGETHER, sent | {"seen": seen_on(client, n=["6", "7"])})
        assert (answer.status_code, answer.url) == (302, QUEUE)
        assert states(5, 6, 7) == ["pending", "rejected", "rejected"]
        lines = ModerationDecision.objects.filter(statement__number__in=[6, 7])
        assert {(line.reason, line.note, line.actor_role) for line in lines} == {
            ("spam", "Again", "owner")
        }
        assert "2 statements rejected." in client.get(QUEUE).content.decode()

    def test_all_that_a_search_finds(self, client: Client, panel):
        sent = {"all": "1", "q": "night", "decision": "accept"}
        sent["seen"] = seen_on(client, all="1", q="night")
        answer = client.post(TOGETHER, sent | {"back": "q=night"})
        assert answer.url == f"{QUEUE}?q=night"
        assert states(5, 6, 7, 8, 9) == ["pending", "accepted", "accepted", "pending", "pending"]

    def test_a_list_that_has_grown_meanwhile_is_shown_again(self, client: Client, panel):
        seen = seen_on(client, all="1", q="night")
        text = "The night is for stars."
        propose(participant=join(panel), round=the_round(panel), text=text)
        sent = {"all": "1", "q": "night", "reason": "spam", "seen": seen, "note": "Keep me"}
        answer = client.post(TOGETHER, sent)
        html = answer.content.decode()
        assert answer.status_code == 409
        assert "The list has changed" in html
        assert text in html
        assert 'value="Keep me"' in html
        assert states(6, 7) == ["pending", "pending"]

    def test_a_decision_by_somebody_else_meanwhile_stops_all(self, client: Client, panel):
        seen = seen_on(client, n=["6", "7"])
        moderate(statement=numbered(7), decision="accept", reason="fits", actor=None, role="owner")
        answer = client.post(TOGETHER, {"n": ["6", "7"], "reason": "spam", "seen": seen})
        assert answer.status_code == 409
        assert states(6, 7) == ["pending", "accepted"]

    @pytest.mark.parametrize("sent", [{}, {"reason": "because"}, {"decision": "undo"}])
    def test_without_a_decision_nothing_is_done(self, client: Client, panel, sent: dict):
        sent = sent | {"n": ["6"], "seen": seen_on(client, n=["6"])}
        assert client.post(TOGETHER, sent).status_code == 422
        assert states(6) == ["pending"]

    def test_nothing_marked_is_said(self, client: Client, panel):
        assert "No statement is marked" in client.get(TOGETHER).content.decode()
        answer = client.post(TOGETHER, {"reason": "spam", "seen": "x"})
        assert answer.status_code == 422

    def test_second_looks_are_left_out(self, client: Client, panel):
        statement = numbered(6)
        moderate(
            statement=statement,
            decision="reject",
            reason="unclear",
            actor=moderator(panel),
            role="moderator",
        )
        ask_again(participant=statement.author, statement=numbered(6), text="Please look.")
        html = client.get(TOGETHER, {"all": "1"}).content.decode()
        assert TEXTS[6] not in html
        assert TEXTS[7] in html

    @pytest.mark.parametrize("role", ["recruiter", "auditor"])
    def test_other_roles_may_not(self, panel, role: str):
        client = Client()
        sign_in_as(client, role, panel)
        assert client.get(TOGETHER, {"n": "6"}).status_code == 403
        assert client.post(UNDO, {"statement": "6"}).status_code == 403

    def test_outsiders_find_nothing(self, panel):
        client = Client()
        sign_in_as(client, "outsider", panel)
        assert client.get(TOGETHER, {"n": "6"}).status_code == 404
        assert client.post(UNDO, {"statement": "6"}).status_code == 404

    def test_after_closing_it_is_too_late(self, client: Client, panel):
        close_round(round=the_round(panel), actor=None)
        assert client.get(TOGETHER, {"n": "6"}).status_code == 409
        assert client.post(UNDO, {"statement": "6"}).status_code == 409


class TestTakingBack:
    def accept(self, client: Client, number: int) -> None:
        sent = {"decision": "accept", "seen": "pending"}
        client.post(f"/organise/assistant/statements/{number}/moderate/", sent)

    def test_the_last_decision_can_be_taken_back_from_the_page(self, client: Client, panel):
        self.accept(client, 6)
        html = client.get(QUEUE).content.decode()
        assert f'action="{UNDO}"' in html
        assert re.search(r'name="statement" value="6"', html)
        answer = client.post(UNDO, {"statement": "6", "back": "q=night"})
        assert answer.url == f"{QUEUE}?q=night"
        assert states(6) == ["pending"]
        assert "Taken back. It waits again:" in client.get(QUEUE).content.decode()

    def test_the_script_is_told_what_can_be_taken_back_before_that(self, client: Client, panel):
        self.accept(client, 6)
        self.accept(client, 7)
        html = client.post(UNDO, {"statement": "7"}, **HTMX).content.decode()
        assert 'id="decided"' in html
        assert re.search(r'name="statement" value="6"', html)

    def test_after_a_vote_it_is_refused_in_words(self, client: Client, panel):
        self.accept(client, 6)
        vote(join(panel), numbered(6), 1)
        answer = client.post(UNDO, {"statement": "6"})
        assert answer.status_code == 409
        assert "voted on it already" in answer.content.decode()
        assert '<button type="submit" class="button button--quiet" data-keys="u">' not in (
            client.get(QUEUE, {"tab": "accepted"}).content.decode()
        )

    @pytest.mark.parametrize("number", ["", "99", "six", "99999999999999999999"])
    def test_what_is_not_there_is_not_found(self, client: Client, panel, number: str):
        assert client.post(UNDO, {"statement": number}).status_code == 404


def test_only_the_reasons_of_the_round_are_on_the_card(client: Client):
    deliberation = make_open(reason_codes=["spam", "off_topic"])
    propose(participant=join(deliberation), round=the_round(deliberation), text=TEXTS[5])
    client.force_login(alice())
    html = client.get(QUEUE).content.decode()
    assert re.findall(r'name="reason" value="(\w+)"', html) == ["off_topic", "spam"]


def test_the_promise_is_told_and_what_is_later_is_counted(client: Client, panel):
    html = client.get(QUEUE).content.decode()
    assert "1 statement waits longer than promised" in html
    assert "within 24 hours" in html
