"""A paused round takes no votes and no statements, says why, and goes on where it was."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from deliberation.access import remember_participant
from deliberation.models import AuditEntry, VoteEvent
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.rounds import close_round, pause_round, resume_round
from deliberation.services.statements import propose
from deliberation.services.votes import cast_vote
from deliberation.services.withdrawal import withdraw
from tests.deliberation.organising import sign_in_as
from tests.factories import accepted, join, make_deliberation, make_open, the_round, vote

pytestmark = pytest.mark.django_db
WHY = "The page for screen readers was broken. We go on tomorrow."


def paused():
    deliberation = make_open()
    alice = join(deliberation)
    vote(alice, accepted(deliberation)[0], 1)
    pause_round(round=the_round(deliberation), actor=None, reason=WHY)
    return deliberation, alice


def test_no_vote_and_no_statement_is_taken_and_nothing_is_lost():
    deliberation, alice = paused()
    with pytest.raises(WrongPhase, match="paused"):
        cast_vote(participant=alice, statement=accepted(deliberation)[1], value=1, key=uuid4())
    with pytest.raises(WrongPhase):
        propose(participant=alice, round=the_round(deliberation), text="The assistant should wait.")
    assert alice.votes.count() == 1


def test_whoever_leaves_meanwhile_takes_their_votes_along():
    _deliberation, alice = paused()
    done = withdraw(participant=alice)
    assert (done.votes_taken_back, done.votes_kept) == (1, 0)
    last = VoteEvent.objects.filter(participant=alice).latest("pk")
    assert (last.value, last.previous) == (None, 1)


def test_a_single_vote_is_not_taken_back_meanwhile():
    deliberation, alice = paused()
    response, client = HttpResponse(), Client()
    remember_participant(response, alice)
    client.cookies["seat"] = response.cookies["seat"].value
    sent = {"statement": accepted(deliberation)[0].number, "key": uuid4()}
    assert client.post(reverse("undo_vote", args=["assistant"]), sent).status_code == 409
    assert alice.votes.count() == 1


def test_voting_goes_on_where_it_was():
    deliberation, alice = paused()
    resume_round(round=the_round(deliberation), actor=None)
    vote(alice, accepted(deliberation)[1], -1)
    assert alice.votes.count() == 2
    assert the_round(deliberation).pause_reason == ""
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["round.paused", "round.resumed"]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501])
def test_pausing_needs_a_reason_of_bearable_length(reason):
    deliberation = make_open()
    with pytest.raises(Invalid) as refused:
        pause_round(round=the_round(deliberation), actor=None, reason=reason)
    assert refused.value.field == "reason"
    assert the_round(deliberation).paused_at is None


def test_only_an_open_round_can_rest_and_only_once():
    with pytest.raises(WrongPhase):
        pause_round(round=the_round(make_deliberation()), actor=None, reason=WHY)
    deliberation = make_open(slug="other")
    with pytest.raises(WrongPhase):
        resume_round(round=the_round(deliberation), actor=None)
    pause_round(round=the_round(deliberation), actor=None, reason=WHY)
    with pytest.raises(WrongPhase):
        pause_round(round=the_round(deliberation), actor=None, reason=WHY)


def test_a_paused_round_can_be_closed():
    deliberation, _alice = paused()
    closed = close_round(round=the_round(deliberation), actor=None)
    assert (closed.phase, closed.paused_at) == ("closed", None)


def test_the_database_itself_refuses_a_vote_while_paused():
    _deliberation, alice = paused()
    vote_id = alice.votes.get().pk
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE deliberation_vote SET value = -1 WHERE id = %s", [vote_id])
    assert refused.value.__cause__.sqlstate == "FM010"


def seated(client: Client, participant) -> Client:
    answer = HttpResponse()
    remember_participant(answer, participant)
    client.cookies["seat"] = answer.cookies["seat"].value
    return client


def test_everybody_who_comes_reads_why(client: Client):
    _deliberation, alice = paused()
    assert WHY in client.get("/d/assistant/").content.decode()
    seated(client, alice)
    answer = client.get("/d/assistant/vote/")
    assert answer.status_code == 409
    assert WHY in answer.content.decode()
    assert "Voting is closed" not in answer.content.decode()


def test_an_organiser_pauses_and_resumes_in_the_browser(client: Client):
    deliberation = make_open()
    sign_in_as(client, "organiser", deliberation)
    empty = client.post("/organise/assistant/pause/", {"reason": " "})
    assert empty.status_code == 422
    client.post("/organise/assistant/pause/", {"reason": WHY})
    page = client.get("/organise/assistant/").content.decode()
    assert WHY in page
    assert "Paused" in page
    assert client.get("/organise/assistant/pause/").status_code == 409
    client.post("/organise/assistant/resume/")
    assert WHY not in client.get("/organise/assistant/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("moderator", 403), ("auditor", 403)])
def test_others_cannot_pause(client: Client, role, status):
    deliberation = make_open()
    sign_in_as(client, role, deliberation)
    assert client.post("/organise/assistant/pause/", {"reason": WHY}).status_code == status
    assert the_round(deliberation).paused_at is None
