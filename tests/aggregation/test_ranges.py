"""A run in parts: the same bytes as on one worker, whatever the cut and whoever does what."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from importlib import import_module

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now

from aggregation import leases, range_steps, ranges, runs, tasks
from aggregation.engine import EngineError, Plan, aggregate
from aggregation.engine.opinion_space import find_axes
from aggregation.models import PartStatus, Run, RunPart
from aggregation.packing import of_people, pack, pack_grouping, unpack, unpack_grouping
from aggregation.rows import load_matrix
from deliberation.models import (
    Exclusion,
    ImportedGroup,
    ProfileAnswer,
    ProfileQuestion,
    Round,
)
from deliberation.models.panels import ExclusionReason
from tests.aggregation.running import FINDINGS, large_round

pytestmark = pytest.mark.django_db

SEATS = {"id": "sequential_pav", "seats": 2}


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """Parts for which messages were sent, in order."""
    kept: list[int] = []

    def keep(part_ids: list[int], *, expires: float | None = None) -> int:
        kept.extend(part_ids)
        return len(part_ids)

    monkeypatch.setattr(ranges, "send_parts", keep)
    return kept


def cut(round: Round, size: int = 256, **changes: object) -> Run:
    """A run whose plan has it cut into ranges of so many people."""
    wanted = round.plan | {"ranges": {"participants": size}} | changes
    return runs.create_run(round=round, plan=Plan.from_dict(wanted))


def begun(people: int = 300, **changes: object) -> Run:
    """In parts, of two ranges, none done."""
    run = cut(large_round(people), **changes)
    assert ranges.begin(run.pk)
    return run


def waiting(run: Run) -> list[int]:
    parts = RunPart.objects.filter(run=run, status=PartStatus.WAITING, not_before=None)
    return list(parts.order_by("place", "number").values_list("pk", flat=True))


def do_all(run: Run, choose: Callable[[list[int]], int] = min) -> Run:
    """Until nothing waits; ``choose`` says which part is next."""
    while parts := waiting(run):
        ranges.execute_part(choose(parts), "w")
    run.refresh_from_db()
    return run


def result(run: Run) -> tuple[str, str, str, str]:
    run.refresh_from_db()
    return run.status, run.error, run.input_digest, run.outcome_digest


def excluded(round: Round, number: int) -> None:
    Exclusion.objects.create(
        participant=round.deliberation.participants.get(number=number),
        reason=ExclusionReason.LISTED,
    )


def grouped_by_source(round: Round) -> None:
    """The first people came with groups; nobody of the last range did."""
    people = round.deliberation.participants.filter(number__lte=200)
    ImportedGroup.objects.bulk_create(
        ImportedGroup(participant=one, source="source", label=one.number % 3) for one in people
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rules": [SEATS]},
        {"participants": {"min_votes": 4}},
        {"grouping": {"method": "declared", "source": "source"}},
        {"sensitivity": {}},
        {"stability": {"resamples": 20, "flips": False}},
    ],
    ids=["counts", "seats", "some left out", "declared groups", "variants", "stability"],
)
def test_every_cut_gives_the_same_bytes_as_one_worker(changes):
    round = large_round()
    excluded(round, 100)
    grouped_by_source(round)
    for size in (256, 300, 512):
        whole, in_parts = cut(round, size, **changes), cut(round, size, **changes)
        assert runs.execute(whole.pk, "alone")
        assert ranges.begin(in_parts.pk)
        do_all(in_parts, random.Random(size).choice)
        assert result(in_parts) == result(whole)
        assert in_parts.status == "done"


def test_beyond_what_products_are_kept_for_the_bytes_are_the_same(monkeypatch):
    round = large_round(300)
    monkeypatch.setattr(range_steps, "MOST_STATEMENTS", 3)
    monkeypatch.setattr(import_module(find_axes.__module__), "MOST_STATEMENTS", 3)
    whole, in_parts = cut(round), cut(round)
    runs.execute(whole.pk, "alone")
    ranges.begin(in_parts.pk)
    assert result(do_all(in_parts)) == result(whole)


def test_weights_are_found_on_one_worker_and_used_on_all():
    round = large_round(300)
    who_are_you(round)
    weights = {"margins": {"Where do you live?": {"town": 0.5, "country": 0.5}}}
    whole, in_parts = cut(round, weights=weights), cut(round, weights=weights)
    runs.execute(whole.pk, "alone")
    ranges.begin(in_parts.pk)
    assert result(do_all(in_parts)) == result(whole)
    assert in_parts.status == "done"
    assert in_parts.summary["weighting"] is not None


def who_are_you(round: Round) -> None:
    """Two thirds of the people live in town."""
    question = ProfileQuestion.objects.create(
        panel=round.deliberation.panel,
        text="Where do you live?",
        options=["town", "country"],
        number=1,
    )
    people = round.deliberation.participants.select_related("seat")
    ProfileAnswer.objects.bulk_create(
        ProfileAnswer(
            question=question, seat=one.seat, option="country" if one.number % 3 else "town"
        )
        for one in people
    )


def test_a_run_of_few_people_or_without_the_section_is_not_cut():
    round = large_round(256)
    assert not ranges.begin(cut(round).pk)
    assert not ranges.begin(runs.create_run(round=round).pk)
    assert not RunPart.objects.exists()


def test_the_task_cuts_a_large_run_and_executes_a_small_one(sent):
    round = large_round(300)
    large, small = cut(round), cut(round, 512)
    assert tasks.execute_run(large.pk)
    assert tasks.execute_run(small.pk)
    assert result(large)[0] == "running"
    assert result(small)[0] == "done"
    assert all(tasks.execute_part(part) for part in sent)


def test_parts_are_rows_first_and_messages_after_the_commit(
    sent, django_capture_on_commit_callbacks
):
    run = cut(large_round(300))
    with django_capture_on_commit_callbacks(execute=True):
        ranges.begin(run.pk)
        assert not sent
    assert sent == waiting(run)
    assert [(part.low, part.high) for part in run.parts.order_by("number")] == [
        (0, 256),
        (256, 300),
    ]


def test_a_run_is_cut_once_however_often_the_message_comes():
    run = begun()
    assert ranges.begin(run.pk)
    assert not runs.execute(run.pk, "another")
    run.refresh_from_db()
    assert (run.parts.count(), run.attempts) == (2, 1)


def test_the_next_step_begins_when_all_parts_are_done_and_not_before():
    run = begun()
    first, second = waiting(run)
    ranges.execute_part(second, "w")
    assert waiting(run) == [first]
    ranges.execute_part(first, "w")
    assert list(run.parts.filter(status="waiting").values_list("step", flat=True)) == ["axes"]


def test_a_part_is_done_once():
    run = begun()
    part = waiting(run)[0]
    assert ranges.execute_part(part, "first")
    assert not ranges.execute_part(part, "second")


def test_progress_rises_with_every_part_and_parts_go_when_the_run_is_done():
    run = begun()
    seen = []
    while parts := waiting(run):
        ranges.execute_part(parts[0], "w")
        run.refresh_from_db()
        seen.append(run.progress)
    assert seen == sorted(seen)
    assert len(set(seen)) > len(seen) / 2
    assert (seen[-1], run.status) == (100, "done")
    assert not RunPart.objects.exists()


# --- Races


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


@pytest.mark.parametrize(
    "changes",
    [{"status": "done"}, {"status": "running"}, {"status": "lost"}, {"high": 0}, {"number": 0}],
)
def test_the_database_refuses_parts_that_cannot_be(changes):
    second = begun().parts.get(number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        RunPart.objects.filter(pk=second.pk).update(**changes)


def test_what_a_grouping_says_travels_whole():
    """A field that the engine adds to a grouping must be packed, too."""
    round = large_round(300)
    plan = Plan.from_dict(round.plan)
    grouping = aggregate(load_matrix(round, plan), plan).grouping
    back = unpack_grouping(pack_grouping(grouping), unpack(pack(**of_people(grouping))))
    assert grouping.anchor is not None
    assert repr(asdict(back)) == repr(asdict(grouping))
