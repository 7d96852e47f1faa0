"""Votes are left out by the rule that was fixed before: for all whom it meets, or for nobody."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import reverse

from aggregation.engine import shipped
from deliberation.access import remember_participant
from deliberation.models import (
    AuditEntry,
    Deliberation,
    Exclusion,
    Membership,
    Participant,
    Round,
    User,
    Vote,
)
from deliberation.models.panels import ExclusionReason
from deliberation.models.rounds import ExclusionRule
from deliberation.plan_check import plan_problems
from deliberation.selectors.your_part import your_part
from deliberation.services.errors import WrongPhase
from deliberation.services.exclusions import apply_rule, matches
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round, open_round, pause_round
from deliberation.services.statements import propose
from tests.factories import accepted, join, make_deliberation, make_user, the_round, vote, vote_row

pytestmark = pytest.mark.django_db


def with_rule(rule: str = ExclusionRule.STRAIGHT_AND_SPAM, **changes: object) -> Deliberation:
    deliberation = make_deliberation(**changes)
    # A plan whose report shows the outcome with and without them.
    plan = shipped("thorough")
    Round.objects.filter(deliberation=deliberation).update(
        exclusion_rule=rule, straight_votes=3, plan=plan.to_dict(), plan_hash=plan.hash
    )
    open_round(round=the_round(deliberation), actor=None)
    return deliberation


def person(deliberation: Deliberation, votes: list[int], reason: str | None = None) -> Participant:
    """Someone who votes like this; whose statement is turned down for this reason."""
    who = join(deliberation)
    vote_row(who, votes)
    if reason:
        said = propose(
            participant=who, round=the_round(deliberation), text=f"Buy from number {who.number}."
        )
        moderate(statement=said, decision="reject", reason=reason, actor=None, role="moderator")
    return who


def second_owner(deliberation: Deliberation) -> User:
    bob = make_user("bob@example.org")
    Membership.objects.create(deliberation=deliberation, user=bob, role="owner")
    return bob


def alice(deliberation: Deliberation) -> User:
    return deliberation.memberships.get(user__email="alice@example.org").user


def applied(deliberation: Deliberation, actor: User | None = None):
    round = the_round(deliberation)
    return apply_rule(round=round, actor=actor or alice(deliberation), digest=matches(round).digest)


def left_out(deliberation: Deliberation) -> set[int]:
    found = Exclusion.objects.filter(participant__deliberation=deliberation)
    return set(found.values_list("participant__number", flat=True))


@pytest.mark.parametrize("value", [1, 0, -1])
@pytest.mark.parametrize("reason", ["spam", "abusive"])
def test_both_together_are_met(value, reason):
    deliberation = with_rule()
    who = person(deliberation, [value] * 3, reason)
    assert matches(the_round(deliberation)).people == (who.number,)


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        ([1, 1, 1, 1], None),
        ([1, 1, 1, 1], "off_topic"),
        ([1, 1, 1, -1], "spam"),
        ([1, 1], "spam"),
    ],
    ids=["alike, wrote nothing", "alike, turned down for another reason",
         "advertised, one vote differs", "advertised, too few votes"],
)  # fmt: skip
def test_one_of_the_two_alone_is_never_enough(votes, reason):
    deliberation = with_rule()
    person(deliberation, votes, reason)
    assert matches(the_round(deliberation)).people == ()


def test_a_statement_accepted_after_all_does_not_count_against_its_author():
    deliberation = with_rule()
    who = person(deliberation, [1, 1, 1], "spam")
    moderate(
        statement=who.statements.get(), decision="accept", reason="fits", actor=None, role="owner"
    )
    assert matches(the_round(deliberation)).people == ()


def test_without_a_rule_nobody_is_met():
    deliberation = with_rule(ExclusionRule.NONE)
    person(deliberation, [1, 1, 1], "spam")
    assert matches(the_round(deliberation)).people == ()
    with pytest.raises(WrongPhase, match="no rule"):
        applied(deliberation)


def test_all_whom_it_meets_are_left_out_and_their_votes_stay():
    deliberation = with_rule()
    met = {person(deliberation, [1, 1, 1], "spam").number for _ in range(3)}
    person(deliberation, [1, -1, 0])
    votes = Vote.objects.count()
    done = applied(deliberation)
    assert (done.done, done.excluded) == (True, 3)
    assert left_out(deliberation) == met
    assert Vote.objects.count() == votes
    entry = AuditEntry.objects.get(action="exclusions.applied")
    assert entry.detail == {"rule": "straight_and_spam", "left_out": 3, "let_go": 0}


def test_applied_again_it_lets_go_whom_it_meets_no_longer():
    deliberation = with_rule()
    changed, same = (person(deliberation, [1, 1, 1], "spam") for _ in range(2))
    applied(deliberation)
    vote(changed, accepted(deliberation)[0], -1)
    done = applied(deliberation)
    assert (done.excluded, done.let_go) == (0, 1)
    assert left_out(deliberation) == {same.number}


def test_who_is_left_out_for_another_reason_stays_so():
    deliberation = with_rule()
    who = person(deliberation, [1, 1, 1], "spam")
    Exclusion.objects.create(participant=who, reason=ExclusionReason.LISTED)
    assert not matches(the_round(deliberation)).anything
    vote(who, accepted(deliberation)[0], -1)
    assert not matches(the_round(deliberation)).anything


def test_a_list_that_has_changed_is_looked_at_again():
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    seen = matches(the_round(deliberation)).digest
    person(deliberation, [0, 0, 0], "abusive")
    with pytest.raises(WrongPhase, match="has changed"):
        apply_rule(round=the_round(deliberation), actor=alice(deliberation), digest=seen)
    assert left_out(deliberation) == set()


def test_nothing_is_left_out_after_closing():
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase, match="until the round is closed"):
        applied(deliberation)


def test_it_can_be_done_while_the_round_rests():
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    pause_round(round=the_round(deliberation), actor=None, reason="We look at the list.")
    assert applied(deliberation).excluded == 1


# --- Two people


def test_where_it_takes_two_the_second_agrees_to_exactly_the_same():
    deliberation = with_rule()
    Deliberation.objects.update(two_people=True)
    bob = second_owner(deliberation)
    who = person(deliberation, [1, 1, 1], "spam")
    assert not applied(deliberation).done
    assert not applied(deliberation).done
    assert left_out(deliberation) == set()
    assert applied(deliberation, bob).done
    assert left_out(deliberation) == {who.number}


def test_agreeing_to_a_list_that_has_grown_asks_anew():
    deliberation = with_rule()
    Deliberation.objects.update(two_people=True)
    bob = second_owner(deliberation)
    person(deliberation, [1, 1, 1], "spam")
    assert not applied(deliberation).done
    person(deliberation, [1, 1, 1], "spam")
    assert not applied(deliberation, bob).done
    assert applied(deliberation).done
    assert len(left_out(deliberation)) == 2


# --- The page


def page(client, deliberation: Deliberation, user: User, **sent: str):
    client.force_login(user)
    address = reverse("exclusions", args=[deliberation.slug])
    return client.post(address, sent) if sent else client.get(address)


def test_the_page_tells_the_rule_and_numbers_and_applies_it_to_all(client):
    deliberation = with_rule()
    met = [person(deliberation, [1, 1, 1], "spam").number for _ in range(2)]
    shown = page(client, deliberation, alice(deliberation)).content.decode()
    assert "They cast 3 votes or more" in shown
    assert f"{met[0]}, {met[1]}" in shown
    digest = matches(the_round(deliberation)).digest
    sent = page(client, deliberation, alice(deliberation), digest=digest)
    assert sent.status_code == 302
    assert left_out(deliberation) == set(met)
    after = page(client, deliberation, alice(deliberation)).content.decode()
    assert "The votes of all of them are left out." in after


def test_nobody_can_be_chosen(client):
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    innocent = person(deliberation, [1, 0, 1])
    digest = matches(the_round(deliberation)).digest
    page(client, deliberation, alice(deliberation), digest=digest, number=str(innocent.number))
    assert innocent.number not in left_out(deliberation)


def test_a_list_that_is_old_is_refused(client):
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    assert page(client, deliberation, alice(deliberation), digest="0" * 64).status_code == 409


def test_the_second_person_reads_who_asked(client):
    deliberation = with_rule()
    Deliberation.objects.update(two_people=True)
    bob = second_owner(deliberation)
    person(deliberation, [1, 1, 1], "spam")
    applied(deliberation)
    assert "You asked for this" in page(client, deliberation, alice(deliberation)).content.decode()
    shown = page(client, deliberation, bob).content.decode()
    assert "If you do the same, it happens." in shown
    assert "Agree, and apply the rule" in shown


@pytest.mark.parametrize("role", ["moderator", "recruiter", "auditor"])
def test_other_roles_may_not(client, role):
    deliberation = with_rule()
    other = make_user("charlie@example.org")
    Membership.objects.create(deliberation=deliberation, user=other, role=role)
    assert page(client, deliberation, other).status_code == 403
    assert page(client, deliberation, other, digest="0" * 64).status_code == 403


def test_outsiders_find_nothing(client):
    deliberation = with_rule()
    assert page(client, deliberation, make_user("dave@example.org")).status_code == 404


def test_after_closing_the_page_can_be_read_and_not_sent(client):
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    close_round(round=the_round(deliberation), actor=None)
    shown = page(client, deliberation, alice(deliberation))
    assert '<button type="submit" class="button button--warning"' not in shown.content.decode()
    assert page(client, deliberation, alice(deliberation), digest="0" * 64).status_code == 409


def test_no_page_of_organisers_says_how_those_people_voted(client):
    """The page is the same whether they agreed with everything or disagreed."""
    pages = []
    for slug, value in (("aye", 1), ("nay", -1)):
        deliberation = with_rule(slug=slug)
        person(deliberation, [value] * 3, "spam")
        html = page(client, deliberation, alice(deliberation)).content.decode()
        body = html[html.index("Whom it meets now") : html.index("<form")]
        pages.append(body)
    assert pages[0] == pages[1]


def test_the_page_that_closes_the_round_tells_of_a_rule_not_applied(client):
    deliberation = with_rule()
    person(deliberation, [1, 1, 1], "spam")
    client.force_login(alice(deliberation))
    address = reverse("close_round", args=[deliberation.slug])
    assert "meets 1 person, and has not been applied" in client.get(address).content.decode()
    applied(deliberation)
    assert "has not been applied" not in client.get(address).content.decode()


def test_a_rule_needs_a_plan_that_shows_the_outcome_with_and_without():
    deliberation = make_deliberation()
    Round.objects.update(exclusion_rule=ExclusionRule.STRAIGHT_AND_SPAM)
    (problem,) = plan_problems(the_round(deliberation))
    assert "what would come out with them" in problem
    plan = shipped("thorough")
    Round.objects.update(plan=plan.to_dict(), plan_hash=plan.hash)
    assert plan_problems(the_round(deliberation)) == []


def test_who_is_left_out_reads_that_and_why(client):
    deliberation = with_rule()
    met, other = person(deliberation, [1, 1, 1], "spam"), person(deliberation, [1, 0, 1])
    applied(deliberation)
    said = your_part(participant=met, round=the_round(deliberation)).left_out
    assert said == "Answered every statement alike, and wrote advertising or insults"
    assert your_part(participant=other, round=the_round(deliberation)).left_out == ""
    remember(client, met)
    html = client.get(reverse("your_part", args=[deliberation.slug])).content.decode()
    assert "Your votes are kept, but they do not count" in html
    remember(client, other)
    html = client.get(reverse("your_part", args=[deliberation.slug])).content.decode()
    assert "do not count" not in html


def remember(client, who: Participant) -> None:
    answer = HttpResponse()
    remember_participant(answer, who)
    client.cookies = answer.cookies
