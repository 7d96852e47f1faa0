"""What anyone can read, and what they must not."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from deliberation.markdown import render
from deliberation.models import Deliberation, Panel
from deliberation.models.deliberations import Visibility
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round, end_proposals
from deliberation.services.statements import propose
from deliberation.templatetags.look import vote_segments
from tests.deliberation.browsing import sit
from tests.factories import accepted, join, make_deliberation, make_open, make_user, the_round, vote

pytestmark = pytest.mark.django_db


def page(name: str, *args: object, client: Client | None = None, query: str = "") -> str:
    answer = (client or Client()).get(reverse(name, args=args) + query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


class TestHome:
    def test_it_lists_what_is_open(self):
        deliberation = make_open()
        html = page("home")
        assert deliberation.title in html
        assert "Proposing and voting" in html

    def test_it_keeps_drafts_and_unlisted_ones_to_itself(self):
        make_deliberation(title="Still a draft", slug="draft")
        make_open(title="Only by link", slug="hidden", visibility=Visibility.UNLISTED)
        html = page("home")
        assert "Still a draft" not in html
        assert "Only by link" not in html

    def test_published_and_merely_closed_ones_stand_apart(self):
        published = make_open(title="Written down", slug="one")
        closed = make_open(title="Being counted", slug="two")
        for deliberation in (published, closed):
            close_round(round=the_round(deliberation), actor=None)
        Deliberation.objects.filter(pk=published.pk).update(published_at=timezone.now())
        html = page("home")
        first, second = html.split('id="closed"')
        assert "Written down" in first
        assert "Being counted" in second
        assert "Being counted" not in first

    def test_a_demonstration_is_labelled(self):
        make_open(simulated=True)
        assert "Demonstration" in page("home")

    def test_it_works_on_an_empty_site(self):
        assert "Nothing is open for voting" in page("home")


class TestDeliberationPage:
    def test_a_draft_is_404_for_outsiders_and_open_to_its_owner(self, client: Client):
        owner = make_user()
        deliberation = make_deliberation(owner=owner)
        address = reverse("deliberation", args=[deliberation.slug])
        assert client.get(address).status_code == 404
        client.force_login(owner)
        assert client.get(address).status_code == 200

    def test_it_counts_people_statements_and_votes(self):
        deliberation = make_open()
        alice = join(deliberation)
        vote(alice, accepted(deliberation)[0], 1)
        vote(alice, accepted(deliberation)[1], -1)
        html = page("deliberation", deliberation.slug)
        assert "<dd>1</dd>" in html
        assert "<dd>4</dd>" in html
        assert "<dd>2</dd>" in html

    def test_votes_on_a_statement_that_no_longer_counts_are_not_counted(self):
        deliberation = make_open()
        statement = accepted(deliberation)[0]
        vote(join(deliberation), statement, 1)
        assert "votes so far</dt><dd>1<" in page("deliberation", deliberation.slug)
        moderate(
            statement=statement,
            decision="reject",
            reason="off_topic",
            actor=None,
            role="moderator",
        )
        assert "votes so far</dt><dd>0<" in page("deliberation", deliberation.slug)

    def test_the_way_on_depends_on_who_looks(self):
        deliberation = make_open()
        assert "Take part" in page("deliberation", deliberation.slug)
        client, _ = sit(deliberation)
        assert "Go on voting" in page("deliberation", deliberation.slug, client=client)

    def test_the_strip_leads_back_to_voting_only_for_the_panel(self):
        deliberation = make_open()
        way = f'href="{reverse("vote", args=[deliberation.slug])}"'
        client, _ = sit(deliberation)
        assert way in page("statements", deliberation.slug, client=client)
        assert way not in page("statements", deliberation.slug)

    def test_by_invitation_there_is_no_door_for_others(self):
        deliberation = make_open()
        Panel.objects.filter(deliberation=deliberation).update(open_link=False)
        html = page("deliberation", deliberation.slug)
        assert "by invitation" in html
        assert "Take part" not in html

    def test_a_step_is_marked_as_the_one_now(self):
        deliberation = make_open()
        end_proposals(round=the_round(deliberation), actor=None)
        now = page("deliberation", deliberation.slug).split('aria-current="step"')[1]
        assert now.index("Vote only") < now.index("Report")

    def test_a_demonstration_says_so(self):
        html = page("deliberation", make_open(simulated=True).slug)
        assert "a program that plays a panel" in html

    def test_the_fingerprints_are_there_to_be_checked(self):
        deliberation = make_open()
        round = the_round(deliberation)
        html = page("deliberation", deliberation.slug)
        assert round.frozen_hash in html
        assert round.plan_hash in html


class TestStatements:
    def test_only_statements_that_count_are_listed(self):
        deliberation = make_open()
        waiting = propose(
            participant=join(deliberation),
            round=the_round(deliberation),
            text="The assistant should wait for a moderator.",
        )
        assert waiting.text not in page("statements", deliberation.slug)
        moderate(statement=waiting, decision="accept", reason="fits", actor=None, role="moderator")
        html = page("statements", deliberation.slug)
        assert waiting.text in html
        assert "from the panel" in html

    def test_no_result_is_shown_and_ones_own_vote_only_to_oneself(self):
        deliberation = make_open()
        client, participant = sit(deliberation)
        vote(participant, accepted(deliberation)[0], -1)
        assert "You disagreed" in page("statements", deliberation.slug, client=client)
        assert "You disagreed" not in page("statements", deliberation.slug)

    def test_long_lists_have_pages(self):
        deliberation = make_open(moderation="after")
        round, alice = the_round(deliberation), join(deliberation)
        for number in range(50):
            propose(participant=alice, round=round, text=f"The assistant keeps rule {number}.")
        assert "rule 49" not in page("statements", deliberation.slug)
        assert "rule 49" in page("statements", deliberation.slug, query="?page=2")
        assert "rule 49" in page("statements", deliberation.slug, query="?page=999")


class TestModerationLog:
    def rejected(self, reason: str, note: str = "") -> str:
        deliberation = make_open()
        statement = propose(
            participant=join(deliberation),
            round=the_round(deliberation),
            text="The assistant should know my neighbour.",
        )
        moderate(
            statement=statement,
            decision="reject",
            reason=reason,
            note=note,
            actor=make_user("carol@example.org"),
            role="moderator",
        )
        return page("moderation_log", deliberation.slug)

    def test_a_rejection_is_public_with_reason_note_and_role_but_no_name(self):
        html = self.rejected("unclear", note="Which neighbour?")
        assert "The assistant should know my neighbour." in html
        assert "Hard to understand for others" in html
        assert "Which neighbour?" in html
        assert "Moderator" in html
        assert "carol@example.org" not in html

    @pytest.mark.parametrize("reason", ["personal_data", "abusive"])
    def test_what_would_do_harm_is_not_repeated(self, reason: str):
        html = self.rejected(reason, note="Repeats the name")
        assert "my neighbour" not in html
        assert "Repeats the name" not in html
        assert "This text is not repeated here." in html

    def test_it_can_show_rejections_only(self):
        deliberation = make_open()
        html = page("moderation_log", deliberation.slug, query="?only=rejected")
        assert "None so far." in html


class TestSitewide:
    def test_help_is_there_for_everyone(self):
        assert "What does Pass mean?" in page("help")

    def test_nothing_inline_so_that_the_content_policy_holds(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        for html in (
            page("home"),
            page("deliberation", deliberation.slug),
            page("vote", deliberation.slug, client=client),
            page("propose", deliberation.slug, client=client),
        ):
            assert "<style" not in html
            assert " style=" not in html
            assert "onclick" not in html
            assert "<script>" not in html

    def test_the_content_policy_allows_no_foreign_or_inline_code(self, client: Client):
        policy = client.get("/").headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy + ";"
        assert "unsafe" not in policy

    def test_a_wrong_address_is_404_in_words(self, client: Client):
        answer = client.get("/d/nothing-here/")
        assert answer.status_code == 404
        assert "Page not found" in answer.content.decode()

    def test_htmx_gets_an_error_without_the_frame_of_the_page(self, client: Client):
        answer = client.get("/d/nothing-here/", headers={"HX-Request": "true"})
        assert answer.status_code == 404
        assert "<html" not in answer.content.decode()

    def test_with_the_database_away_there_is_still_a_page_in_words(self, client: Client):
        client.raise_request_exception = False
        gone = OperationalError("the server closed the connection")
        with patch("django.db.backends.utils.CursorWrapper.execute", side_effect=gone):
            answer = client.get("/")
        assert answer.status_code == 500
        assert "Something broke on our side" in answer.content.decode()

    def test_a_missing_csrf_token_is_explained(self):
        deliberation = make_open()
        strict = Client(enforce_csrf_checks=True)
        answer = strict.post(reverse("join", args=[deliberation.slug]), {"agree": "on"})
        assert answer.status_code == 403
        assert "Please try again" in answer.content.decode()


class TestMarkdown:
    @pytest.mark.parametrize(
        "evil",
        [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "![x](https://elsewhere.example/spy.png)",
            '<a href="/" onclick="x()">x</a>',
            "<style>p{}</style>",
            "[x](data:text/html;base64,AAAA)",
        ],
    )
    def test_nothing_that_runs_or_calls_home_survives(self, evil: str):
        html = render(evil)
        for bad in ("<script", "<img", "<style", 'href="javascript', 'href="data', '<a href="/"'):
            assert bad not in html

    def test_plain_formatting_stays_and_headings_begin_below_the_pages_own(self):
        html = render("# Why\n\nBecause **it matters**.\n\n- one\n- two")
        assert "<h3>Why</h3>" in html
        assert "<strong>it matters</strong>" in html
        assert html.count("<li>") == 2


class TestVoteBar:
    def test_agree_begins_pass_is_between_and_disagree_ends(self):
        agree, passes, disagree = vote_segments(6, 3, 1)
        assert (agree.kind, agree.start, agree.width) == ("agree", 0, 60)
        assert (passes.kind, passes.start, passes.width) == ("pass", 60, 10)
        assert (disagree.kind, disagree.start, disagree.width) == ("disagree", 70, 30)

    def test_without_votes_there_is_no_bar(self):
        assert vote_segments(0, 0, 0) == []


def test_help_for_organisers_is_linked_from_every_page(client):
    assert 'href="/help/organisers/"' in client.get("/").content.decode()
    page = client.get("/help/organisers/")
    assert page.status_code == 200
    assert "What happens when I open the round?" in page.content.decode()
