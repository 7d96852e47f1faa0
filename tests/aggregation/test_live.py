"""An open round as a worker knows it: up to date, alone, and never in the way of a vote."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from aggregation import live, tasks
from aggregation.engine import Plan
from aggregation.engine.live import live_state
from aggregation.loading import load_matrix
from aggregation.models import LiveFinding
from deliberation.models import Exclusion, Participant, Round, VoteEvent
from deliberation.models.panels import ExclusionReason
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.votes import cast_vote
from deliberation.services.weights import MIN_PEOPLE
from deliberation.services.withdrawal import withdraw
from tests.aggregation.running import large_open
from tests.factories import accepted, join, make_open, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_process_that_knows_nothing() -> None:
    live._known.clear()


def open_round(people: int = 12, slug: str = "assistant") -> Round:
    deliberation = make_open("vote", slug=slug)
    for n in range(people):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0])
    return the_round(deliberation)


def time_passes() -> None:
    """Long enough for the next look."""
    ago = timedelta(seconds=settings.LIVE_SECONDS + 1)
    LiveFinding.objects.update(as_of=Now() - ago)


def looked(round: Round) -> LiveFinding:
    """What is known after one more look."""
    time_passes()
    assert live.look(round)
    return LiveFinding.objects.get(round=round)


def as_if_read_anew(round: Round) -> bool:
    """Whether what the worker knows is what a full reading gives."""
    plan = Plan.from_dict(round.plan)
    known, anew = live._known[round.pk].state, live_state(load_matrix(round, plan), plan)
    seen = known.matrix.votes_by_participant > 0
    counted = known.counts.sum(axis=1) > 0
    return bool(
        set(known.matrix.participant_ids[seen].tolist())
        == set(anew.matrix.participant_ids[anew.matrix.votes_by_participant > 0].tolist())
        and np.array_equal(known.counts[counted], anew.counts[anew.counts.sum(axis=1) > 0])
    )


def test_a_look_writes_how_far_the_round_has_come():
    round = open_round()
    found = looked(round)
    assert (found.participants, found.votes, found.statements) == (12, 48, 4)
    assert (found.grouped, sum(found.group_sizes)) == (12, 12)
    assert (found.least_votes, found.median_votes) == (12, 12.0)
    assert found.last_event == VoteEvent.objects.latest("pk").pk


def test_nothing_is_read_while_there_are_no_new_votes(monkeypatch):
    round = open_round()
    looked(round)
    time_passes()
    monkeypatch.setattr(live, "_read", lambda *_: pytest.fail("nothing is new"))
    assert not live.look(round)


def test_new_votes_wait_until_the_last_look_is_long_enough_ago():
    round = open_round()
    looked(round)
    vote_row(join(round.deliberation), [1, 1, 1, 1])
    assert not live.look(round)
    assert looked(round).participants == 13


def test_new_changed_and_withdrawn_votes_are_put_into_what_is_known(monkeypatch):
    round = open_round()
    looked(round)
    monkeypatch.setattr(live, "load_matrix", lambda *_: pytest.fail("it was read anew"))
    first, second, *_ = Participant.objects.order_by("number")
    seeds = accepted(round.deliberation)
    vote(first, seeds[0], -1)
    withdraw(participant=second)
    vote_row(join(round.deliberation), [1, None, 0, -1])
    found = looked(round)
    assert (found.participants, found.votes) == (12, 47)
    assert as_if_read_anew(round)


def test_a_vote_that_was_numbered_earlier_and_committed_later_is_not_missed():
    round = open_round()
    looked(round)
    late = join(round.deliberation)
    vote_row(late, [1, 1, 1, 1])
    looked(round)
    # As if these had been under way when the worker looked.
    known = live._known[round.pk]
    without = live.refresh(known.state, *[[late.number] * 4, numbers(round), [2] * 4])
    live._known[round.pk] = replace(known, state=without)
    vote(join(round.deliberation), accepted(round.deliberation)[0], 1)
    assert looked(round).votes == 48 + 4 + 1
    assert as_if_read_anew(round)


def numbers(round: Round) -> list[int]:
    return [seed.number for seed in accepted(round.deliberation)]


def test_statements_that_stop_counting_and_people_who_are_excluded_go():
    round = open_round()
    looked(round)
    seeds = accepted(round.deliberation)
    moderate(
        statement=seeds[3], decision="reject", reason="off_topic", actor=None, role="moderator"
    )
    Exclusion.objects.create(participant=Participant.objects.first(), reason=ExclusionReason.LISTED)
    vote(join(round.deliberation), seeds[0], 1)
    found = looked(round)
    assert (found.statements, found.participants, found.votes) == (3, 12, 11 * 3 + 1)
    assert as_if_read_anew(round)


def test_a_process_that_knows_nothing_reads_the_round_anew():
    round = open_round()
    looked(round)
    live._known.clear()
    vote_row(join(round.deliberation), [1, 1, 1, 1])
    assert looked(round).participants == 13


def test_what_is_known_of_a_closed_round_is_forgotten():
    round = open_round()
    assert tasks.watch_open_rounds() == 1
    assert round.pk in live._known
    close_round(round=round, actor=None)
    assert tasks.watch_open_rounds() == 0
    assert round.pk not in live._known


def test_groups_of_many_people_steer_routing():
    round = the_round(large_open(120))
    vote(Participant.objects.first(), accepted(round.deliberation)[0], 1)
    found = looked(round)
    sizes = [
        Participant.objects.filter(routing_group=group).count()
        for group in range(len(found.group_sizes))
    ]
    assert found.grouped >= MIN_PEOPLE
    assert sorted(sizes, reverse=True) == found.group_sizes


def test_a_refusal_of_the_engine_leaves_the_last_state():
    round = open_round()
    round.plan = round.plan | {"grouping": {"method": "declared", "source": "nobody"}}
    assert not live.look(round)
    assert not LiveFinding.objects.exists()


# --- Beside voting


@pytest.mark.django_db(transaction=True)
def test_a_round_that_breaks_keeps_nobody_from_the_others(monkeypatch):
    broken, sound = open_round(), open_round(slug="second")
    write = live._write

    def breaking(round, *rest):
        if round == broken:
            raise ValueError
        write(round, *rest)

    monkeypatch.setattr(live, "_write", breaking)
    assert tasks.watch_open_rounds() == 1
    assert LiveFinding.objects.get().round == sound
    assert broken.pk not in live._known
    monkeypatch.setattr(live, "_write", write)
    assert tasks.watch_open_rounds() == 1
    assert LiveFinding.objects.filter(round=broken).exists()


def test_one_worker_looks_at_a_time():
    round = open_round()
    answers: list[bool] = []

    def other() -> None:
        answers.append(live.look(round))
        connection.close()

    with live._alone(round) as alone:
        assert alone
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert answers == [False]
    assert live.look(round)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["live_state", "keep_groups"])
def test_a_vote_does_not_wait_for_the_worker(monkeypatch, moment):
    round = the_round(large_open(80))
    voter, seed = Participant.objects.order_by("number").last(), accepted(round.deliberation)[0]
    cast_vote(participant=voter, statement=seed, value=1, key=uuid4())
    before, kinds = getattr(live, moment), []

    def while_looking(*args: object, **named: object) -> object:
        found = before(*args, **named)
        thread = threading.Thread(target=cast)
        thread.start()
        thread.join(30)
        return found

    def cast() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        again = Participant.objects.get(pk=voter.pk)
        kinds.append(cast_vote(participant=again, statement=seed, value=-1, key=uuid4()).kind)
        connection.close()

    monkeypatch.setattr(live, moment, while_looking)
    assert live.look(round)
    assert kinds == ["changed"]


# --- What the organiser sees


def workspace(client, round: Round) -> str:
    client.force_login(round.deliberation.memberships.get().user)
    return client.get(reverse("workspace", args=[round.deliberation.slug])).content.decode()


def test_the_workspace_says_as_of_when_and_no_result(client):
    round = open_round()
    looked(round)
    LiveFinding.objects.update(as_of=Now() - timedelta(minutes=3, seconds=5))
    page = workspace(client, round)
    assert "12 of 12 voters have voted on enough statements" in page
    assert "3 minutes ago" in page
    assert "No votes since." in page
    assert "agree" not in page[page.index("How much can be said") : page.index("No votes since")]


def test_a_stale_state_says_that_there_are_newer_votes(client):
    round = open_round()
    looked(round)
    vote_row(join(round.deliberation), [1])
    assert "There are newer votes" in workspace(client, round)


def test_before_the_first_look_the_workspace_says_what_is_to_come(client):
    assert "appears here within a minute" in workspace(client, open_round())


def test_a_closed_round_shows_no_live_state(client):
    round = open_round()
    looked(round)
    page = workspace(client, close_round(round=round, actor=None))
    assert "How much can be said so far" not in page
