"""What a worker counts of an open round: bit by bit, once, and the same as counting anew."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils.timezone import now

from aggregation.engine import Plan
from deliberation import tasks
from deliberation.models import (
    Draw,
    DrawnMember,
    Exposure,
    HourTally,
    JoinTally,
    Participant,
    Pool,
    PoolMember,
    Round,
    RoundWatch,
    Statement,
    StatementTally,
    Stratum,
    VoteEvent,
    VoterTally,
)
from deliberation.selectors.watching import concerns
from deliberation.services import watch_figures, watching
from deliberation.services.profiles import add_question, answer_questions
from deliberation.services.rounds import close_round, open_round
from deliberation.services.statements import propose
from deliberation.services.votes import withdraw_vote
from deliberation.services.watching import watch
from deliberation.services.withdrawal import withdraw
from tests.factories import accepted, join, make_deliberation, make_open, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


def looked(round: Round) -> dict:
    """The figures after one more look, with nothing held back as too young."""
    assert watch(round=round, settled=timedelta(0))
    return RoundWatch.objects.get(round=round).figures


def tallies(round: Round) -> dict:
    """What was counted, whoever counted it."""
    voters = VoterTally.objects.filter(round=round).values_list(
        "participant__number", "agree", "disagree", "passes", "timed", "quick"
    )
    statements = StatementTally.objects.values_list("statement__number", "shown", "votes")
    hours = HourTally.objects.filter(round=round).values_list("hour", "votes", "changes")
    return {"voters": set(voters), "statements": set(statements), "hours": set(hours)}


def counted_anew(round: Round) -> dict:
    for table in (RoundWatch, VoterTally, HourTally, StatementTally):
        table.objects.all().delete()
    looked(round)
    return tallies(round)


def test_people_are_counted_on_their_way_through():
    deliberation = make_open("vote")
    deliberation.panel.size_wanted = 10
    deliberation.panel.save()
    join(deliberation)
    vote_row(join(deliberation), [1, 1])
    vote_row(join(deliberation), [1, -1, 0, 1])
    people = looked(the_round(deliberation))["people"]
    assert [people[name] for name in ("wanted", "joined", "voted", "finished", "target")] == [
        10, 3, 2, 1, 4,
    ]  # fmt: skip


def test_looking_again_counts_nothing_twice():
    deliberation = make_open("vote")
    vote_row(join(deliberation), [1, 1, 0])
    round = the_round(deliberation)
    looked(round)
    before = tallies(round)
    looked(round)
    assert tallies(round) == before


def test_votes_changed_and_taken_back_end_where_counting_anew_would():
    deliberation = make_open("vote")
    round, (first, second) = the_round(deliberation), [join(deliberation), join(deliberation)]
    vote_row(first, [1, 1, 0, -1])
    vote_row(second, [1, 0])
    looked(round)
    vote(first, accepted(deliberation)[0], -1)
    withdraw_vote(participant=first, statement=accepted(deliberation)[1], key=uuid4())
    withdraw(participant=second)
    looked(round)
    step_by_step = tallies(round)
    assert (first.number, 0, 2, 1, 0, 0) in step_by_step["voters"]
    assert (second.number, 0, 0, 0, 0, 0) in step_by_step["voters"]
    assert step_by_step == counted_anew(round)


def test_many_events_are_counted_in_steps(monkeypatch):
    deliberation = make_open("vote")
    for _ in range(3):
        vote_row(join(deliberation), [1, -1, 0, 1])
    round = the_round(deliberation)
    at_once = counted_anew(round)
    monkeypatch.setattr(watching, "_AT_ONCE", 5)
    assert counted_anew(round) == at_once
    assert sum(votes for _hour, votes, _changes in at_once["hours"]) == 12


def test_what_has_just_come_waits_for_the_next_look():
    deliberation = make_open("vote")
    round, person = the_round(deliberation), join(deliberation)
    vote_row(person, [1, 1])
    assert watch(round=round)
    assert not VoterTally.objects.exists()
    assert looked(round)["people"]["voted"] == 1


def test_votes_of_another_round_are_left_alone():
    one, other = make_open("vote"), make_open("vote", slug="other")
    vote_row(join(one), [1, 1])
    vote_row(join(other), [1, 1, 1])
    assert looked(the_round(one))["hours"][-1][1] == 2
    assert VoterTally.objects.filter(round=the_round(other)).count() == 0


def test_a_look_that_fails_leaves_nothing_behind(monkeypatch):
    deliberation = make_open("vote")
    vote_row(join(deliberation), [1, 1])
    round = the_round(deliberation)
    monkeypatch.setattr(watching, "_STATEMENTS_VOTED", "SELECT 1/0")
    with pytest.raises(Exception, match="division"), transaction.atomic():
        watch(round=round, settled=timedelta(0))
    monkeypatch.undo()
    assert not VoterTally.objects.exists()
    assert looked(round)["people"]["voted"] == 1


def shown_then_voted(person: Participant, statement: Statement, seconds: float) -> None:
    """A card is shown, and a browser's vote comes so many seconds later."""
    vote(person, statement, 1)
    event = VoteEvent.objects.latest("pk")
    Exposure.objects.create(
        participant=person,
        statement=statement,
        round=statement.round,
        probability=0.5,
        shown_at=event.created_at - timedelta(seconds=seconds),
    )


