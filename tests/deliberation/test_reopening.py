"""A closed round opens again only in public, and what was counted before is not the result."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from deliberation.models import Amendment, Deliberation, Notice, Round, Vote
from deliberation.models.contacts import Moment
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.notices import send_notices
from deliberation.services.reopening import reopen_round
from deliberation.services.rounds import close_round
from deliberation.services.votes import cast_vote
from deliberation.services.withdrawal import withdraw
from tests.deliberation.organising import sign_in_as
from tests.deliberation.subscribing import wanted
from tests.factories import accepted, join, make_deliberation, make_open, the_round, vote

pytestmark = pytest.mark.django_db
WHY = "The site was down on the last evening."


def closed():
    deliberation = make_open()
    alice, bob = join(deliberation), join(deliberation)
    for person in (alice, bob):
        vote(person, accepted(deliberation)[0], 1)
    close_round(round=the_round(deliberation), actor=None)
    return deliberation, alice, bob


def reopen(deliberation, **more) -> Round:
    given = {"actor": None, "role": "owner", "reason": WHY} | more
    return reopen_round(round=the_round(deliberation), **given)


def test_votes_are_taken_again_on_the_same_statements():
    deliberation, alice, _bob = closed()
    reopened = reopen(deliberation)
    assert (reopened.phase, reopened.closed_at) == ("vote", None)
    cast_vote(participant=alice, statement=accepted(deliberation)[0], value=-1, key=uuid4())
    assert alice.votes.get().value == -1


def test_the_reason_is_an_amendment_that_anyone_can_read(client: Client):
    deliberation, *_people = closed()
    closed_at = the_round(deliberation).closed_at
    reopen(deliberation)
    amendment = Amendment.objects.get()
    assert (amendment.kind, amendment.reason) == ("reopened", WHY)
    assert amendment.closed_before == closed_at
    assert WHY in client.get("/d/assistant/amendments/").content.decode()


def test_no_reason_no_reopening():
    deliberation, *_people = closed()
    with pytest.raises(Invalid) as refused:
        reopen(deliberation, reason="  ")
    assert refused.value.field == "reason"
    assert the_round(deliberation).phase == "closed"


def test_an_open_round_a_draft_and_a_published_result_are_not_reopened():
    for deliberation in (make_open(), make_deliberation(slug="draft")):
        with pytest.raises(WrongPhase):
            reopen(deliberation)
    published, *_people = (make_open(slug="published"),)
    close_round(round=the_round(published), actor=None)
    Deliberation.objects.filter(pk=published.pk).update(published_at=timezone.now())
    published.refresh_from_db()
    with pytest.raises(WrongPhase, match="published"):
        reopen(published)


def test_the_database_refuses_to_open_a_closed_round_without_an_amendment():
    deliberation, *_people = closed()
    round = the_round(deliberation)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        Round.objects.filter(pk=round.pk).update(phase="vote", closed_at=None)
    assert refused.value.__cause__.sqlstate == "FM003"


def test_an_old_amendment_opens_nothing_a_second_time():
    deliberation, *_people = closed()
    reopen(deliberation)
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Round.objects.filter(pk=the_round(deliberation).pk).update(phase="vote", closed_at=None)


def test_votes_of_people_who_left_after_closing_are_taken_back():
    deliberation, alice, _bob = closed()
    withdraw(participant=alice)
    assert Vote.objects.count() == 2  # frozen with the count
    reopen(deliberation)
    assert Vote.objects.count() == 1
    assert Vote.objects.get().participant_id != alice.pk


def test_people_are_told_again(mailoutbox, settings):
    settings.MAIL_OFFERED, settings.MAIL_LINKS = True, "https://example.org"
    deliberation = make_open()
    alice = join(deliberation)
    wanted(alice, "alice@example.org")
    close_round(round=the_round(deliberation), actor=None)
    send_notices()
    reopen(deliberation)
    send_notices()
    close_round(round=the_round(deliberation), actor=None)
    send_notices()
    moments = list(Notice.objects.order_by("pk").values_list("moment", flat=True))
    assert sorted(moments) == sorted([Moment.REOPENED, Moment.CLOSED])
    subjects = [letter.subject.split(" –")[0] for letter in mailoutbox]
    assert subjects == [
        "Voting has ended: the report",
        "Voting was opened again",
        "Voting has ended: the report",
    ]


def test_in_the_browser_it_closes_again_by_date(client: Client):
    deliberation, *_people = closed()
    sign_in_as(client, "organiser", deliberation)
    assert client.post("/organise/assistant/reopen/", {"reason": ""}).status_code == 422
    later = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post("/organise/assistant/reopen/", {"reason": WHY, "closes_at": later})
    assert answer.status_code == 302
    assert the_round(deliberation).closes_at.strftime("%Y-%m-%dT%H:%M") == later
    assert client.get("/d/assistant/report/").status_code == 409
