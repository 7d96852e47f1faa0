"""Hop 1: one effective vote per participant and statement, whatever is sent twice or at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection

from deliberation.models import Vote, VoteEvent
from deliberation.services.errors import Invalid, NotAllowed, ServiceError, WrongPhase
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.votes import cast_vote, withdraw_vote
from tests.factories import accepted, join, make_open, the_round, vote


def replayed_votes() -> dict[tuple[int, int], int]:
    """The votes table as the events tell it."""
    votes: dict[tuple[int, int], int] = {}
    for event in VoteEvent.objects.order_by("id"):
        pair = (event.participant_id, event.statement_id)
        if event.value is None:
            votes.pop(pair)
        else:
            votes[pair] = event.value
    return votes


def stored_votes() -> dict[tuple[int, int], int]:
    return {(v.participant_id, v.statement_id): v.value for v in Vote.objects.all()}


@pytest.mark.django_db
def test_cast_change_repeat_withdraw_leave_one_vote_and_every_event():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]
    kinds = [
        cast_vote(participant=alice, statement=statement, value=value, key=uuid4()).kind
        for value in (1, 1, -1, 0)
    ]
    assert kinds == ["cast", "repeated", "changed", "changed"]
    assert stored_votes() == {(alice.pk, statement.pk): 0} == replayed_votes()
    taken = withdraw_vote(participant=alice, statement=statement, key=uuid4())
    assert (taken.kind, taken.previous) == ("withdrawn", 0)
    assert stored_votes() == {} == replayed_votes()
    assert VoteEvent.objects.count() == 5
    events = list(VoteEvent.objects.order_by("id").values_list("previous", "value"))
    assert events == [(None, 1), (1, 1), (1, -1), (-1, 0), (0, None)]


@pytest.mark.django_db
def test_the_same_key_again_stores_nothing_even_after_a_later_change():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]
    first = uuid4()
    cast_vote(participant=alice, statement=statement, value=1, key=first)
    vote(alice, statement, -1)
    late = cast_vote(participant=alice, statement=statement, value=1, key=first)
    assert late.kind == "replayed"
    assert late.value == -1
    assert Vote.objects.get().value == -1
    assert VoteEvent.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("value", [2, -2, 7])
def test_a_value_that_is_no_vote_is_refused(value):
    deliberation = make_open()
    with pytest.raises(Invalid):
        vote(join(deliberation), accepted(deliberation)[0], value)
    assert VoteEvent.objects.count() == 0


@pytest.mark.django_db
def test_a_vote_in_a_closed_round_stores_nothing():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase, match="closed"):
        vote(alice, statement, 1)
    assert (Vote.objects.count(), VoteEvent.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_vote_cannot_be_withdrawn_once_the_round_is_closed():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]
    vote(alice, statement, 1)
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        withdraw_vote(participant=alice, statement=statement, key=uuid4())
    assert stored_votes() == {(alice.pk, statement.pk): 1} == replayed_votes()


@pytest.mark.django_db
def test_a_rejected_statement_takes_no_votes():
    deliberation = make_open()
    statement = accepted(deliberation)[0]
    moderate(statement=statement, decision="reject", reason="unclear", actor=None, role="moderator")
    statement.refresh_from_db()
    with pytest.raises(WrongPhase):
        vote(join(deliberation), statement, 1)


@pytest.mark.django_db
def test_a_seat_of_another_deliberation_cannot_vote_here():
    here, there = make_open(), make_open(slug="elsewhere")
    with pytest.raises(NotAllowed):
        vote(join(there), accepted(here)[0], 1)


def at_once(jobs: list) -> list:
    """Run the jobs in as many threads, each with its own connection."""

    def one(job):
        close_old_connections()
        try:
            return job()
        except ServiceError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return list(pool.map(one, jobs))


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_votes_at_once_are_one_vote_and_one_event():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]
    key = uuid4()
    results = at_once(
        [lambda: cast_vote(participant=alice, statement=statement, value=1, key=key)] * 50
    )
    assert sorted(r.kind for r in results) == ["cast"] + ["replayed"] * 49
    assert (Vote.objects.count(), VoteEvent.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_fifty_conflicting_votes_at_once_leave_one_vote_and_every_event():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]
    at_once([lambda v=v: vote(alice, statement, v) for v in [1, -1, 0, 1, -1] * 10])
    assert VoteEvent.objects.count() == 50
    assert stored_votes() == replayed_votes()
    chain = list(VoteEvent.objects.order_by("id").values_list("previous", "value"))
    assert [before for before, _ in chain[1:]] == [after for _, after in chain[:-1]]


@pytest.mark.django_db(transaction=True)
def test_votes_racing_a_closing_round_are_stored_before_it_or_refused():
    deliberation = make_open()
    round, statement = the_round(deliberation), accepted(deliberation)[0]
    people = [join(deliberation) for _ in range(24)]
    jobs = [lambda p=p: vote(p, statement, 1) for p in people]
    jobs.insert(12, lambda: close_round(round=round, actor=None))
    results = at_once(jobs)
    refused = [r for r in results if isinstance(r, WrongPhase)]
    round.refresh_from_db()
    assert round.phase == "closed"
    assert Vote.objects.count() == 24 - len(refused)
    assert stored_votes() == replayed_votes()
