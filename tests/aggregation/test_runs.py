"""The life of a run, and that it ends once and whole whoever works on it."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta

import numpy as np
import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerGone

from aggregation import leases, messages, runs
from aggregation.document import outcome_text
from aggregation.engine import EngineError, Plan, aggregate
from aggregation.models import (
    GroupFinding,
    ParticipantFinding,
    Run,
    SelectionFinding,
    StatementFinding,
    StatementGroupFinding,
)
from deliberation.models import Exclusion, ImportedGroup, Round, Statement
from deliberation.services.errors import WrongPhase
from deliberation.services.rounds import close_round
from tests.factories import accepted, join, make_open, the_round, vote, vote_row

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


def closed_round(people: int = 12) -> Round:
    """Two camps that agree on the first seed and on nothing else."""
    deliberation = make_open("vote")
    for n in range(people):
        side = 1 if n % 3 else -1
        vote_row(join(deliberation), [1, side, -side, 0])
    return close_round(round=the_round(deliberation), actor=None)


def ready_run(**changes: object) -> Run:
    run = runs.create_run(round=closed_round())
    Run.objects.filter(pk=run.pk).update(**changes) if changes else None
    return run


def let_the_lease_expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))


FINDINGS = (
    GroupFinding,
    ParticipantFinding,
    StatementFinding,
    StatementGroupFinding,
    SelectionFinding,
)


# Queueing


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


# Loading


def matrix_of(round: Round):
    return runs.load_matrix(round, Plan.from_dict(round.plan))


def test_the_matrix_holds_every_vote_by_public_number():
    round = closed_round(people=3)
    matrix = matrix_of(round)
    found = {
        (int(matrix.participant_ids[row]), int(matrix.statement_ids[column])): int(value)
        for row, column, value in zip(matrix.rows, matrix.indices, matrix.values, strict=True)
    }
    stored = round.votes.values_list("participant__number", "statement__number", "value")
    assert found == {(who, what): value for who, what, value in stored}


def test_excluded_and_withdrawn_people_are_left_out_with_their_votes():
    deliberation = make_open("vote")
    people = [join(deliberation) for _ in range(4)]
    for person in people:
        vote_row(person, [1, 0])
    Exclusion.objects.create(participant=people[0], reason="listed")
    people[1].withdrawn_at = people[1].joined_at
    people[1].save()
    matrix = matrix_of(the_round(deliberation))
    assert matrix.participant_ids.tolist() == [people[2].number, people[3].number]
    assert matrix.n_votes == 4


def test_statements_that_do_not_count_are_left_out_with_their_votes():
    deliberation = make_open("vote")
    alice = join(deliberation)
    vote_row(alice, [1, 1, 1, 1])
    dropped = accepted(deliberation)[1]
    Statement.objects.filter(pk=dropped.pk).update(status="rejected")
    matrix = matrix_of(the_round(deliberation))
    assert dropped.number not in matrix.statement_ids.tolist()
    assert matrix.n_votes == 3


def test_people_and_statements_without_votes_have_their_place():
    deliberation = make_open("vote")
    join(deliberation)
    bob = join(deliberation)
    vote(bob, accepted(deliberation)[0], 1)
    matrix = matrix_of(the_round(deliberation))
    assert (matrix.n_participants, matrix.n_statements, matrix.n_votes) == (2, 4, 1)


def test_declared_groups_come_by_the_name_of_their_source():
    deliberation = make_open("vote")
    people = [join(deliberation) for _ in range(3)]
    for person, label in zip(people, (0, 1, 1), strict=True):
        vote_row(person, [1])
        ImportedGroup.objects.create(participant=person, source="table", label=label)
        ImportedGroup.objects.create(participant=person, source="other", label=7)
    plan = Plan.from_dict(
        the_round(deliberation).plan | {"grouping": {"method": "declared", "source": "table"}}
    )
    matrix = runs.load_matrix(the_round(deliberation), plan)
    assert matrix.declared_groups is not None
    assert matrix.declared_groups.tolist() == [0, 1, 1]


def test_the_same_votes_give_the_same_digest_whatever_the_row_order(sql):
    round = closed_round()
    before = matrix_of(round).digest
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("CREATE TEMP TABLE kept AS SELECT * FROM deliberation_vote")
        cursor.execute("DELETE FROM deliberation_vote")
        cursor.execute("INSERT INTO deliberation_vote SELECT * FROM kept ORDER BY id DESC")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert matrix_of(round).digest == before


# Executing


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
    with pytest.raises(leases.LostLease):
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


# Failing


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


def test_a_fault_while_saving_leaves_no_findings(monkeypatch):
    def broken(*_: object) -> None:
        raise OperationalError("connection lost")

    monkeypatch.setattr(runs, "summary", broken)
    run = ready_run()
    assert not runs.execute(run.pk, "w")
    run.refresh_from_db()
    assert run.status == "queued"
    assert not any(table.objects.exists() for table in FINDINGS)


# Sweeping


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


# The official run


def test_the_official_run_is_the_newest_done_one_of_the_frozen_plan():
    round = closed_round()
    assert runs.official_run(round) is None
    other = Plan.from_dict(round.plan | {"name": "other"})
    made = [runs.create_run(round=round, plan=plan) for plan in (None, None, other)]
    for run in made:
        runs.execute(run.pk, "w")
    runs.create_run(round=round)
    assert runs.official_run(round) == made[1]
