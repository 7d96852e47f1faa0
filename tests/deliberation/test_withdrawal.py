"""Leaving a panel: votes are taken back as events, the person is forgotten, links stop working."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse

from aggregation.engine import Plan
from aggregation.loading import load_matrix
from deliberation.models import (
    Appeal,
    AuditEntry,
    Contact,
    Participant,
    ProfileAnswer,
    ProfileQuestion,
    Statement,
    Subscription,
    VendorReference,
    Vote,
    VoteEvent,
)
from deliberation.models.moderation import ReasonCode
from deliberation.models.statements import Status
from deliberation.selectors import public
from deliberation.services.errors import NoSeat, ServiceError
from deliberation.services.moderation import moderate
from deliberation.services.panels import issue_seats, take_seat
from deliberation.services.profiles import answer_questions
from deliberation.services.returning import make_return_link
from deliberation.services.rounds import close_round, consent_hash
from deliberation.services.statements import add_seeds, propose
from deliberation.services.subscriptions import subscribe
from deliberation.services.tokens import new_token, token_hash
from deliberation.services.votes import cast_vote
from deliberation.services.withdrawal import withdraw
from tests.deliberation.browsing import sit
from tests.deliberation.test_votes import replayed_votes, stored_votes
from tests.factories import accepted, join, make_open, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


def known_about(participant: Participant) -> int:
    """Rows that say something about the person on this seat."""
    tables = (Contact, VendorReference, ProfileAnswer, Subscription)
    return sum(table.objects.filter(seat=participant.seat).count() for table in tables)


def tell_everything(participant: Participant) -> None:
    """Fill every table that hangs on the seat."""
    seat = participant.seat
    Contact.objects.create(panel=seat.panel, seat=seat, email="alice@example.org")
    VendorReference.objects.create(seat=seat, xid="vendor-7")
    Subscription.objects.create(
        seat=seat, email="alice@example.org", token_hash=token_hash(new_token())
    )
    question = ProfileQuestion.objects.create(
        panel=seat.panel, number=1, text="How old are you?", options=["18–29", "30 or more"]
    )
    ProfileAnswer.objects.create(seat=seat, question=question, option="18–29")
    participant.return_hash = token_hash(new_token())
    participant.save()


class TestWhileOpen:
    def test_every_vote_goes_and_every_event_stays(self):
        deliberation = make_open()
        alice, bob = join(deliberation), join(deliberation)
        vote_row(alice, [1, -1, 0, None])
        vote(alice, accepted(deliberation)[0], -1)
        vote_row(bob, [1, 1])
        done = withdraw(participant=alice)
        assert (done.votes_taken_back, done.votes_kept) == (3, 0)
        assert not Vote.objects.filter(participant=alice).exists()
        assert Vote.objects.filter(participant=bob).count() == 2
        assert stored_votes() == replayed_votes()
        taken_back = VoteEvent.objects.filter(participant=alice, value=None).order_by("statement")
        assert list(taken_back.values_list("previous", flat=True)) == [-1, -1, 0]
        assert VoteEvent.objects.filter(participant=alice).count() == 4 + 3

    def test_queries_do_not_grow_with_the_votes(self, django_assert_max_num_queries):
        deliberation = make_open()
        many = [f"The assistant should keep rule number {n}." for n in range(60)]
        add_seeds(round=the_round(deliberation), texts=many, actor=None)
        alice = join(deliberation)
        vote_row(alice, [1] * 64)
        with django_assert_max_num_queries(24):
            assert withdraw(participant=alice).votes_taken_back == 64

    def test_what_is_known_of_the_person_is_deleted(self):
        deliberation = make_open()
        alice, bob = join(deliberation), join(deliberation)
        tell_everything(alice)
        Contact.objects.create(panel=bob.seat.panel, seat=bob.seat, email="bob@example.org")
        assert known_about(alice) == 4
        withdraw(participant=alice)
        alice = Participant.objects.select_related("seat").get(pk=alice.pk)
        assert known_about(alice) == 0
        assert alice.return_hash is None
        assert alice.withdrawn_at is not None
        assert (alice.seat.token_hash, alice.seat.xid_hash) == (None, None)
        assert known_about(bob) == 1

    def test_waiting_statements_are_taken_back_and_accepted_ones_lose_their_author(self):
        deliberation = make_open()
        round, alice = the_round(deliberation), join(deliberation)
        waiting = propose(participant=alice, round=round, text="It should wait for me.")
        shown = propose(participant=alice, round=round, text="It should stay in the vote.")
        moderate(statement=shown, decision="accept", reason="fits", actor=None, role="moderator")
        done = withdraw(participant=alice)
        assert (done.statements_taken_back, done.statements_kept) == (1, 1)
        waiting.refresh_from_db()
        shown.refresh_from_db()
        assert waiting.status == Status.REJECTED
        assert shown.status == Status.ACCEPTED
        assert (waiting.author, shown.author) == (None, None)
        assert waiting.decisions.get().reason == ReasonCode.TAKEN_BACK

    def test_the_public_log_does_not_repeat_what_was_taken_back(self):
        deliberation = make_open()
        round, alice = the_round(deliberation), join(deliberation)
        propose(participant=alice, round=round, text="My neighbour is a spy.")
        withdraw(participant=alice)
        html = Client().get(reverse("moderation_log", args=[deliberation.slug])).content.decode()
        assert "Taken back by its author" in html
        assert "My neighbour is a spy." not in html

    def test_an_appeal_goes_with_its_author(self):
        deliberation = make_open()
        round, alice = the_round(deliberation), join(deliberation)
        mine = propose(participant=alice, round=round, text="It should be kind to me.")
        moderate(statement=mine, decision="reject", reason="unclear", actor=None, role="moderator")
        Appeal.objects.create(statement=mine, text="I meant it.", created_at=mine.created_at)
        withdraw(participant=alice)
        assert not Appeal.objects.exists()

    def test_the_audit_trail_counts_and_names_nobody(self):
        deliberation = make_open()
        alice = join(deliberation)
        vote_row(alice, [1, 1])
        withdraw(participant=alice)
        entry = AuditEntry.objects.get(action="participant.withdrew")
        assert (entry.actor, entry.subject, entry.detail) == (None, "", {"votes_taken_back": 2})

    def test_public_counts_and_runs_leave_them_out(self):
        deliberation = make_open()
        round = the_round(deliberation)
        alice, bob = join(deliberation), join(deliberation)
        vote_row(alice, [1, 1])
        vote_row(bob, [1])
        withdraw(participant=alice)
        counts = public.numbers(round)
        assert (counts.participants, counts.votes) == (1, 1)
        close_round(round=round, actor=None)
        matrix = load_matrix(round, Plan.from_dict(round.plan))
        assert matrix.participant_ids.tolist() == [bob.number]
        assert matrix.n_votes == 1

    def test_nobody_leaves_twice(self):
        alice = join(make_open())
        withdraw(participant=alice)
        with pytest.raises(NoSeat):
            withdraw(participant=alice)
        assert AuditEntry.objects.filter(action="participant.withdrew").count() == 1

    def test_afterwards_no_vote_is_taken(self):
        deliberation = make_open()
        alice = join(deliberation)
        withdraw(participant=alice)
        with pytest.raises(NoSeat):
            vote(alice, accepted(deliberation)[0], 1)
        assert VoteEvent.objects.count() == 0

    def test_a_page_that_was_open_meanwhile_brings_nothing_back(self):
        deliberation = make_open()
        round, alice = the_round(deliberation), join(deliberation)
        question = ProfileQuestion.objects.create(
            panel=deliberation.panel, number=1, text="How old are you?", options=["18–29", "30+"]
        )
        withdraw(participant=Participant.objects.get(pk=alice.pk))
        with pytest.raises(NoSeat):
            propose(participant=alice, round=round, text="It should come too late.")
        with pytest.raises(NoSeat):
            answer_questions(seat=alice.seat, answers={question.pk: "18–29"})
        with pytest.raises(NoSeat):
            subscribe(participant=alice, email="alice@example.org", language="en")
        with pytest.raises(NoSeat):
            make_return_link(participant=alice)
        assert known_about(alice) == 0


class TestAfterClosing:
    def test_votes_stay_and_the_person_is_forgotten(self):
        deliberation = make_open()
        round, alice = the_round(deliberation), join(deliberation)
        mine = propose(participant=alice, round=round, text="It should be kind to me.")
        vote_row(alice, [1, -1, 0])
        tell_everything(alice)
        close_round(round=round, actor=None)
        before = stored_votes()
        done = withdraw(participant=alice)
        assert (done.votes_taken_back, done.votes_kept) == (0, 3)
        assert stored_votes() == before == replayed_votes()
        assert known_about(alice) == 0
        assert Statement.objects.get(pk=mine.pk).author is None

    def test_the_same_votes_give_the_same_digest_afterwards(self):
        deliberation = make_open()
        round, alice = the_round(deliberation), join(deliberation)
        vote_row(alice, [1, -1, 0])
        silent = join(deliberation)
        close_round(round=round, actor=None)
        round.refresh_from_db()
        plan = Plan.from_dict(round.plan)
        before, counts = load_matrix(round, plan).digest, public.numbers(round)
        withdraw(participant=alice)
        withdraw(participant=silent)
        assert load_matrix(round, plan).digest == before
        assert public.numbers(round) == counts
        assert public.home().closed[0].participants == counts.participants == 2


class TestPages:
    def test_the_page_says_what_will_happen_before_the_button(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        vote_row(alice, [1, 1, -1])
        html = client.get(reverse("withdraw", args=[deliberation.slug])).content.decode()
        assert "Your 3 votes are taken back" in html
        assert Vote.objects.count() == 3

    def test_after_closing_it_says_that_votes_stay(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        vote_row(alice, [1, 1, -1])
        close_round(round=the_round(deliberation), actor=None)
        html = client.get(reverse("withdraw", args=[deliberation.slug])).content.decode()
        assert "Your 3 votes stay in the count" in html

    def test_leaving_forgets_this_device(self):
        deliberation = make_open()
        client, alice = sit(deliberation)
        vote_row(alice, [1])
        old_cookie = client.cookies["seat"].value
        answer = client.post(reverse("withdraw", args=[deliberation.slug]))
        assert answer.status_code == 200
        assert "You have left the panel" in answer.content.decode()
        assert answer.cookies["seat"].value == ""
        client.cookies["seat"] = old_cookie
        assert client.post(reverse("vote", args=[deliberation.slug])).status_code == 403
        assert Vote.objects.count() == 0

    def test_a_second_click_gets_the_same_answer(self):
        deliberation = make_open()
        client, _ = sit(deliberation)
        cookie = client.cookies["seat"].value
        address = reverse("withdraw", args=[deliberation.slug])
        client.post(address)
        client.cookies["seat"] = cookie
        again = client.post(address)
        assert again.status_code == 200
        assert "You have left the panel" in again.content.decode()
        assert AuditEntry.objects.filter(action="participant.withdrew").count() == 1

    def test_without_a_seat_nobody_is_told_that_they_left(self):
        deliberation = make_open()
        sit(deliberation)
        answer = Client().post(reverse("withdraw", args=[deliberation.slug]))
        assert answer.status_code == 403
        assert "You have left the panel" not in answer.content.decode()

    def test_the_seat_link_does_not_bring_them_back(self):
        deliberation = make_open()
        round = the_round(deliberation)
        (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
        alice = take_seat(
            deliberation=deliberation, token=seat.token, consent_hash=consent_hash(round)
        )
        address = reverse("seat", args=[deliberation.slug, seat.token])
        withdraw(participant=alice)
        assert Client().get(address).status_code == 410
        assert Client().post(address, {"agree": "on"}).status_code == 410


def at_once(jobs: list) -> list:
    def one(job):
        close_old_connections()
        try:
            return job()
        except ServiceError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return list(pool.map(one, jobs))


@pytest.mark.django_db(transaction=True)
def test_votes_in_flight_end_first_and_later_ones_find_no_seat():
    deliberation = make_open()
    alice, statements = join(deliberation), accepted(deliberation)

    def cast(n: int):
        return cast_vote(participant=alice, statement=statements[n % 4], value=1, key=uuid4())

    jobs: list = [lambda n=n: cast(n) for n in range(20)]
    jobs.insert(8, lambda: withdraw(participant=alice))
    results = at_once(jobs)
    assert all(not isinstance(r, Exception) or isinstance(r, NoSeat) for r in results)
    assert stored_votes() == {} == replayed_votes()


@pytest.mark.django_db(transaction=True)
def test_leaving_at_the_moment_of_closing_takes_all_votes_back_or_none():
    for n in range(5):
        deliberation = make_open(slug=f"assistant-{n}")
        round, alice = the_round(deliberation), join(deliberation)
        vote_row(alice, [1, -1, 0, 1])
        leaving, closing = partial(withdraw, participant=alice), partial(close_round, actor=None)
        left, _ = at_once([leaving, partial(closing, round=round)])
        assert (left.votes_taken_back, left.votes_kept) in {(4, 0), (0, 4)}
        assert Vote.objects.filter(participant=alice).count() == left.votes_kept
        assert stored_votes() == replayed_votes()
