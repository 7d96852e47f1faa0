"""How runs get to workers: a row, a message, and a sweep for what got lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerGone

from aggregation import leases, messages, runs
from aggregation.engine import Plan
from aggregation.models import Run
from deliberation.services.errors import WrongPhase
from tests.aggregation.running import closed_round, let_the_lease_expire, ready_run
from tests.factories import make_open, the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """Messages to workers, kept instead of sent."""
    kept: list[int] = []

    def keep(run_id: int, *, expires: float | None = None) -> bool:
        kept.append(run_id)
        return True

    monkeypatch.setattr(runs, "send", keep)
    return kept


def test_the_row_comes_first_and_the_message_after_commit(sent, django_capture_on_commit_callbacks):
    round = closed_round()
    with django_capture_on_commit_callbacks(execute=True):
        run = runs.queue_run(round=round)
        assert (run.status, sent) == ("queued", [])
    assert sent == [run.pk]


def test_a_run_has_the_plan_of_its_round():
    run = ready_run()
    assert (run.plan_hash, run.plan) == (run.round.plan_hash, run.round.plan)


def test_an_open_round_has_no_runs(sent):
    round = the_round(make_open("vote"))
    with pytest.raises(WrongPhase):
        runs.queue_run(round=round)
    assert not Run.objects.exists()


def test_a_broker_that_is_gone_does_no_harm(monkeypatch, django_capture_on_commit_callbacks):
    def gone(*_args: object, **_kwargs: object) -> None:
        raise BrokerGone("connection refused")

    monkeypatch.setattr(messages.current_app, "send_task", gone)
    round = closed_round()
    with django_capture_on_commit_callbacks(execute=True):
        run = runs.queue_run(round=round)
    assert Run.objects.get(pk=run.pk).status == "queued"


def test_messages_about_parts_that_cannot_be_sent_are_counted_out(monkeypatch):
    sent: list[int] = []

    def gone_after_one(_task: str, ids: list[int], **_: object) -> None:
        if sent:
            raise BrokerGone("connection refused")
        sent.extend(ids)

    monkeypatch.setattr(messages.current_app, "send_task", gone_after_one)
    assert messages.send_parts([7, 8, 9]) == 1
    assert sent == [7]


def grow_old() -> None:
    Run.objects.update(created_at=Now() - timedelta(minutes=1))


def test_the_sweep_sends_again_for_runs_that_wait(sent):
    run = ready_run()
    assert runs.sweep() == 0, "a new run is left to its own message"
    grow_old()
    assert runs.sweep() == 1
    assert sent == [run.pk]


def test_the_sweep_finds_runs_of_silent_workers_and_leaves_the_others(sent):
    run = ready_run()
    grow_old()
    leases.claim(run.pk, "w")
    assert runs.sweep() == 0
    let_the_lease_expire(run)
    assert runs.sweep() == 1


def test_the_sweep_waits_for_the_pause_between_attempts(sent):
    ready_run(not_before=Now() + timedelta(minutes=1))
    grow_old()
    assert runs.sweep() == 0


def test_a_run_that_killed_three_workers_is_given_up(sent):
    run = ready_run(attempts=2)
    leases.claim(run.pk, "w")
    let_the_lease_expire(run)
    assert runs.sweep() == 0
    run.refresh_from_db()
    assert run.status == "failed"
    assert "died 3 times" in run.error


def test_the_sweep_queues_the_official_run_of_a_closed_round_once(
    sent, django_capture_on_commit_callbacks
):
    round = closed_round()
    with django_capture_on_commit_callbacks(execute=True):
        runs.sweep()
        runs.sweep()
    run = Run.objects.get()
    assert (run.round, run.plan_hash) == (round, round.plan_hash)
    assert sent == [run.pk]


def test_the_sweep_leaves_open_rounds_alone(sent):
    make_open("vote")
    runs.sweep()
    assert not Run.objects.exists()


def test_a_failed_official_run_is_not_queued_for_ever(sent):
    ready_run(status="failed", error="No.")
    runs.sweep()
    assert Run.objects.count() == 1


def test_the_official_run_is_the_newest_done_one_of_the_frozen_plan():
    round = closed_round()
    assert runs.official_run(round) is None
    other = Plan.from_dict(round.plan | {"name": "other"})
    made = [runs.create_run(round=round, plan=plan) for plan in (None, None, other)]
    for run in made:
        runs.execute(run.pk, "w")
    runs.create_run(round=round)
    assert runs.official_run(round) == made[1]
