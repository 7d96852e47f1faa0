"""Deciding on one statement, on many, and taking a decision back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deliberation.models import Appeal, AuditEntry, Claim, ModerationDecision, Statement, User
from deliberation.selectors.queue import last_decision, queue_state
from deliberation.services.appeals import ask_again
from deliberation.services.errors import Duplicate, Invalid, NotAllowed, WrongPhase
from deliberation.services.moderation import moderate, moderate_all, reasons_of, take_back
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from tests.deliberation.moderating import alice, moderator, numbered, states, waiting_panel
from tests.deliberation.test_votes import at_once
from tests.factories import accepted, join, the_round, vote

pytestmark = pytest.mark.django_db


def decide(number: int, decision: str, by: User, reason: str = "unclear", **more: str):
    wanted = "fits" if decision == "accept" else reason
    return moderate(
        statement=numbered(number),
        decision=decision,
        reason=wanted,
        actor=by,
        role="moderator",
        **more,
    )


def decide_all(panel, numbers, decision: str, by: User, **more: str):
    sent = {"reason": "fits" if decision == "accept" else "spam"} | more
    return moderate_all(
        round=the_round(panel),
        seen={n: numbered(n).status for n in numbers},
        decision=decision,
        actor=by,
        role="moderator",
        **sent,
    )


def back(number: int, by: User):
    return take_back(statement=numbered(number), actor=by, role="moderator")


class TestReasons:
    def test_only_the_reasons_of_the_round_are_taken(self):
        panel = waiting_panel(1)
        round = the_round(panel)
        round.reason_codes = ["spam", "fits", "replaced", "off_topic"]
        # Frozen by trigger once open, so only the object in memory changes.
        assert [code.value for code in reasons_of(round)] == ["off_topic", "spam"]
        statement = numbered(5)
        statement.round = round
        with pytest.raises(Invalid, match="not one of the reasons") as refused:
            moderate(
                statement=statement,
                decision="reject",
                reason="unclear",
                actor=alice(),
                role="owner",
            )
        assert refused.value.field == "reason"
        assert states(5) == ["pending"]

    @pytest.mark.parametrize("reason", ["replaced", "mistake"])
    def test_nobody_rejects_with_a_reason_that_comes_with_something_else(self, reason):
        waiting_panel(1)
        with pytest.raises(Invalid):
            decide(5, "reject", alice(), reason=reason)
        assert states(5) == ["pending"]

    def test_taking_back_is_no_decision_to_choose(self):
        waiting_panel(1)
        with pytest.raises(Invalid, match="accept or reject"):
            decide(5, "undo", alice())


class TestSentTwice:
    def test_the_same_decision_sent_again_is_one_line(self):
        waiting_panel(1)
        made = [decide(5, "reject", alice(), seen="pending") for _ in range(2)]
        assert made[0] == made[1]
        assert ModerationDecision.objects.filter(statement=numbered(5)).count() == 1

    def test_another_decision_on_what_was_seen_before_is_refused(self):
        panel = waiting_panel(1)
        decide(5, "reject", alice(), seen="pending")
        for by, decision, reason in (
            (alice(), "accept", "fits"),
            (alice(), "reject", "spam"),
            (moderator(panel), "reject", "unclear"),
        ):
            with pytest.raises(WrongPhase, match="Someone else has decided"):
                decide(5, decision, by, reason=reason, seen="pending")
        assert states(5) == ["rejected"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_the_same_moment_one_is_told():
    panel = waiting_panel(1)
    people = [alice(), moderator(panel), moderator(panel, "charlie")] * 2
    jobs = [lambda by=by: decide(5, "accept", by, seen="pending") for by in people]
    results = at_once(jobs)
    lines = list(ModerationDecision.objects.filter(statement=numbered(5)))
    assert len(lines) == 1
    told = [one for one in results if isinstance(one, WrongPhase)]
    assert len(told) == 4
    assert all(one == lines[0] for one in results if one not in told)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_the_same_words_again_at_once_one_is_refused():
    panel = waiting_panel(1)
    decide(5, "reject", alice())
    propose(participant=join(panel), round=the_round(panel), text=numbered(5).text)
    decide(6, "reject", alice())
    results = at_once([lambda n=n: decide(n, "accept", alice()) for n in (5, 6)])
    assert sorted(states(5, 6)) == ["accepted", "rejected"]
    assert [type(one) for one in results].count(Duplicate) == 1


class TestManyTogether:
    def test_each_gets_a_line_and_the_audit_one_entry(self):
        panel = waiting_panel(4)
        made = decide_all(panel, [5, 6, 8], "reject", alice(), note=" The same seller ")
        assert states(5, 6, 7, 8) == ["rejected", "rejected", "pending", "rejected"]
        assert [line.statement.number for line in made] == [5, 6, 8]
        assert {(line.reason, line.note) for line in made} == {("spam", "The same seller")}
        assert len({line.created_at for line in made}) == 1
        entry = AuditEntry.objects.get(action="statements.rejected")
        assert (entry.detail["numbers"], entry.detail["reason"]) == ([5, 6, 8], "spam")

    def test_if_one_was_decided_on_meanwhile_nothing_is_done(self):
        panel = waiting_panel(3)
        seen = {5: "pending", 6: "pending", 7: "pending"}
        decide(6, "accept", alice())
        with pytest.raises(WrongPhase, match="meanwhile"):
            moderate_all(
                round=the_round(panel),
                seen=seen,
                decision="reject",
                reason="spam",
                actor=alice(),
                role="owner",
            )
        assert states(5, 6, 7) == ["pending", "accepted", "pending"]
        assert not AuditEntry.objects.filter(action="statements.rejected").exists()

    def test_a_number_that_is_not_there_stops_all(self):
        panel = waiting_panel(1)
        with pytest.raises(WrongPhase):
            moderate_all(
                round=the_round(panel),
                seen={5: "pending", 99: "pending"},
                decision="accept",
                reason="fits",
                actor=alice(),
                role="owner",
            )
        assert states(5) == ["pending"]

    def test_a_second_look_is_not_given_in_a_heap(self):
        panel = waiting_panel(2)
        decide(5, "reject", alice())
        ask_again(participant=numbered(5).author, statement=numbered(5), text="Please look.")
        with pytest.raises(Invalid, match="by itself"):
            decide_all(panel, [5, 6], "accept", moderator(panel))
        assert states(5, 6) == ["rejected", "pending"]
        assert Appeal.objects.get().decided_at is None

    def test_what_is_decided_like_this_already_gets_no_second_line(self):
        panel = waiting_panel(2)
        decide(5, "accept", alice())
        with pytest.raises(Invalid, match="already"):
            decide_all(panel, [5, 6], "accept", alice())
        assert states(6) == ["pending"]

    def test_shown_at_once_they_get_their_first_look_together(self):
        panel = waiting_panel(3, moderation="after")
        decide_all(panel, [5, 6, 7], "accept", alice())
        assert queue_state(the_round(panel)).waiting == 0
        assert states(5, 6, 7) == ["accepted"] * 3

    def test_words_that_are_there_already_are_named(self):
        panel = waiting_panel(1)
        decide(5, "reject", alice())
        propose(participant=join(panel), round=the_round(panel), text=numbered(5).text)
        with pytest.raises(Invalid, match="Statement 5 says the same as statement 6"):
            decide_all(panel, [5], "accept", alice())

    def test_the_same_words_are_not_shown_twice_at_one_go(self):
        panel = waiting_panel(1)
        decide(5, "reject", alice())
        propose(participant=join(panel), round=the_round(panel), text=numbered(5).text)
        decide(6, "reject", alice())
        with pytest.raises(Invalid, match="Statement 6 says the same as statement 5"):
            decide_all(panel, [5, 6], "accept", alice())
        assert states(5, 6) == ["rejected", "rejected"]

    def test_nothing_marked_is_said(self):
        panel = waiting_panel(1)
        with pytest.raises(Invalid, match="Mark at least one"):
            decide_all(panel, [], "accept", alice())

    def test_after_closing_nothing_is_decided(self):
        panel = waiting_panel(2)
        close_round(round=the_round(panel), actor=None)
        with pytest.raises(WrongPhase):
            decide_all(panel, [5, 6], "accept", alice())

    def test_nobody_looks_at_them_any_more(self):
        panel = waiting_panel(2)
        until = timezone.now() + timedelta(minutes=1)
        Claim.objects.create(statement=numbered(5), user=alice(), expires_at=until)
        decide_all(panel, [5, 6], "accept", moderator(panel))
        assert not Claim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_heaps_that_overlap_are_decided_once():
    panel = waiting_panel(6)
    heaps = [([5, 6, 7, 8], alice()), ([10, 9, 8, 7], moderator(panel))] * 2
    jobs = [lambda h=h, by=by: decide_all(panel, h, "accept", by) for h, by in heaps]
    at_once(jobs)
    lines = ModerationDecision.objects.filter(statement__number__gte=5)
    assert lines.values("statement").distinct().count() == lines.count()


class TestTakingBack:
    @pytest.mark.parametrize("decision", ["accept", "reject"])
    def test_it_waits_again_and_both_lines_stay(self, decision):
        waiting_panel(1)
        decide(5, decision, alice())
        (line,) = back(5, alice())
        assert (line.decision, line.reason, line.actor_role) == ("undo", "mistake", "moderator")
        assert states(5) == ["pending"]
        log = ModerationDecision.objects.filter(statement=numbered(5)).order_by("id")
        assert [one.decision for one in log] == [decision, "undo"]
        assert AuditEntry.objects.get(action="statements.undone").detail["numbers"] == [5]

    @pytest.mark.parametrize("decision", ["accept", "reject"])
    def test_what_was_shown_at_once_waits_for_its_first_look_again(self, decision):
        panel = waiting_panel(1, moderation="after")
        decide(5, decision, alice())
        back(5, alice())
        assert states(5) == ["accepted"]
        assert queue_state(the_round(panel)).waiting == 1

    def test_all_that_were_decided_together_wait_again(self):
        panel = waiting_panel(4)
        decide(8, "reject", alice())
        decide_all(panel, [5, 6, 7], "reject", alice())
        assert len(back(6, alice())) == 3
        assert states(5, 6, 7, 8) == ["pending"] * 3 + ["rejected"]

    def test_an_appeal_is_open_again(self):
        panel = waiting_panel(1)
        decide(5, "reject", alice())
        ask_again(participant=numbered(5).author, statement=numbered(5), text="Please look.")
        bob = moderator(panel)
        decide(5, "accept", bob)
        back(5, bob)
        assert states(5) == ["rejected"]
        assert Appeal.objects.get().decided_at is None

    def test_once_somebody_has_voted_it_holds(self):
        panel = waiting_panel(1)
        decide(5, "accept", alice())
        vote(join(panel), numbered(5), 1)
        assert last_decision(the_round(panel), alice()) is None
        with pytest.raises(WrongPhase, match="voted"):
            back(5, alice())
        assert states(5) == ["accepted"]

    def test_the_decision_of_somebody_else_is_not_taken_back(self):
        panel = waiting_panel(1)
        decide(5, "accept", alice())
        with pytest.raises(NotAllowed):
            back(5, moderator(panel))
        assert states(5) == ["accepted"]

    def test_sent_twice_it_is_done_once(self):
        waiting_panel(1)
        decide(5, "accept", alice())
        assert back(5, alice()) == back(5, alice())
        assert ModerationDecision.objects.filter(statement=numbered(5)).count() == 2

    def test_there_is_nothing_to_take_back_before_a_decision(self):
        waiting_panel(1)
        with pytest.raises(WrongPhase, match="no decision"):
            back(5, alice())

    def test_seeds_do_not_wait(self):
        waiting_panel(1)
        with pytest.raises(WrongPhase, match="Seeds"):
            back(1, alice())
        assert states(1) == ["accepted"]

    def test_if_one_of_many_was_decided_anew_the_rest_is_left_alone(self):
        panel = waiting_panel(2)
        decide_all(panel, [5, 6], "reject", alice())
        decide(6, "accept", moderator(panel))
        with pytest.raises(WrongPhase, match="decided anew"):
            back(5, alice())
        assert states(5, 6) == ["rejected", "accepted"]

    def test_words_that_somebody_else_proposed_meanwhile_do_not_come_twice(self):
        panel = waiting_panel(1)
        decide(5, "reject", alice())
        propose(participant=join(panel), round=the_round(panel), text=numbered(5).text)
        with pytest.raises(Duplicate):
            back(5, alice())
        assert states(5) == ["rejected"]

    def test_after_closing_it_stays(self):
        panel = waiting_panel(1)
        decide(5, "accept", alice())
        close_round(round=the_round(panel), actor=None)
        with pytest.raises(WrongPhase):
            back(5, alice())

    def test_the_page_offers_what_holds_newest_first(self):
        panel = waiting_panel(3)
        round, owner = the_round(panel), alice()
        assert last_decision(round, owner) is None
        decide_all(panel, [5, 6], "reject", owner)
        decide(7, "accept", owner)
        last = last_decision(round, owner)
        assert (last.statement.number, last.decision, last.count) == (7, "accept", 1)
        back(7, owner)
        last = last_decision(round, owner)
        assert (last.decision, last.count) == ("reject", 2)
        assert last_decision(round, moderator(panel)) is None


@pytest.mark.django_db(transaction=True)
def test_a_vote_and_taking_back_at_the_same_moment_never_leave_a_vote_on_what_waits():
    panel = waiting_panel(1)
    decide(5, "accept", alice())
    voter = join(panel)
    at_once([lambda: vote(voter, numbered(5), 1), lambda: back(5, alice())])
    voted = voter.votes.filter(statement=numbered(5)).exists()
    assert states(5) == (["accepted"] if voted else ["pending"])
    assert Statement.objects.filter(pk__in=[s.pk for s in accepted(panel)]).count() == 4 + voted
