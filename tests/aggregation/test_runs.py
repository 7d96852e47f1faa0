"""The life of a run, and that it ends once and whole whoever works on it."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import translation

from aggregation import failures, leases, runs
from aggregation.document import outcome_text
from aggregation.engine import EngineError, Plan, aggregate
from aggregation.models import ParticipantFinding, Run, StatementFinding
from deliberation.leases import LostLease, kept_alive
from deliberation.services.rounds import close_round
from deploy.processes import wait_until
from tests.aggregation.running import FINDINGS, closed_round, let_the_lease_expire, ready_run
from tests.factories import make_open, the_round

pytestmark = pytest.mark.django_db


def test_a_run_ends_done_with_all_findings():
    run = ready_run()
    assert runs.execute(run.pk, "worker-1")
    run.refresh_from_db()
    assert (run.status, run.progress, run.lease_until, run.attempts) == ("done", 100, None, 1)
    assert run.claimed_by.startswith("worker-1 ")
    people, statements = 12, 4
    groups = run.groups.count()
    assert run.participants.count() == people
    assert run.statements.count() == statements
    assert run.statement_groups.count() == groups * statements
    assert run.selections.count() == statements * len(run.plan["rules"])


def test_findings_are_what_the_engine_found():
    run = ready_run()
    runs.execute(run.pk, "w")
    plan = Plan.from_dict(run.plan)
    outcome = aggregate(runs.load_matrix(run.round, plan), plan, run.seed)
    rows = StatementFinding.objects.filter(run=run).order_by("statement__number")
    assert [row.gac_polis for row in rows] == outcome.gac_polis.tolist()
    assert [(r.agree, r.disagree, r.passed) for r in rows] == [tuple(c) for c in outcome.counts]
    places = ParticipantFinding.objects.filter(run=run).order_by("participant__number")
    assert np.array_equal([(p.x, p.y) for p in places], outcome.positions)
    assert [p.group for p in places] == outcome.groups.tolist()


def test_votes_of_findings_reconcile_with_the_votes_table():
    run = ready_run()
    runs.execute(run.pk, "w")
    for row in run.statements.select_related("statement"):
        votes = row.statement.votes.values_list("value", flat=True)
        counts = [list(votes).count(v) for v in (1, -1, 0)]
        assert [row.agree, row.disagree, row.passed] == counts


def test_the_document_of_a_run_has_the_digest_of_the_run():
    run = ready_run()
    runs.execute(run.pk, "w")
    run.refresh_from_db()
    text = outcome_text(run)
    assert hashlib.sha256(text.encode()).hexdigest() == run.outcome_digest


def test_two_runs_of_one_plan_give_the_same_digest():
    round = closed_round()
    digests = set()
    for _ in range(2):
        run = runs.create_run(round=round)
        runs.execute(run.pk, "w")
        run.refresh_from_db()
        digests.add((run.input_digest, run.outcome_digest))
    assert len(digests) == 1


def test_progress_and_step_are_written_while_it_works():
    run = ready_run()
    seen = []

    def look(_share: float, step: str) -> None:
        now = Run.objects.get(pk=run.pk)
        seen.append((now.status, now.step == step, now.progress))

    runs.execute(run.pk, "w", progress=look)
    assert all(status == "running" and same for status, same, _ in seen)
    percents = [percent for _, _, percent in seen]
    assert percents == sorted(percents)
    assert percents[-1] > percents[0]


def test_a_done_run_is_not_done_again():
    run = ready_run()
    assert runs.execute(run.pk, "first")
    assert not runs.execute(run.pk, "second")
    run.refresh_from_db()
    assert run.claimed_by.startswith("first ")


def test_a_running_run_is_left_to_its_worker():
    run = ready_run()
    assert leases.claim(run.pk, "first") is not None
    assert leases.claim(run.pk, "second") is None


def test_a_run_of_a_silent_worker_is_taken_over():
    run = ready_run()
    leases.claim(run.pk, "first")
    let_the_lease_expire(run)
    assert runs.execute(run.pk, "second")
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("done", 2)


def test_a_worker_that_lost_its_lease_saves_nothing():
    run = ready_run()
    first = leases.claim(run.pk, "first")
    assert first is not None
    plan = Plan.from_dict(run.plan)
    outcome = aggregate(runs.load_matrix(run.round, plan), plan)
    let_the_lease_expire(run)
    assert leases.claim(run.pk, "second") is not None
    with pytest.raises(LostLease):
        runs._save(first, outcome)
    assert not any(table.objects.exists() for table in FINDINGS)


def test_a_worker_that_is_overtaken_on_the_way_stops():
    run = ready_run()

    def overtake(_share: float, step: str) -> None:
        if step == "groups":
            let_the_lease_expire(run)
            assert leases.claim(run.pk, "second") is not None

    assert not runs.execute(run.pk, "first", progress=overtake)
    run.refresh_from_db()
    assert run.claimed_by.startswith("second ")
    assert not any(table.objects.exists() for table in FINDINGS)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_claims():
    run = ready_run()
    start = threading.Barrier(8)
    claims: list[leases.Claim | None] = []

    def race(n: int) -> None:
        start.wait()
        claims.append(leases.claim(run.pk, f"worker-{n}"))
        connection.close()

    threads = [threading.Thread(target=race, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 8
    assert sum(claim is not None for claim in claims) == 1


@pytest.mark.django_db(transaction=True)
def test_a_long_step_keeps_its_lease(settings, monkeypatch):
    settings.RUN_LEASE_SECONDS = 1
    run = ready_run()
    renewed = threading.Event()
    renew = leases.Claim.renew

    def noted(self: leases.Claim, **changes: object) -> None:
        renew(self, **changes)
        if not changes:
            renewed.set()

    def slow(mine: leases.Claim, progress: object) -> None:
        assert renewed.wait(30)
        raise EngineError("no_votes")

    monkeypatch.setattr(leases.Claim, "renew", noted)
    monkeypatch.setattr(runs, "_compute", slow)
    assert runs.execute(run.pk, "w")
    assert renewed.is_set()


def test_what_the_engine_refuses_fails_at_once_in_its_words():
    deliberation = make_open("vote")
    run = runs.create_run(round=close_round(round=the_round(deliberation), actor=None))
    assert runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("failed", 1)
    assert run.error == "There are no votes to aggregate."


def test_anything_else_is_tried_three_times_with_a_pause(monkeypatch):
    def broken(*_: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(runs, "_compute", broken)
    run = ready_run()
    for attempt in (1, 2):
        assert not runs.execute(run.pk, "w")
        run.refresh_from_db()
        assert (run.status, run.attempts) == ("queued", attempt)
        assert run.not_before is not None
        assert not runs.execute(run.pk, "too early")
        Run.objects.filter(pk=run.pk).update(not_before=Now())
    assert runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error == "It failed 3 times: OperationalError."


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_takes_too_long_says_so(monkeypatch, settings):
    def slow(*_: object) -> None:
        raise SoftTimeLimitExceeded

    settings.RUN_TIME_LIMIT_SECONDS = 90
    monkeypatch.setattr(runs, "_compute", slow)
    run = ready_run(attempts=2)
    assert runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert run.error == "It failed 3 times: it took longer than 1.5 minutes."


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_hangs_loses_its_lease_like_a_dead_one(settings):
    settings.RUN_LEASE_SECONDS = settings.RUN_TIME_LIMIT_SECONDS = 1
    run = ready_run()
    first = leases.claim(run.pk, "first")
    with kept_alive(first):
        assert wait_until(lambda: leases.claim(run.pk, "second") is not None, seconds=60)


def test_a_fault_while_saving_leaves_no_findings(monkeypatch):
    def broken(*_: object) -> None:
        raise OperationalError("connection lost")

    monkeypatch.setattr(runs, "summary", broken)
    run = ready_run()
    assert not runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert run.status == "queued"
    assert not any(table.objects.exists() for table in FINDINGS)


def failed_page(run: Run, code: str) -> str:
    """What organisers read of a run, in one language."""
    with translation.override(code):
        return render_to_string("aggregation/progress.html", {"run": Run.objects.get(pk=run.pk)})


def test_why_a_run_failed_is_said_in_the_language_of_the_reader(monkeypatch):
    def broken(*_: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(runs, "_compute", broken)
    run = ready_run(attempts=2)
    assert runs.execute(run.pk, "w")
    assert "It failed 3 times: OperationalError." in failed_page(run, "en")
    assert "Die Auswertung ist 3-mal fehlgeschlagen: OperationalError." in failed_page(run, "de")


@pytest.mark.parametrize(
    ("error", "kept", "words"),
    [
        (
            EngineError("too_few_points", k=5, points=4),
            {"k": 5, "points": 4},
            "stand at only 4 different places.",
        ),
        (
            EngineError("matrix_malformed", reason="not sorted"),
            {"reason": "not sorted"},
            "the program is at fault (matrix_malformed)",
        ),
    ],
)
def test_what_the_engine_refuses_is_kept_for_pages_and_said_for_shells(
    monkeypatch, error, kept, words
):
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(runs, "_compute", refuse)
    run = ready_run()
    assert runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert run.error == str(error)
    assert run.summary["failure"]["params"] == kept
    assert words in failed_page(run, "en")


def test_runs_that_failed_before_reasons_were_kept_show_what_the_worker_wrote():
    run = ready_run()
    Run.objects.filter(pk=run.pk).update(status="failed", error="The disk was full.")
    assert "The disk was full." in failed_page(run, "de")


def test_a_failed_run_has_no_outcome(monkeypatch):
    run = ready_run()
    Run.objects.filter(pk=run.pk).update(**runs.failed(failures.died(n=3)))
    run.refresh_from_db()
    with pytest.raises(ValueError, match="not done"):
        outcome_text(run)
