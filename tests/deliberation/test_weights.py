"""The worker's part of routing, on the database, and a small round served through the services."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from django.db import connection, transaction
from scipy import stats

from aggregation.engine import Plan, shipped
from deliberation import routing
from deliberation.deck import read_deck
from deliberation.models import Deliberation, Exposure, Participant, Round, Statement
from deliberation.routing import Evidence
from deliberation.services.cards import Card, draw_card, show
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round, open_round
from deliberation.services.statements import add_seeds, propose
from deliberation.services.weights import (
    assign_groups,
    polis_priority,
    refresh_weights,
    threshold_per_group,
)
from deliberation.tasks import assign_routing_groups, refresh_routing_weights
from tests.deliberation.test_votes import at_once
from tests.factories import accepted, join, make_deliberation, make_open, next_card, the_round, vote

pytestmark = pytest.mark.django_db

CAMPS = np.array([[1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1], [-1] * 6 + [1] * 6])


def make_large(n_seeds: int, **changes: object) -> Deliberation:
    """Open, with as many seeds as asked for."""
    deliberation = make_deliberation(**changes)
    texts = [f"The assistant should keep rule number {at}." for at in range(4, n_seeds)]
    add_seeds(round=the_round(deliberation), texts=texts, actor=None)
    open_round(round=the_round(deliberation), actor=None, phase="propose")
    return deliberation


def shown(participant: Participant, statements: Sequence[Statement]) -> None:
    """The participant has opened them from the list of statements."""
    deck = read_deck(the_round(participant.deliberation))
    for statement in statements:
        card = Card(deck.statements[deck.places[statement.pk]], 1.0)
        show(participant=participant, deck=deck, card=card, drawn=False)


def put_in(group: int, *people: Participant) -> None:
    Participant.objects.filter(pk__in=[one.pk for one in people]).update(routing_group=group)


def weights_of(round: Round) -> tuple[list[float], list[list[float]]]:
    rows = Statement.objects.counting().filter(round=round).order_by("number")
    overall, groups = zip(*rows.values_list("routing_weight", "group_weights"), strict=True)
    return list(overall), [list(one) for one in groups]


def two_camps(size: int) -> tuple[Deliberation, list[Participant]]:
    """Two camps that disagree on all of twelve statements; the second is a third of the people."""
    deliberation = make_large(12)
    people = [join(deliberation) for _ in range(size)]
    statements, rng = accepted(deliberation), random.Random(1)
    for at, person in enumerate(people):
        mind = CAMPS[int(at % 3 == 0)]
        for place in rng.sample(range(12), 10):
            vote(person, statements[place], int(mind[place]) * (1 if rng.random() < 0.9 else -1))
    return deliberation, people


def test_the_weights_in_the_database_are_those_of_the_counts():
    deliberation = make_open(min_exposures=3)
    round = the_round(deliberation)
    first, second, third, _ = accepted(deliberation)
    alice, bob, charlie = (join(deliberation) for _ in range(3))
    put_in(0, alice)
    put_in(2, bob)
    for person, statements in (
        (alice, [first, second]),
        (bob, [first]),
        (charlie, [first, third, first]),
    ):
        shown(person, statements)
    vote(alice, first, 1)
    vote(alice, second, 0)
    vote(bob, first, -1)
    vote(charlie, third, 1)
    exposures = [[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 1, 0]]
    votes = np.zeros((4, 4, 3), dtype=np.int64)
    votes[0, 0, 0] = votes[0, 1, 2] = votes[2, 0, 1] = votes[3, 2, 0] = 1
    sizes = np.array([1, 0, 1])
    threshold = 0.5**0.5
    expected = routing.weights(
        routing.BALANCED,
        Evidence(np.array(exposures), votes, sizes, polis_priority(votes, sizes), 3, threshold),
    )
    assert refresh_weights(round=round) == 4
    overall, groups = weights_of(round)
    assert np.allclose(overall, expected.overall)
    assert np.allclose(groups, expected.groups.T)
    assert overall[3] == max(overall)
    assert len(set(np.round(groups, 6).ravel())) > 4


def test_without_groups_there_are_no_weights_by_group():
    round = the_round(make_open())
    Statement.objects.filter(round=round).update(group_weights=[1.0, 2.0])
    assert refresh_weights(round=round) == 4
    assert weights_of(round)[1] == [[]] * 4


@pytest.mark.parametrize(("kind", "weight"), [("uniform", 1.0), ("polis", 5.0625)])
def test_the_routing_of_the_round_decides(kind: str, weight: float):
    deliberation = make_open(routing=kind)
    shown(join(deliberation), accepted(deliberation)[:2])
    assert refresh_weights(round=the_round(deliberation)) == 4
    assert weights_of(the_round(deliberation))[0] == [weight] * 4


def test_polis_prefers_what_is_agreed_to_what_is_passed():
    deliberation = make_open(routing="polis")
    liked, passed, *_ = accepted(deliberation)
    for _ in range(4):
        alice = join(deliberation)
        vote(alice, liked, 1)
        vote(alice, passed, 0)
    refresh_weights(round=the_round(deliberation))
    overall, _ = weights_of(the_round(deliberation))
    assert overall[0] > 2 * overall[1]


def test_a_rejected_statement_and_one_who_left_are_not_looked_at():
    deliberation = make_open()
    rejected, seen, *_ = accepted(deliberation)
    moderate(statement=rejected, decision="reject", reason="unclear", actor=None, role="owner")
    alice = join(deliberation)
    for _ in range(9):
        shown(alice, [seen])
    before = Statement.objects.get(pk=rejected.pk).routing_weight
    assert refresh_weights(round=the_round(deliberation)) == 3
    overall, _ = weights_of(the_round(deliberation))
    assert overall[0] < min(overall[1:])
    Participant.objects.filter(pk=alice.pk).update(withdrawn_at="2030-01-01T00:00Z")
    refresh_weights(round=the_round(deliberation))
    assert len(set(weights_of(the_round(deliberation))[0])) == 1
    assert Statement.objects.get(pk=rejected.pk).routing_weight == before


def test_the_threshold_is_that_of_the_plan_for_each_group():
    plan = shipped("default")
    assert threshold_per_group(plan, 0) == 0.5
    assert threshold_per_group(plan, 3) == pytest.approx(0.5 ** (1 / 3))
    rules = plan.to_dict()["rules"]
    least = [{**rules[0], "measure": "min_group", "above": 0.6}, rules[1]]
    assert threshold_per_group(Plan.from_dict({**plan.to_dict(), "rules": least}), 3) == 0.6
    committee = Plan.from_dict({**plan.to_dict(), "rules": rules[1:]})
    assert threshold_per_group(committee, 3) == 0.5


def test_people_who_vote_alike_come_into_one_group_and_stay_there():
    deliberation, people = two_camps(60)
    round = the_round(deliberation)
    newcomer = join(deliberation)
    vote(newcomer, accepted(deliberation)[0], 1)
    assert assign_groups(round=round) == 60
    found = dict(Participant.objects.values_list("pk", "routing_group"))
    labels = [found[one.pk] for one in people]
    assert len({labels[0], labels[1]}) == 2
    assert labels == [labels[0], labels[1], labels[1]] * 20
    assert found[newcomer.pk] is None
    # The smaller camp is numbered first now, and keeps that number.
    Participant.objects.filter(routing_group=labels[0]).update(routing_group=4)
    Participant.objects.filter(pk=people[0].pk).update(routing_group=None)
    assign_groups(round=round)
    found = dict(Participant.objects.values_list("pk", "routing_group"))
    assert [found[one.pk] for one in people] == [4, labels[1], labels[1]] * 20
    refresh_weights(round=round)
    _, groups = weights_of(round)
    assert {len(one) for one in groups} == {5}


def test_a_few_people_are_no_groups():
    deliberation, _ = two_camps(45)
    assert assign_groups(round=the_round(deliberation)) == 0
    assert not Participant.objects.filter(routing_group__isnull=False).exists()


def test_a_round_without_votes_or_statements_is_left_alone():
    round = the_round(make_open())
    assert assign_groups(round=round) == 0
    Statement.objects.update(status="rejected")
    assert assign_groups(round=round) == 0
    assert refresh_weights(round=round) == 0


def test_the_tasks_look_at_open_rounds_only():
    closed, here = make_open(), make_open(slug="elsewhere")
    shown(join(closed), accepted(closed)[:1])
    shown(join(here), accepted(here)[:1])
    close_round(round=the_round(closed), actor=None)
    before = weights_of(the_round(closed))
    assert refresh_routing_weights() == 4
    assert weights_of(the_round(closed)) == before
    assert len(set(weights_of(the_round(here))[0])) == 2
    assert assign_routing_groups() == 0


@pytest.mark.django_db(transaction=True)
def test_a_vote_is_cast_while_weights_are_being_written():
    deliberation = make_open()
    alice, statement = join(deliberation), accepted(deliberation)[0]

    def impatient_vote() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        vote(alice, statement, 1)

    with transaction.atomic():
        assert refresh_weights(round=the_round(deliberation)) == 4
        assert at_once([impatient_vote]) == [None]
    assert alice.votes.count() == 1


def test_while_no_worker_runs_a_new_statement_is_drawn_before_those_that_were_shown():
    deliberation = make_large(20)
    round = the_round(deliberation)
    alice = join(deliberation)
    shown(alice, accepted(deliberation))
    refresh_weights(round=round)
    late = propose(participant=alice, round=round, text="The assistant should say who pays for it.")
    moderate(statement=late, decision="accept", reason="fits", actor=None, role="owner")
    Statement.objects.filter(pk=late.pk).update(routing_weight=routing.initial_weight("balanced"))
    deck = read_deck(round)
    draws = [
        draw_card(deck=deck, number=at, group=None, without=(), after=0).statement.id
        for at in range(300)
    ]
    assert draws.count(late.pk) / 300 == pytest.approx(12.5 / 32.5, abs=0.1)
    assert len(set(draws)) == 21


def test_a_round_served_through_the_database_keeps_its_promises():
    """70 people, 12 votes each, on 24 statements of which one comes when 50 people have been."""
    least, people, each = 12, 70, 12
    deliberation = make_large(23, min_exposures=least)
    round = the_round(deliberation)
    lot, opinions = random.Random(5), np.random.default_rng(5)
    off: list[float] = []
    for at in range(people):
        alice = join(deliberation)
        if at == 50:
            text = "The assistant should say who pays for it."
            late = propose(participant=alice, round=round, text=text)
            moderate(statement=late, decision="accept", reason="fits", actor=None, role="owner")
        there = 23 + (at >= 50)
        for voted in range(each):
            card = next_card(alice, u=lot.random())
            off.append(1 / card.probability - (there - voted))
            statement = Statement(pk=card.statement.id, number=card.statement.number, round=round)
            side = 1 if (card.statement.number + at) % 2 else -1
            vote(alice, statement, side if opinions.random() < 0.9 else 0)
        if at % 5 == 4:
            assign_groups(round=round)
            refresh_weights(round=round)
    assert Exposure.objects.filter(drawn=True).count() == people * each
    per_statement = [one.exposures.count() for one in accepted(deliberation)]
    assert min(per_statement) >= least
    sizes = np.bincount(
        [g for g in Participant.objects.values_list("routing_group", flat=True) if g is not None]
    )
    assert sizes.sum() == people
    for group, needed in enumerate(routing.group_minimum(least, sizes).tolist()):
        for one in accepted(deliberation):
            assert one.exposures.filter(participant__routing_group=group).count() >= needed
    # 1/p of what was drawn is on average the number of candidates.
    z = np.sum(off) / np.sqrt(np.sum(np.square(off)))
    assert 2 * stats.norm.sf(abs(z)) > 0.001
