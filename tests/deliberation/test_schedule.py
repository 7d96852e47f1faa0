"""Rounds move at the announced moments, to the second, whoever is late."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from deliberation.models import Amendment, Round
from deliberation.services.errors import Invalid, WrongPhase
from deliberation.services.rounds import close_round, pause_round
from deliberation.services.schedule import move_due_rounds, set_dates
from deliberation.services.statements import propose
from deliberation.services.votes import cast_vote
from deliberation.services.withdrawal import withdraw
from tests.deliberation.organising import sign_in_as
from tests.factories import accepted, join, make_deliberation, make_open, the_round, vote

pytestmark = pytest.mark.django_db


def in_days(days: float) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(microsecond=0)


def dated(deliberation, **dates) -> Round:
    """Dates as they were set some time ago, past ones too."""
    Round.objects.filter(pk=the_round(deliberation).pk).update(**dates)
    return the_round(deliberation)


def set_(deliberation, **given) -> Round:
    dates = dict.fromkeys(("opens_at", "proposals_end_at", "closes_at")) | given
    return set_dates(round=the_round(deliberation), actor=None, role="owner", **dates)


def test_the_whole_round_moves_by_itself():
    deliberation = make_deliberation()
    dated(deliberation, opens_at=in_days(-3))
    assert move_due_rounds() == 1
    assert the_round(deliberation).phase == "propose"
    dated(deliberation, proposals_end_at=in_days(-2))
    assert move_due_rounds() == 1
    assert the_round(deliberation).phase == "vote"
    dated(deliberation, closes_at=in_days(-1))
    assert move_due_rounds() == 1
    assert the_round(deliberation).phase == "closed"
    assert move_due_rounds() == 0


def test_nothing_moves_before_its_moment():
    deliberation = make_deliberation()
    set_(deliberation, opens_at=in_days(1), proposals_end_at=in_days(2), closes_at=in_days(3))
    assert move_due_rounds() == 0
    assert the_round(deliberation).phase == "draft"


def test_the_round_counts_as_closed_at_the_announced_moment():
    deliberation = make_open()
    moment = in_days(-0.01)
    dated(deliberation, closes_at=moment)
    move_due_rounds()
    assert the_round(deliberation).closed_at == moment


def test_no_vote_is_taken_after_the_announced_end_though_no_worker_came():
    deliberation = make_open()
    alice = join(deliberation)
    vote(alice, accepted(deliberation)[0], 1)
    dated(deliberation, closes_at=timezone.now() - timedelta(milliseconds=1))
    with pytest.raises(WrongPhase, match="closed"):
        cast_vote(participant=alice, statement=accepted(deliberation)[1], value=1, key=uuid4())
    assert the_round(deliberation).phase == "vote" or the_round(deliberation).is_open
    assert alice.votes.count() == 1


def test_who_leaves_after_the_announced_end_leaves_the_votes_though_no_worker_came():
    deliberation = make_open()
    alice = join(deliberation)
    vote(alice, accepted(deliberation)[0], 1)
    dated(deliberation, closes_at=timezone.now() - timedelta(milliseconds=1))
    done = withdraw(participant=alice)
    assert (done.votes_taken_back, done.votes_kept) == (0, 1)
    assert alice.votes.count() == 1


def test_no_statement_is_taken_after_the_announced_end_of_proposing():
    deliberation = make_open()
    alice = join(deliberation)
    dated(deliberation, proposals_end_at=timezone.now() - timedelta(milliseconds=1))
    with pytest.raises(WrongPhase, match="no longer taken"):
        propose(participant=alice, round=the_round(deliberation), text="The assistant should wait.")


def test_a_round_that_lacks_something_stays_and_the_workspace_says_so(client: Client):
    deliberation = make_deliberation(consent_text="[Who we are]")
    dated(deliberation, opens_at=in_days(-1))
    assert move_due_rounds() == 0
    assert the_round(deliberation).phase == "draft"
    sign_in_as(client, "organiser", deliberation)
    page = client.get("/organise/assistant/").content.decode()
    assert "should have opened" in page


def test_one_round_that_lacks_something_keeps_no_other_from_moving():
    lacking = make_deliberation(consent_text="[Who we are]")
    dated(lacking, opens_at=in_days(-2))
    other = make_open(slug="other")
    dated(other, closes_at=in_days(-1))
    assert move_due_rounds() == 1
    assert the_round(other).phase == "closed"


def test_a_round_opened_after_the_end_of_proposing_begins_with_voting():
    deliberation = make_deliberation()
    dated(deliberation, opens_at=in_days(-2), proposals_end_at=in_days(-1))
    move_due_rounds()
    assert the_round(deliberation).phase == "vote"


def test_a_paused_round_closes_on_its_date():
    deliberation = make_open()
    pause_round(round=the_round(deliberation), actor=None, reason="A power cut.")
    dated(deliberation, closes_at=in_days(-1))
    assert move_due_rounds() == 1
    assert the_round(deliberation).phase == "closed"


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        ({"opens_at": -1}, "opens_at"),
        ({"closes_at": -1}, "closes_at"),
        ({"opens_at": 2, "proposals_end_at": 1}, "proposals_end_at"),
        ({"opens_at": 2, "closes_at": 1}, "closes_at"),
        ({"proposals_end_at": 2, "closes_at": 2}, "closes_at"),
    ],
)
def test_dates_in_the_past_or_in_the_wrong_order_are_refused_at_their_field(dates, field):
    deliberation = make_deliberation()
    now = timezone.now()
    given = {name: now + timedelta(days=days) for name, days in dates.items()}
    with pytest.raises(Invalid) as refused:
        set_(deliberation, **given)
    assert refused.value.field == field
    assert the_round(deliberation).closes_at is None


def test_the_database_holds_the_order_itself():
    round = the_round(make_deliberation())
    with pytest.raises(IntegrityError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(opens_at=in_days(2), closes_at=in_days(1))


def test_after_opening_a_new_date_is_an_amendment_with_a_reason():
    deliberation = make_open()
    with pytest.raises(Invalid) as refused:
        set_(deliberation, closes_at=in_days(5))
    assert refused.value.field == "reason"
    assert the_round(deliberation).closes_at is None
    moment = in_days(5)
    set_dates(
        round=the_round(deliberation),
        actor=None,
        role="owner",
        opens_at=None,
        proposals_end_at=None,
        closes_at=moment,
        reason="The library is shut this week.",
    )
    assert the_round(deliberation).closes_at == moment
    amendment = Amendment.objects.get()
    assert (amendment.kind, amendment.number) == ("dates", 1)
    assert amendment.after == {"closes_at": moment.isoformat()}


def test_a_closed_round_has_no_dates_to_change():
    deliberation = make_open()
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        set_(deliberation, closes_at=in_days(5))


def test_dates_are_on_the_clocks_of_the_chosen_zone(client: Client):
    deliberation = make_deliberation()
    sign_in_as(client, "organiser", deliberation)
    answer = client.post(
        "/organise/assistant/dates/",
        {"time_zone": "Europe/Berlin", "closes_at": "2099-07-01T18:00"},
    )
    assert answer.status_code == 302
    assert the_round(deliberation).closes_at == datetime(2099, 7, 1, 16, 0, tzinfo=UTC)
    page = client.get("/organise/assistant/").content.decode()
    assert "18:00 (Europe/Berlin)" in page
    form = client.get("/organise/assistant/dates/").content.decode()
    assert 'value="2099-07-01T18:00"' in form


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"closes_at": "tomorrow"}, "such as 2027-03-01 18:00"),
        ({"closes_at": "2020-01-01T10:00"}, "in the past"),
        ({"closes_at": "2099-03-29T02:30"}, "clocks skip this hour"),
        ({"time_zone": "Atlantis/Centre"}, "Select a valid choice"),
    ],
)
def test_a_date_that_cannot_be_is_said_at_the_field_and_kept(client: Client, given, words):
    deliberation = make_deliberation()
    sign_in_as(client, "organiser", deliberation)
    answer = client.post("/organise/assistant/dates/", {"time_zone": "Europe/Berlin"} | given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    if "closes_at" in given:
        assert f'value="{given["closes_at"]}"' in page


def test_participants_read_the_dates(client: Client):
    deliberation = make_open()
    dated(deliberation, proposals_end_at=in_days(3), closes_at=in_days(9))
    page = client.get("/d/assistant/").content.decode()
    assert "New statements are taken until" in page
    assert "Votes are taken until" in page