def test_votes_within_a_second_are_counted_as_quick():
    deliberation = make_open("vote")
    person, (first, second, third, _) = join(deliberation), accepted(deliberation)
    shown_then_voted(person, first, 0.3)
    shown_then_voted(person, second, 4.0)
    vote(person, third, 1)  # of no card that was shown
    looked(the_round(deliberation))
    tally = VoterTally.objects.get()
    assert (tally.timed, tally.quick) == (2, 1)


def quick_people(deliberation, monkeypatch) -> dict:
    monkeypatch.setattr(watch_figures, "_TIMED", 4)
    return looked(the_round(deliberation))["flags"]["quick"]


def test_who_is_quick_most_of_the_time_is_flagged(monkeypatch):
    deliberation = make_open("vote")
    hasty, calm = join(deliberation), join(deliberation)
    for at, statement in enumerate(accepted(deliberation)):
        shown_then_voted(hasty, statement, 0.2 if at else 8)
        shown_then_voted(calm, statement, 8 if at else 0.2)
    flag = quick_people(deliberation, monkeypatch)
    assert flag == {"people": 1, "of": 2, "numbers": [hasty.number]}


def test_answering_all_alike_is_flagged_from_so_many_votes_on():
    deliberation = make_deliberation()
    Round.objects.filter(deliberation=deliberation).update(straight_votes=3)
    open_round(round=the_round(deliberation), actor=None, phase="vote")
    alike, varied, little = (join(deliberation) for _ in range(3))
    vote_row(alike, [-1, -1, -1])
    vote_row(varied, [1, 1, 1, 0])
    vote_row(little, [1, 1])
    flag = looked(the_round(deliberation))["flags"]["straight"]
    assert flag == {"people": 1, "of": 2, "numbers": [alike.number]}


def test_many_from_one_network_in_an_hour_are_flagged_without_saying_which():
    deliberation = make_open("vote")
    hour = now().replace(minute=0, second=0, microsecond=0)
    for network, joined in ((b"a" * 16, 12), (b"b" * 16, 9), (b"c" * 16, 30)):
        JoinTally.objects.create(
            deliberation=deliberation, network=network, hour=hour, joined=joined
        )
    assert looked(the_round(deliberation))["flags"]["bursts"] == [[hour.isoformat(), 2, 42]]


def test_who_stopped_and_who_never_began_is_told_after_a_day():
    deliberation = make_open("vote")
    silent, stopped, fresh = (join(deliberation) for _ in range(3))
    yesterday = now() - timedelta(hours=25)
    vote_row(stopped, [1, 1])
    vote_row(fresh, [1])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE deliberation_voteevent SET created_at = %s WHERE participant_id = %s",
            [yesterday, stopped.pk],
        )
    Participant.objects.filter(pk__in=[silent.pk, stopped.pk]).update(joined_at=yesterday)
    people = looked(the_round(deliberation))["people"]
    assert (people["silent"], people["stopped"]) == (1, 1)


