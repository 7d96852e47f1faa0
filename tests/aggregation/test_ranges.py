"""A run in parts: the same bytes as on one worker, whatever the cut and whoever does what."""

from __future__ import annotations

import random
from dataclasses import asdict
from importlib import import_module

import pytest
from django.db import IntegrityError, transaction

from aggregation import range_steps, ranges, runs, tasks
from aggregation.engine import Plan, aggregate
from aggregation.engine.opinion_space import find_axes
from aggregation.loading import load_matrix
from aggregation.models import RunPart
from aggregation.packing import of_people, pack, pack_grouping, unpack, unpack_grouping
from deliberation.models import (
    ImportedGroup,
    ProfileAnswer,
    ProfileQuestion,
    Round,
)
from tests.aggregation.in_parts import (
    SEATS,
    begun,
    cut,
    do_all,
    excluded,
    messages_kept,
    result,
    waiting,
)
from tests.aggregation.running import large_round

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    return messages_kept(monkeypatch)


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
