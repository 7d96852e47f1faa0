"""The page a participant comes back to: while voting is open, and after it has closed."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aggregation.models import SelectionFinding
from constitutions.drafting import draft_version, publish_version
from constitutions.editing import remove_principle
from deliberation.models import Deliberation, ProfileQuestion, Statement, StatementLineage
from deliberation.models.statements import LineageKind
from deliberation.selectors.your_part import own_votes
from deliberation.services.appeals import ask_again
from deliberation.services.moderation import moderate
from deliberation.services.panels import issue_seats, revoke_seat
from deliberation.services.rounds import close_round, end_proposals
from deliberation.services.statements import propose
from deliberation.services.votes import cast_vote
from tests.constitutions.world import finish, make_run
from tests.deliberation.browsing import sit
from tests.factories import accepted, join, make_open, make_user, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


def page(client: Client, deliberation: Deliberation) -> str:
    """The words of the page, tags taken out, white space folded."""
    answer = client.get(reverse("your_part", args=[deliberation.slug]))
    assert answer.status_code == 200, answer.status_code
    main = re.search(r"<main.*</main>", answer.content.decode(), re.DOTALL)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def html(client: Client, deliberation: Deliberation) -> str:
    return client.get(reverse("your_part", args=[deliberation.slug])).content.decode()


def say(participant, text: str, decision: str = "accept", reason: str = "fits") -> Statement:
    """A statement of the participant's own, decided on by a moderator."""
    round = the_round(participant.deliberation)
    mine = propose(participant=participant, round=round, text=text)
    moderate(statement=mine, decision=decision, reason=reason, actor=None, role="moderator")
    return mine