def test_everyone_is_in_one_bin_of_votes_per_person():
    deliberation = make_open("vote")
    join(deliberation)
    for values in ([1], [1, 1, 1], [1, 1, 1, 1]):
        vote_row(join(deliberation), values)
    bins = looked(the_round(deliberation))["per_person"]
    assert [count for _first, _last, count in bins] == [1, 1, 0, 1, 1]


def test_statements_by_how_often_they_were_shown():
    deliberation = make_open("vote")
    person, statements = join(deliberation), accepted(deliberation)
    for statement, times in zip(statements, (40, 31, 3, 0), strict=True):
        Exposure.objects.bulk_create(
            Exposure(participant=person, statement=statement, round=statement.round,
                     probability=0.5, shown_at=now())
            for _ in range(times)
        )  # fmt: skip
    found = looked(the_round(deliberation))["statements"]
    assert (found["under"], found["wanted"]) == (2, 30)
    assert found["shown"] == {"least": 0, "median": 17.0, "most": 40}
    assert found["least_seen"][:2] == [[4, 0, 0], [3, 3, 0]]
    assert sum(count for _first, _last, count in found["bins"]) == 4


def test_no_count_of_few_people_is_kept_about_answers():
    deliberation = make_deliberation()
    question = add_question(
        deliberation=deliberation, text="How old are you?", options=["young", "old"], actor=None
    )
    open_round(round=the_round(deliberation), actor=None, phase="vote")
    for n in range(14):
        option = "young" if n else "old"
        answer_questions(seat=join(deliberation).seat, answers={question.pk: option})
    (feature,) = looked(the_round(deliberation))["quotas"]
    assert [row["people"] for row in feature["rows"]] == [None, None]


def test_figures_say_nothing_of_what_was_voted():
    """Two rounds with opposite votes have the same figures, but for when they were opened."""
    found = []
    for slug, value in (("for", 1), ("against", -1)):
        deliberation = make_open("vote", slug=slug)
        for _ in range(3):
            vote_row(join(deliberation), [value, value, -value, value])
        found.append(looked(the_round(deliberation)))
    assert found[0] == found[1]


def test_a_closed_round_is_looked_at_once_more_and_then_never():
    deliberation = make_open("vote")
    round = the_round(deliberation)
    tasks.watch_rounds()
    vote_row(join(deliberation), [1, 1])
    close_round(round=round, actor=None)
    assert tasks.watch_rounds() == 1
    assert RoundWatch.objects.get().figures["people"]["voted"] == 1
    assert tasks.watch_rounds() == 0


def test_a_round_is_not_looked_at_all_the_time():
    make_open("vote")
    assert tasks.watch_rounds() == 1
    assert tasks.watch_rounds() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_count_once_and_no_vote_waits(monkeypatch):
    deliberation = make_open("vote")
    round, person = the_round(deliberation), join(deliberation)
    vote_row(person, [1, 1])
    figures, answers = watching.figures, []

    def meanwhile(*given):
        threads = [threading.Thread(target=second), threading.Thread(target=voting)]
        for thread in threads:
            thread.start()
            thread.join(20)
        return figures(*given)

    def second() -> None:
        answers.append(watch(round=round, settled=timedelta(0)))
        connection.close()

    def voting() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        vote(person, accepted(deliberation)[2], 1)
        answers.append("voted")
        connection.close()

    monkeypatch.setattr(watching, "figures", meanwhile)
    assert watch(round=round, settled=timedelta(0))
    assert answers == [False, "voted"]
    assert VoterTally.objects.get().agree == 2


# --- What the workspace says


