"""What needs two people happens when a second one does exactly the same."""

import threading

import pytest
from django.db import connection, transaction

from deliberation.models import Approval, AuditEntry, Membership
from deliberation.services.approvals import agreed, drop_requests_of, open_approval, refuse
from deliberation.services.errors import WrongPhase
from tests.factories import make_deliberation, make_user

DIGEST, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def alice(db):
    return make_user()


@pytest.fixture
def bob(db):
    return make_user("bob@example.org")


@pytest.fixture
def deliberation(alice, bob):
    made = make_deliberation(owner=alice)
    made.two_people = True
    made.save()
    Membership.objects.create(deliberation=made, user=bob, role="organiser")
    return made


def ask(deliberation, actor, digest=DIGEST, action="publish"):
    return agreed(deliberation=deliberation, action=action, digest=digest, actor=actor)


def logged(deliberation):
    entries = AuditEntry.objects.filter(deliberation=deliberation, action__startswith="approval.")
    return list(entries.order_by("id").values_list("action", "actor__email", "subject"))


def test_one_person_is_enough_where_the_deliberation_does_not_ask_for_two(deliberation, alice):
    deliberation.two_people = False
    deliberation.save()
    assert ask(deliberation, alice)
    assert not Approval.objects.exists()


def test_the_switch_is_read_from_the_database_not_from_an_old_object(deliberation, alice):
    deliberation.two_people = False  # as someone saw it before it was switched on
    assert not ask(deliberation, alice)


def test_the_second_person_who_asks_for_the_same_agrees(deliberation, alice, bob):
    assert not ask(deliberation, alice)
    assert open_approval(deliberation, "publish").asked_by == alice
    assert ask(deliberation, bob)
    assert open_approval(deliberation, "publish") is None
    assert logged(deliberation) == [
        ("approval.asked", "alice@example.org", "publish"),
        ("approval.agreed", "bob@example.org", "publish"),
    ]


def test_asking_again_is_not_agreeing(deliberation, alice):
    for _again in range(3):
        assert not ask(deliberation, alice)
    assert Approval.objects.count() == 1
    assert len(logged(deliberation)) == 1


def test_asking_for_something_else_takes_the_place_of_the_request(deliberation, alice, bob):
    assert not ask(deliberation, alice)
    assert not ask(deliberation, bob, digest=OTHER)
    waiting = open_approval(deliberation, "publish")
    assert (waiting.asked_by, waiting.digest) == (bob, OTHER)
    assert ask(deliberation, alice, digest=OTHER)
    assert [name for name, *_ in logged(deliberation)] == [
        "approval.asked",
        "approval.replaced",
        "approval.asked",
        "approval.agreed",
    ]


def test_an_agreement_is_used_up(deliberation, alice, bob):
    ask(deliberation, alice)
    assert ask(deliberation, bob)
    assert not ask(deliberation, bob)


def test_agreeing_to_one_thing_is_not_agreeing_to_another(deliberation, alice, bob):
    ask(deliberation, alice, action="publish")
    assert not ask(deliberation, bob, action="exclude")


@pytest.mark.parametrize("role", [None, "moderator", "recruiter", "auditor"])
def test_a_request_of_someone_who_may_not_do_it_any_more_counts_for_nothing(
    deliberation, alice, bob, role
):
    ask(deliberation, bob)
    held = Membership.objects.filter(deliberation=deliberation, user=bob)
    held.update(role=role) if role else held.delete()
    assert not ask(deliberation, alice)
    assert open_approval(deliberation, "publish").asked_by == alice


def test_whoever_refuses_ends_the_request(deliberation, alice, bob):
    ask(deliberation, alice)
    refuse(approval=open_approval(deliberation, "publish"), actor=bob)
    assert not ask(deliberation, bob)  # a new request, not an agreement
    assert logged(deliberation)[1] == ("approval.refused", "bob@example.org", "publish")


def test_one_may_take_back_ones_own_request(deliberation, alice, bob):
    ask(deliberation, alice)
    refuse(approval=open_approval(deliberation, "publish"), actor=alice)
    assert not ask(deliberation, bob)
    assert logged(deliberation)[1] == ("approval.taken_back", "alice@example.org", "publish")


def test_a_settled_request_cannot_be_refused(deliberation, alice, bob):
    ask(deliberation, alice)
    waiting = open_approval(deliberation, "publish")
    ask(deliberation, bob)
    with pytest.raises(WrongPhase):
        refuse(approval=waiting, actor=alice)


def test_what_someone_asked_for_goes_with_their_role(deliberation, alice, bob):
    ask(deliberation, bob)
    drop_requests_of(user=bob, deliberation=deliberation, actor=alice)
    assert open_approval(deliberation, "publish") is not None  # bob may still ask
    Membership.objects.filter(deliberation=deliberation, user=bob).delete()
    drop_requests_of(user=bob, deliberation=deliberation, actor=alice)
    assert open_approval(deliberation, "publish") is None


def test_an_act_that_fails_leaves_the_request_open(deliberation, alice, bob):
    ask(deliberation, alice)
    with pytest.raises(WrongPhase), transaction.atomic():
        assert ask(deliberation, bob)
        raise WrongPhase("no")
    assert open_approval(deliberation, "publish").asked_by == alice


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_the_same_moment_exactly_one_agrees(deliberation, alice, bob):
    answers, gate = [], threading.Barrier(2)

    def at_once(actor):
        gate.wait()
        answers.append(ask(deliberation, actor))
        connection.close()

    threads = [threading.Thread(target=at_once, args=[actor]) for actor in (alice, bob)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [False, True]
    assert Approval.objects.filter(agreed=True).count() == 1
