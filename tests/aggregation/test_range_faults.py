"""A run in parts under races and faults: one step after another, one part tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection
from django.db.models.functions import Now

from aggregation import leases, range_steps, ranges, runs
from aggregation.engine import EngineError
from aggregation.models import Run, RunPart
from tests.aggregation.in_parts import (
    begun,
    cut,
    do_all,
    excluded,
    messages_kept,
    result,
    waiting,
)
from tests.aggregation.running import FINDINGS, large_round

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    return messages_kept(monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_finish_the_last_parts_at_once_one_goes_on(monkeypatch):
    run = begun()
    both_done, advance = threading.Barrier(2), ranges.advance

    def together(run_id: int) -> None:
        both_done.wait(30)
        advance(run_id)

    monkeypatch.setattr(ranges, "advance", together)

    def work(part: int) -> None:
        ranges.execute_part(part, "w")
        connection.close()

    threads = [threading.Thread(target=work, args=(part,)) for part in waiting(run)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(run.parts.filter(place=1).values_list("step", "number")) == [("axes", 0)]


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_give_the_same_bytes():
    round = large_round()
    whole, run = cut(round), cut(round)
    runs.execute(whole.pk, "alone")
    ranges.begin(run.pk)

    def work(n: int) -> None:
        while Run.objects.filter(pk=run.pk, status="running").exists():
            for part in waiting(run):
                ranges.execute_part(part, f"worker-{n}")
        connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert result(run) == result(whole)


def let_the_lease_expire(part: int) -> None:
    RunPart.objects.filter(pk=part).update(lease_until=Now() - timedelta(seconds=1))


def test_a_worker_that_was_overtaken_keeps_nothing(monkeypatch):
    run = begun()
    part = waiting(run)[0]
    read = range_steps.STEPS[0].compute

    def overtaken(*of: object) -> range_steps.Kept:
        let_the_lease_expire(part)
        assert leases.claim_part(part, "second") is not None
        return read(*of)

    monkeypatch.setattr(range_steps, "STEPS", with_step("read", overtaken))
    assert not ranges.execute_part(part, "first")
    row = RunPart.objects.get(pk=part)
    assert (row.status, row.result) == ("running", None)
    assert row.claimed_by.startswith("second ")


def test_a_worker_that_was_overtaken_while_saving_saves_nothing(monkeypatch):
    run = begun()
    conclude = ranges.outcome

    def overtaken(job: object) -> object:
        part = run.parts.get(step="save").pk
        let_the_lease_expire(part)
        leases.claim_part(part, "second")
        return conclude(job)

    monkeypatch.setattr(ranges, "outcome", overtaken)
    do_all(run)
    assert run.status == "running"
    assert not any(table.objects.exists() for table in FINDINGS)


def with_step(name: str, compute: Callable[..., object]) -> tuple[range_steps.Step, ...]:
    """The steps, one of them computed otherwise."""
    return tuple(
        replace(step, compute=compute) if step.name == name else step for step in range_steps.STEPS
    )


# --- Faults


@pytest.fixture
def break_places(monkeypatch) -> Callable[[Exception], None]:
    """Let the second part of the step "place" fail."""

    def broken(error: Exception) -> None:
        place = range_steps.place

        def compute(job: object, low: int, high: int) -> range_steps.Kept:
            if low:
                raise error
            return place(job, low, high)

        monkeypatch.setattr(range_steps, "STEPS", with_step("place", compute))

    return broken


def test_a_part_that_fails_is_tried_again_alone(break_places, monkeypatch):
    run = begun()
    with monkeypatch.context():
        break_places(OperationalError("connection lost"))
        do_all(run)
    failed = run.parts.get(step="place", low=256)
    assert (failed.status, failed.attempts, failed.error) == ("waiting", 1, "OperationalError")
    assert failed.not_before is not None
    assert not ranges.execute_part(failed.pk, "too early")
    monkeypatch.undo()
    RunPart.objects.update(not_before=None)
    do_all(run)
    assert (run.status, run.attempts) == ("done", 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationalError("the disk is full"), "OperationalError"),
        (SoftTimeLimitExceeded(), "it took longer than 60 minutes"),
    ],
)
def test_a_part_that_fails_three_times_fails_the_run_in_words(break_places, error, words):
    run = begun()
    break_places(error)
    for _ in range(3):
        do_all(run)
        RunPart.objects.update(not_before=None)
    assert run.status == "failed"
    assert run.error == f"Part 2 of the step “Drawing the map of opinions” failed 3 times: {words}."
    assert not RunPart.objects.exists()


def test_what_the_engine_refuses_fails_the_run_at_once(break_places):
    run = begun()
    break_places(EngineError("no_votes"))
    do_all(run)
    assert (run.status, run.error) == ("failed", "There are no votes to aggregate.")
    assert not RunPart.objects.exists()


def test_a_round_without_votes_is_refused_as_on_one_worker():
    round = large_round(300, seen=0.0)
    whole, in_parts = cut(round), cut(round)
    runs.execute(whole.pk, "alone")
    ranges.begin(in_parts.pk)
    assert result(do_all(in_parts)) == result(whole)
    assert in_parts.error == "There are no votes to aggregate."


def test_all_steps_see_the_votes_that_were_read_first():
    round = large_round(300)
    whole, in_parts = cut(round), cut(round)
    runs.execute(whole.pk, "alone")
    ranges.begin(in_parts.pk)
    for part in waiting(in_parts):
        ranges.execute_part(part, "w")
    excluded(round, 7)
    assert result(do_all(in_parts)) == result(whole)


def test_the_sweep_reminds_of_parts_whose_message_or_worker_was_lost(sent):
    run = begun()
    first, second = waiting(run)
    sent.clear()
    assert ranges.sweep() == 0, "new parts are left to their own message"
    RunPart.objects.update(created_at=Now() - timedelta(minutes=1))
    leases.claim_part(first, "w")
    ranges.sweep()
    assert sent == [second]
    let_the_lease_expire(first)
    sent.clear()
    ranges.sweep()
    assert sent == [first, second]


def test_the_sweep_goes_on_where_a_worker_died_between_two_steps(monkeypatch):
    run = begun()
    with monkeypatch.context() as patched:
        patched.setattr(ranges, "advance", lambda run_id: None)
        for part in waiting(run):
            ranges.execute_part(part, "w")
    assert not waiting(run)
    ranges.sweep()
    assert run.parts.filter(step="axes").count() == 1


def test_a_part_that_killed_three_workers_fails_the_run():
    run = begun()
    part = waiting(run)[0]
    for _ in range(3):
        assert leases.claim_part(part, "w") is not None
        let_the_lease_expire(part)
    assert leases.claim_part(part, "w") is None
    ranges.sweep()
    assert result(run)[0] == "failed"
    assert "died 3 times" in run.error


def test_the_sweep_of_runs_leaves_runs_in_parts_to_their_parts(monkeypatch):
    run = begun()
    Run.objects.update(lease_until=Now() - timedelta(days=1), created_at=Now() - timedelta(days=1))
    monkeypatch.setattr(runs, "send", lambda run_id, **_: pytest.fail("it is not lost"))
    runs.sweep()
    assert leases.claim(run.pk, "w") is None
    assert result(run)[0] == "running"