def test_nothing_is_of_concern_before_a_look_and_after_closing():
    deliberation = make_open("vote")
    assert concerns(the_round(deliberation)) == []
    looked(the_round(deliberation))
    assert concerns(close_round(round=the_round(deliberation), actor=None)) == []


def test_statements_that_few_have_seen_are_a_concern():
    deliberation = make_open("vote")
    looked(the_round(deliberation))
    assert "4 statements were shown fewer than 30 times." in concerns(the_round(deliberation))


def test_while_everything_is_new_few_showings_are_no_concern():
    deliberation = make_open("propose")
    looked(the_round(deliberation))
    assert concerns(the_round(deliberation)) == []


def test_a_queue_older_than_promised_is_a_concern():
    deliberation = make_open("propose")
    person = join(deliberation)
    propose(
        participant=person,
        round=the_round(deliberation),
        text="The assistant should say where it got it from.",
    )
    assert concerns(the_round(deliberation)) == []
    Statement.objects.filter(author=person).update(created_at=now() - timedelta(hours=25))
    (said,) = concerns(the_round(deliberation))
    assert said == "1 statement waits for a moderator longer than promised."


# --- Quotas


def test_people_drawn_count_against_the_quotas_once_they_have_taken_their_seat():
    deliberation = make_open("vote")
    drawn(deliberation, {"city": 16, "country": 14}, came={"city": 12, "country": 11})
    (feature,) = looked(the_round(deliberation))["quotas"]
    assert feature["rows"] == [
        {"value": "city", "minimum": 14, "maximum": 16, "people": 12},
        {"value": "country", "minimum": 11, "maximum": 14, "people": 11},
    ]
    assert feature["unmet"]
    assert concerns(the_round(deliberation))[-1].startswith("The quotas of the lottery are not met")


def test_quotas_that_are_met_are_no_concern():
    deliberation = make_open("vote")
    drawn(deliberation, {"city": 16, "country": 14}, came={"city": 14, "country": 11})
    (feature,) = looked(the_round(deliberation))["quotas"]
    assert not feature["unmet"]
    assert not any("quotas" in said for said in concerns(the_round(deliberation)))


def drawn(deliberation, chosen: dict[str, int], came: dict[str, int]) -> None:
    """A lottery that drew so many people of each value, and so many of them came."""
    stratum = Stratum.objects.create(panel=deliberation.panel, number=1, name="Where")
    for at, (value, least, most) in enumerate((("city", 14, 16), ("country", 11, 14))):
        stratum.values.create(number=at, value=value, minimum=least, maximum=most)
    pool = Pool.objects.create(panel=deliberation.panel, seats=30)
    draw = Draw.objects.create(
        pool=pool, number=1, seats=30, algorithm="leximin", seed="7", pool_digest="0" * 64,
        quotas={},
    )  # fmt: skip
    numbers = count(1)
    for value, people in chosen.items():
        for n in range(people):
            member = PoolMember.objects.create(
                pool=pool, number=next(numbers), source="file", values={"Where": value}
            )
            seat = join(deliberation).seat if n < came[value] else None
            DrawnMember.objects.create(draw=draw, member=member, seat=seat)


def test_answers_stand_beside_the_shares_that_the_plan_weights_to():
    deliberation = make_deliberation()
    question = add_question(
        deliberation=deliberation, text="Where?", options=["city", "country"], actor=None
    )
    round = the_round(deliberation)
    margins = {"Where?": {"city": 0.6, "country": 0.4}}
    plan = Plan.from_dict(round.plan | {"weights": {"margins": margins}})
    Round.objects.update(plan=plan.to_dict(), plan_hash=plan.hash)
    open_round(round=the_round(deliberation), actor=None, phase="vote")
    for n in range(30):
        answers = {question.pk: "city" if n % 2 else "country"}
        answer_questions(seat=join(deliberation).seat, answers=answers)
    (feature,) = looked(the_round(deliberation))["quotas"]
    assert feature["rows"] == [
        {"value": "city", "share": 0.6, "people": 15},
        {"value": "country", "share": 0.4, "people": 15},
    ]