class TestWhileOpen:
    def test_before_the_first_vote(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        words = page(client, deliberation)
        assert "You have not voted yet." in words
        assert "You are the first on the panel." in words

    def test_what_you_did_and_that_it_counts(self):
        deliberation = make_open(target_votes=4)
        client, alice = sit(deliberation)
        one, two, three, _ = accepted(deliberation)
        vote(alice, one, 1)
        cast_vote(participant=alice, statement=two, value=1, key=uuid4(), important=True)
        vote(alice, three, -1)
        words = page(client, deliberation)
        assert "Your 3 votes count." in words
        assert "You may stop here" in words
        assert "We ask for 4 votes" in words
        assert "You marked 1 statement as important to you." in words
        assert re.search(r"67\s*(&nbsp;)?\s*%? agree \(2\)|agree \(2\)", words)
        assert "disagree (1)" in words

    def test_enough_is_said_to_be_enough(self):
        deliberation = make_open(target_votes=2)
        client, alice = sit(deliberation)
        vote_row(alice, [1, 0])
        assert "as many as we asked for" in page(client, deliberation)

    def test_a_vote_on_a_statement_taken_out_since_is_set_apart(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        vote_row(alice, [1, 1, 1])
        moderate(
            statement=accepted(deliberation)[0],
            decision="reject",
            reason="duplicate",
            actor=None,
            role="moderator",
        )
        votes = own_votes(alice, the_round(deliberation))
        assert (votes.total, votes.set_aside) == (2, 1)
        assert "1 more vote of yours does not count" in page(client, deliberation)

    def test_others_are_counted_and_how_they_voted_is_not_told(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        for _ in range(3):
            vote_row(join(deliberation), [-1, -1, -1, -1])
        vote(alice, accepted(deliberation)[0], 1)
        words = page(client, deliberation)
        assert "3 other people are on the panel. Together you have cast 13 votes so far." in words
        assert "disagree (0)" in words

    def test_own_statements_with_status_and_reason(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        say(alice, "It should be kind to everyone.")
        say(alice, "It should be nice and also cheap.", "reject", "several_ideas")
        propose(participant=alice, round=the_round(deliberation), text="It should still wait.")
        propose(participant=join(deliberation), round=the_round(deliberation), text="Not by me.")
        words = page(client, deliberation)
        assert "It should be kind to everyone. Open for votes" in words
        assert "Reason: Several ideas in one sentence" in words
        assert "It should still wait. Waiting for a moderator" in words
        assert "Not by me." not in words

    def test_a_second_look_is_offered_once(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        mine = say(alice, "It should be nice and also cheap.", "reject", "several_ideas")
        say(alice, "It should be kind to everyone.")
        address = reverse("appeal", args=[deliberation.slug, mine.number])
        assert html(client, deliberation).count("Ask for a second look") == 1
        assert address in html(client, deliberation)
        ask_again(participant=alice, statement=mine, text="It is one idea.")
        assert address not in html(client, deliberation)
        assert "You asked for a second look." in page(client, deliberation)

    @pytest.mark.parametrize(
        ("decision", "reason", "words"),
        [
            ("accept", "fits", "A moderator looked again: now everyone can vote on it."),
            ("reject", "unclear", "A moderator looked again: it stays as it is."),
        ],
    )
    def test_what_came_of_the_second_look_is_said(self, decision, reason, words):
        deliberation = make_open()
        client, alice = sit(deliberation)
        mine = say(alice, "It should be nice and also cheap.", "reject", "several_ideas")
        ask_again(participant=alice, statement=mine, text="It is one idea.")
        assert words not in page(client, deliberation)
        moderate(statement=mine, decision=decision, reason=reason, actor=None, role="moderator")
        shown = page(client, deliberation)
        assert words in shown
        assert "You asked for a second look." not in shown

    def test_what_comes_next_is_said_without_a_date(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        assert "Vote only." in page(client, deliberation)
        assert "The organiser decides when." in page(client, deliberation)
        end_proposals(round=the_round(deliberation), actor=None)
        assert "Report. The votes are counted by rules" in page(client, deliberation)

    def test_code_and_way_back_once_the_goal_is_reached(self):
        deliberation = make_open(target_votes=2, completion_code="HEAR-42")
        client, alice = sit(deliberation)
        vote(alice, accepted(deliberation)[0], 1)
        assert "HEAR-42" not in page(client, deliberation)
        vote(alice, accepted(deliberation)[1], 1)
        assert "Your completion code: HEAR-42" in page(client, deliberation)

    def test_ways_on(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        shown = html(client, deliberation)
        for name in ("vote", "propose", "own_data", "withdraw", "return_link", "subscribe"):
            assert reverse(name, args=[deliberation.slug]) in shown, name

    def test_answers_about_oneself_are_linked_where_there_are_questions(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        address = reverse("about_you", args=[deliberation.slug])
        assert address not in html(client, deliberation)
        ProfileQuestion.objects.create(
            panel=deliberation.panel, number=1, text="How old are you?", options=["18–29", "30+"]
        )
        assert address in html(client, deliberation)

    def test_queries_do_not_grow_with_votes_and_statements(self, django_assert_max_num_queries):
        deliberation = make_open()
        client, alice = sit(deliberation)
        vote_row(alice, [1, 1, 1, 1])
        for n in range(8):
            say(alice, f"It should keep rule number {n}.")
        with django_assert_max_num_queries(30):
            words = page(client, deliberation)
        assert all(f"It should keep rule number {n}." in words for n in range(8))


class TestWhoSeesIt:
    def test_without_a_seat_there_is_no_page(self):
        deliberation = make_open()
        answer = Client().get(reverse("your_part", args=[deliberation.slug]))
        assert answer.status_code == 302
        assert answer["Location"] == reverse("join", args=[deliberation.slug])

    def test_a_revoked_seat_has_no_page(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        issue_seats(deliberation=deliberation, count=1, actor=None)
        revoke_seat(seat=alice.seat, actor=None)
        assert client.get(reverse("your_part", args=[deliberation.slug])).status_code == 302

    def test_it_is_never_kept_by_a_cache(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        answer = client.get(reverse("your_part", args=[deliberation.slug]))
        assert "no-store" in answer["Cache-Control"]


class TestAfterClosing:
    @pytest.fixture
    def alice_sits(self):
        """A closed round, in which alice wrote statements 5 to 7 and voted."""
        owner = make_user("alice@example.org")
        deliberation = make_open(owner=owner)
        client, alice = sit(deliberation)
        say(alice, "The AI should be patient with slow readers.")
        say(alice, "The AI must never mock anybody.")
        say(alice, "Buy my book about kindness.", "reject", "off_topic")
        vote_row(alice, [1, 1, -1])
        return deliberation, client, alice, owner

    def close(self, deliberation: Deliberation) -> None:
        close_round(round=the_round(deliberation), actor=None)

    def test_it_leads_to_the_report(self, alice_sits):
        deliberation, client, _, _ = alice_sits
        self.close(deliberation)
        shown = html(client, deliberation)
        assert "Voting is over." in shown
        assert reverse("report", args=[deliberation.slug]) in shown
        assert f'href="{reverse("vote", args=[deliberation.slug])}"' not in shown

    def test_until_the_votes_are_counted_it_says_so(self, alice_sits):
        deliberation, client, _, _ = alice_sits
        self.close(deliberation)
        assert "The votes are being counted." in page(client, deliberation)

    def test_where_each_statement_went(self, alice_sits):
        deliberation, client, _, _ = alice_sits
        self.close(deliberation)
        run = make_run(deliberation, selected=[5, 1], done=False)
        SelectionFinding.objects.filter(run=run, statement__number=6).update(
            reason={"code": "not_above_threshold", "params": {"measure": "min_group", "above": 0.6}}
        )
        finish(run)
        words = page(client, deliberation)
        assert "It was selected for the constitution." in words
        assert "it was not selected. “Least agreeing group” is not above 0.6." in words
        assert "Not shown Reason: Does not answer the question" in words
        assert "How everyone voted on it:" in words

    def test_not_enough_votes_is_an_answer(self, alice_sits):
        deliberation, client, _, _ = alice_sits
        self.close(deliberation)
        run = make_run(deliberation, selected=[1], done=False)
        SelectionFinding.objects.filter(run=run, statement__number=5).update(
            status="not_enough_evidence",
            reason={"code": "too_few_votes", "params": {"group": 1, "votes": 2, "needed": 5}},
        )
        finish(run)
        words = page(client, deliberation)
        assert "too few people saw it to decide. Group B cast 2 votes on it; 5 are needed." in words

    def test_the_principle_once_the_constitution_is_published(self, alice_sits):
        deliberation, client, _, owner = alice_sits
        self.close(deliberation)
        run = make_run(deliberation, selected=[1, 5])
        draft = draft_version(deliberation=deliberation, run=run, actor=owner)
        assert "It became principle" not in page(client, deliberation)
        version = publish_version(version=draft, actor=owner)
        shown = html(client, deliberation)
        assert f'href="{version.get_absolute_url()}#p005"' in shown
        assert "It became principle 2 of the constitution:" in shown
        assert version.principles.get(key="p005").text in shown
        assert "If it is asked whether the wording says what it meant" in shown

    def test_a_principle_that_was_taken_out_comes_with_its_reason(self, alice_sits):
        deliberation, client, _, owner = alice_sits
        self.close(deliberation)
        run = make_run(deliberation, selected=[1, 5])
        draft = draft_version(deliberation=deliberation, run=run, actor=owner)
        remove_principle(
            principle=draft.principles.get(key="p005"), reason="Says what p001 says.", actor=owner
        )
        publish_version(version=draft, actor=owner)
        words = page(client, deliberation)
        assert "The organisers took it out when the constitution was worded." in words
        assert "Reason: Says what p001 says." in words

    def test_a_merged_statement_leads_to_what_it_was_merged_into(self, alice_sits):
        deliberation, client, _, _ = alice_sits
        mine = Statement.objects.get(number=6, round=the_round(deliberation))
        into = accepted(deliberation)[1]
        StatementLineage.objects.create(child=into, parent=mine, kind=LineageKind.MERGED)
        moderate(
            statement=mine, decision="reject", reason="duplicate", actor=None, role="moderator"
        )
        self.close(deliberation)
        make_run(deliberation, selected=[into.number])
        words = page(client, deliberation)
        assert f"It was merged with others into this statement: {into.text}" in words
        assert "It was selected for the constitution." in words

    def test_a_statement_nobody_decided_on_is_owned_up_to(self, alice_sits):
        deliberation, client, alice, _ = alice_sits
        propose(participant=alice, round=the_round(deliberation), text="It should still wait.")
        self.close(deliberation)
        assert "No moderator had decided on it when voting closed." in page(client, deliberation)

    def test_the_constitution_is_the_first_thing_once_published(self, alice_sits):
        deliberation, client, _, _ = alice_sits
        self.close(deliberation)
        address = reverse("constitution", args=[deliberation.slug])
        button = f'class="button" href="{address}"'
        assert button not in html(client, deliberation)
        Deliberation.objects.filter(pk=deliberation.pk).update(published_at=timezone.now())
        assert button in html(client, deliberation)
