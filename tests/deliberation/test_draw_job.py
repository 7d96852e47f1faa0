"""A worker makes a draw: once, whole or not at all, whatever workers, messages and people do."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from deliberation import tasks
from deliberation.lottery import Change, Contradiction, Recruits, Side, replay
from deliberation.lottery_words import not_drawn, why_not_drawn
from deliberation.models import AuditEntry, Draw, DrawnMember, PoolMember
from deliberation.models.recruiting import Answer, DrawState
from deliberation.services import draw_job
from deliberation.services.draws import (
    answer,
    cancel_draw,
    quotas_left,
    start_draw,
    start_replacement,
)
from deliberation.services.pools import fix_pool
from deliberation.services.quotas import Balance, Quota
from tests.deliberation.drawing import SEED, make_draw, make_pool

pytestmark = pytest.mark.django_db
# Everyone of the village is over forty in this pool of one person for each line.
TORN = [
    Balance("Age group", [Quota("16–39", 0, 10), Quota("40 and older", 0, 4)]),
    Balance("Place", [Quota("town", 0, 10), Quota("village", 0, 1)]),
]


@pytest.fixture
def asked(deliberation) -> Draw:
    """A draw that waits for a worker."""
    pool = make_pool(deliberation)
    fix_pool(pool=pool, actor=None)
    return start_draw(pool=pool, seed=SEED, actor=None)


def silent(draw: Draw) -> None:
    """Its worker has died: nothing was heard for longer than the lease."""
    Draw.objects.filter(pk=draw.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_the_people_drawn_meet_the_quotas_and_the_draw_is_done(asked):
    assert tasks.execute_draw(asked.pk) is True
    asked.refresh_from_db()
    assert (asked.state, asked.progress, asked.step, asked.lease_until) == ("done", 100, "", None)
    values = [drawn.member.values for drawn in asked.drawn.select_related("member")]
    assert len(values) == asked.seats == 10
    for stratum in asked.quotas:
        for quota in stratum["values"]:
            held = sum(one[stratum["stratum"]] == quota["value"] for one in values)
            assert quota["minimum"] <= held <= quota["maximum"]
    assert AuditEntry.objects.filter(action="draw.made").count() == 1


def test_the_report_counts_everyone_and_its_lot_can_be_redone(asked):
    draw_job.execute_draw(asked.pk)
    asked.refresh_from_db()
    report = asked.report
    assert report["people"] == 60
    assert sum(people for _chance, people in report["chances"]) == 60
    assert sum(chance * people for chance, people in report["chances"]) == pytest.approx(10)
    assert report["exact"] is True
    lot = report["lot"]
    assert lot["pool_digest"] == asked.pool.digest
    assert replay(SEED, asked.pool.digest, lot["tickets"]) == (lot["number"], lot["panel"])


def test_a_draw_is_made_once_however_many_messages_there_are(asked):
    assert draw_job.execute_draw(asked.pk) is True
    before = sorted(asked.drawn.values_list("member_id", flat=True))
    assert draw_job.execute_draw(asked.pk) is False
    assert sorted(asked.drawn.values_list("member_id", flat=True)) == before


def test_a_draw_that_a_worker_is_at_is_left_to_it(asked):
    assert draw_job._claim(asked.pk) is not None
    assert draw_job.execute_draw(asked.pk) is False
    assert not asked.drawn.exists()


def test_a_worker_that_was_taken_over_saves_nothing(asked, monkeypatch):
    real = draw_job.draw

    def slow(*args, **kwargs):
        drawn = real(*args, **kwargs)
        silent(asked)
        assert draw_job._claim(asked.pk) is not None  # another worker takes over meanwhile
        return drawn

    monkeypatch.setattr(draw_job, "draw", slow)
    assert draw_job.execute_draw(asked.pk) is False
    asked.refresh_from_db()
    assert (asked.state, asked.tries) == (DrawState.RUNNING, 2)
    assert not asked.drawn.exists()


def test_a_draw_that_is_stopped_by_hand_stops_and_draws_nobody(asked, monkeypatch):
    monkeypatch.setattr(draw_job, "_SAY_EVERY", 0)
    steps = []
    real = draw_job._Claim.say

    def stop_at_panels(self, percent, step):
        steps.append(step)
        if step == "panels":
            cancel_draw(draw=asked, actor=None)
        real(self, percent, step)

    monkeypatch.setattr(draw_job._Claim, "say", stop_at_panels)
    assert draw_job.execute_draw(asked.pk) is False
    asked.refresh_from_db()
    assert (asked.state, steps.count("panels")) == (DrawState.FAILED, 1)
    assert "stopped by hand" in asked.message
    assert not asked.drawn.exists()


def test_how_far_it_is_can_be_read_meanwhile(asked, monkeypatch):
    monkeypatch.setattr(draw_job, "_SAY_EVERY", 0)
    seen = []
    real = draw_job._Claim.say

    def look(self, percent, step):
        real(self, percent, step)
        seen.append(Draw.objects.values_list("progress", "step").get(pk=asked.pk))

    monkeypatch.setattr(draw_job._Claim, "say", look)
    draw_job.execute_draw(asked.pk)
    assert (0, "checking") in seen
    assert (98, "lot") in seen
    assert seen == sorted(seen, key=lambda one: one[0])


def test_what_breaks_is_tried_three_times_and_then_said(asked, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("no memory")

    monkeypatch.setattr(draw_job, "draw", broken)
    for tries in (1, 2, 3):
        ended = draw_job.execute_draw(asked.pk)
        asked.refresh_from_db()
        assert (asked.tries, ended) == (tries, tries == 3)
        assert draw_job.execute_draw(asked.pk) is False  # not at once again
        silent(asked)
    assert asked.state == DrawState.FAILED
    assert "3 times" in asked.message
    assert "memory" not in asked.message
    assert not asked.drawn.exists()


def test_nothing_is_half_saved(asked, monkeypatch):
    def broken(**_kwargs):
        raise DatabaseError

    monkeypatch.setattr(draw_job, "record", broken)
    assert draw_job.execute_draw(asked.pk) is False
    asked.refresh_from_db()
    assert (asked.state, asked.report) == (DrawState.QUEUED, {})
    assert not asked.drawn.exists()


def test_the_sweep_sends_a_message_for_what_was_lost_and_gives_up_after_three(asked, monkeypatch):
    sent = []
    monkeypatch.setattr(
        draw_job, "hint", lambda task, args, queue: sent.append((task, args, queue)) or True
    )
    assert tasks.sweep_draws() == 0  # its own message may be on the way
    Draw.objects.filter(pk=asked.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert tasks.sweep_draws() == 1
    assert sent == [("deliberation.execute_draw", [asked.pk], "aggregate")]
    draw_job._claim(asked.pk)
    assert tasks.sweep_draws() == 0  # a worker is at it
    Draw.objects.filter(pk=asked.pk).update(tries=3)
    silent(asked)
    assert tasks.sweep_draws() == 0
    asked.refresh_from_db()
    assert asked.state == DrawState.FAILED


def test_quotas_that_contradict_each_other_fail_in_words(deliberation):
    pool = make_pool(deliberation, strata=TORN)
    fix_pool(pool=pool, actor=None)
    draw = start_draw(pool=pool, seed=SEED, actor=None)
    PoolMember.objects.filter(pool=pool, values__Place="town").update(withdrawn_at=timezone.now())
    assert draw_job.execute_draw(draw.pk) is True
    draw.refresh_from_db()
    assert draw.state == DrawState.FAILED
    assert "Place" in draw.message
    assert "10" in draw.message
    with translation.override("de"):
        german = why_not_drawn(draw)
    assert german != draw.message
    assert why_not_drawn(draw) == draw.message


def test_why_a_draw_was_stopped_is_said_in_the_language_of_the_reader(asked):
    cancel_draw(draw=asked, actor=None)
    asked.refresh_from_db()
    assert why_not_drawn(asked) == "It was stopped by hand. Nobody was drawn."
    with translation.override("de"):
        assert why_not_drawn(asked) != asked.message


def test_draws_that_failed_before_reasons_were_kept_show_what_was_written(asked):
    Draw.objects.filter(pk=asked.pk).update(state=DrawState.FAILED, message="Too few people.")
    asked.refresh_from_db()
    assert why_not_drawn(asked) == "Too few people."


@pytest.mark.parametrize("failure", [{"code": "unsolved"}, {"code": "gave_up", "n": 3}])
def test_a_computation_without_an_end_is_said_too(failure):
    assert "Nobody was drawn." in not_drawn(failure)


def test_contradictions_are_kept_whole():
    found = Contradiction(
        "together",
        {"seats": 4},
        (Side("Age", "old", "minimum", 3),),
        (Change("Age", "old", "minimum", 3, 2),),
        (Recruits(2, {"Age": "old", "Place": "town"}),),
    )
    assert Contradiction.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_whoever_left_the_pool_cannot_be_drawn(asked):
    gone = asked.pool.members.filter(number__lte=20)
    gone.update(withdrawn_at=timezone.now())
    draw_job.execute_draw(asked.pk)
    asked.refresh_from_db()
    assert asked.report["people"] == 40
    assert not asked.drawn.filter(member__number__lte=20).exists()


def test_whoever_leaves_while_the_draw_is_made_makes_room(asked, monkeypatch):
    real = draw_job.draw

    def leave(*args, **kwargs):
        asked.pool.members.update(withdrawn_at=timezone.now())
        return real(*args, **kwargs)

    monkeypatch.setattr(draw_job, "draw", leave)
    draw_job.execute_draw(asked.pk)
    assert set(asked.drawn.values_list("answer", flat=True)) == {Answer.DECLINED}


def test_replacements_fill_the_quotas_that_those_who_decline_leave(deliberation):
    pool = make_pool(deliberation)
    first = make_draw(pool)
    pool.refresh_from_db()
    for drawn in first.drawn.all()[:4]:
        answer(drawn=drawn, comes=False)
    left = quotas_left(pool)
    second = start_replacement(pool=pool, seed="another seed", actor=None)
    assert draw_job.execute_draw(second.pk) is True
    second.refresh_from_db()
    assert (second.state, second.seats, second.quotas) == (DrawState.DONE, 4, left)
    members = DrawnMember.objects.filter(draw__pool=pool)
    assert members.values("member").distinct().count() == 14
    staying = [one.member.values for one in members.exclude(answer=Answer.DECLINED)]
    assert len(staying) == 10
    for stratum in first.quotas:
        for quota in stratum["values"]:
            held = sum(one[stratum["stratum"]] == quota["value"] for one in staying)
            assert quota["minimum"] <= held <= quota["maximum"]


def test_a_draw_that_is_done_cannot_be_changed(asked):
    draw_job.execute_draw(asked.pk)
    with pytest.raises(DatabaseError, match="is done"), transaction.atomic():
        Draw.objects.filter(pk=asked.pk).update(seed="a better one")


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_begin_at_once_one_makes_the_draw(asked):
    ended: list[bool] = []
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        ended.append(draw_job.execute_draw(asked.pk))
        connection.close()

    workers = [threading.Thread(target=work) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(ended) == [False, False, False, True]
    assert asked.drawn.count() == 10


def test_the_page_of_a_draw_that_was_not_made_says_why(owner_client, asked):
    cancel_draw(draw=asked, actor=None)
    slug = asked.pool.panel.deliberation.slug
    page = owner_client.get(reverse("draw", args=[slug, asked.number])).content.decode()
    assert "This draw was not made" in page
    assert "It was stopped by hand. Nobody was drawn." in page
