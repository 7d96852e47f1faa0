"""The verbs of the deliberation app: joining, proposing, moderating, opening, closing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from deliberation.models import AuditEntry, Exposure, ModerationDecision, SignInLink, Statement
from deliberation.services.deliberations import create_deliberation, update_draft
from deliberation.services.errors import Duplicate, Gone, Invalid, NotAllowed, WrongPhase
from deliberation.services.moderation import moderate
from deliberation.services.panels import find_seat, issue_seats, revoke_seat, take_seat
from deliberation.services.rounds import (
    close_round,
    consent_hash,
    end_proposals,
    open_round,
    what_is_missing,
)
from deliberation.services.sign_in import create_sign_in_link, use_sign_in_link
from deliberation.services.statements import add_seeds, propose
from deliberation.services.votes import cast_vote, withdraw_vote
from tests.factories import (
    CONSENT,
    accepted,
    join,
    make_deliberation,
    make_open,
    make_user,
    next_card,
    the_round,
    vote,
)

pytestmark = pytest.mark.django_db

TEXT = "It should tell me where an answer comes from."


# Creating and preparing


def test_two_deliberations_of_one_title_get_two_addresses():
    alice = make_user()
    slugs = [
        create_deliberation(owner=alice, title="Fair AI?", question="What?").slug for _ in range(3)
    ]
    assert slugs == ["fair-ai", "fair-ai-2", "fair-ai-3"]


def test_a_taken_address_is_refused_at_its_field():
    make_deliberation(slug="taken")
    with pytest.raises(Invalid) as caught:
        create_deliberation(owner=None, title="Other", question="What?", slug="taken")
    assert caught.value.field == "slug"


def test_what_is_missing_is_said_and_keeps_the_round_shut():
    deliberation = create_deliberation(owner=None, title="Bare", question="What?", open_link=False)
    round = the_round(deliberation)
    assert len(what_is_missing(round)) == 3
    with pytest.raises(WrongPhase, match="consent"):
        open_round(round=round, actor=None)


def test_a_draft_can_be_changed_and_an_open_round_cannot():
    deliberation = make_deliberation()
    update_draft(deliberation=deliberation, actor=None, question="Another one?", target_votes=10)
    assert the_round(deliberation).question == "Another one?"
    open_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        update_draft(deliberation=deliberation, actor=None, question="Too late?")
    update_draft(deliberation=deliberation, actor=None, question="Another one?", title="New title")
    deliberation.refresh_from_db()
    assert deliberation.title == "New title"


# Rounds


def test_opening_freezes_what_was_announced():
    round = the_round(make_open())
    assert round.opened_at is not None
    assert len(round.frozen_hash) == 64
    entry = AuditEntry.objects.get(action="round.opened")
    assert entry.detail["frozen_hash"] == round.frozen_hash


def test_the_frozen_hash_depends_on_seeds_and_consent():
    hashes = {
        the_round(make_open(slug="a")).frozen_hash,
        the_round(make_open(slug="b")).frozen_hash,
        the_round(make_open(slug="c", consent_text=CONSENT + " Thank you.")).frozen_hash,
    }
    assert len(hashes) == 2


def test_phases_move_forward_only():
    round = the_round(make_open())
    end_proposals(round=round, actor=None)
    with pytest.raises(WrongPhase):
        end_proposals(round=round, actor=None)
    close_round(round=round, actor=None)
    for move in (open_round, end_proposals, close_round):
        with pytest.raises(WrongPhase):
            move(round=round, actor=None)


# Seats


def test_a_seat_link_works_once_and_only_its_hash_is_stored():
    deliberation = make_open()
    (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
    stored = find_seat(deliberation, seat.token)
    assert seat.token.encode() not in bytes(stored.token_hash)
    agreed = consent_hash(the_round(deliberation))
    participant = take_seat(deliberation=deliberation, token=seat.token, consent_hash=agreed)
    assert participant.consent_hash == agreed
    with pytest.raises(Gone, match="taken"):
        take_seat(deliberation=deliberation, token=seat.token, consent_hash=agreed)


def test_a_revoked_or_unknown_seat_link_is_gone():
    deliberation = make_open()
    (seat,) = issue_seats(deliberation=deliberation, count=1, actor=None)
    revoke_seat(seat=find_seat(deliberation, seat.token), actor=None)
    for token in (seat.token, "made-up"):
        with pytest.raises(Gone):
            take_seat(deliberation=deliberation, token=token, consent_hash="a" * 64)


def test_a_seat_of_one_panel_opens_no_other():
    here, there = make_open(), make_open(slug="there")
    (seat,) = issue_seats(deliberation=there, count=1, actor=None)
    with pytest.raises(Gone):
        take_seat(deliberation=here, token=seat.token, consent_hash="a" * 64)


def test_the_open_link_works_only_where_allowed_and_while_open():
    closed_panel = make_deliberation(slug="invited", open_link=False)
    issue_seats(deliberation=closed_panel, count=1, actor=None)
    open_round(round=the_round(closed_panel), actor=None)
    with pytest.raises(NotAllowed):
        join(closed_panel)
    deliberation = make_open()
    join(deliberation)
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        join(deliberation)


def test_participants_are_numbered_from_one_in_order_of_joining():
    deliberation = make_open()
    assert [join(deliberation).number for _ in range(3)] == [1, 2, 3]


# Statements


def test_a_proposal_waits_for_a_moderator_then_can_be_voted_on():
    deliberation = make_open()
    alice, bob = join(deliberation), join(deliberation)
    statement = propose(participant=alice, round=the_round(deliberation), text=f"  {TEXT}\n")
    assert (statement.text, statement.status, statement.number) == (TEXT, "pending", 5)
    with pytest.raises(WrongPhase):
        vote(bob, statement, 1)
    moderate(statement=statement, decision="accept", reason="fits", actor=None, role="moderator")
    statement.refresh_from_db()
    vote(bob, statement, 1)
    assert statement.votes.count() == 1


def test_where_moderation_comes_afterwards_a_proposal_appears_at_once():
    deliberation = make_open(moderation="after")
    statement = propose(participant=join(deliberation), round=the_round(deliberation), text=TEXT)
    assert statement in Statement.objects.counting()


def test_an_exact_duplicate_is_answered_with_the_existing_statement():
    deliberation = make_open()
    alice, round = join(deliberation), the_round(deliberation)
    with pytest.raises(Duplicate) as caught:
        propose(
            participant=alice,
            round=round,
            text="the  assistant should ADMIT when it does not know",
        )
    assert caught.value.existing == accepted(deliberation)[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "first"), ("   ", "first"), ("Yes", "short"), ("x" * 201, "1 character")],
)
def test_text_that_does_not_hold_is_refused_in_words(text, words):
    deliberation = make_open()
    with pytest.raises(Invalid, match=words):
        propose(participant=join(deliberation), round=the_round(deliberation), text=text)
    assert Statement.objects.filter(origin="panel").count() == 0


def test_proposing_ends_before_voting_does():
    deliberation = make_open()
    alice = join(deliberation)
    end_proposals(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        propose(participant=alice, round=the_round(deliberation), text=TEXT)
    vote(alice, accepted(deliberation)[0], 1)
    assert alice.votes.count() == 1


def test_seeds_come_in_all_or_not_at_all_and_the_line_is_named():
    deliberation = make_deliberation()
    with pytest.raises(Invalid, match="Line 2"):
        add_seeds(round=the_round(deliberation), texts=[TEXT, "no"], actor=None)
    assert len(accepted(deliberation)) == 4


def test_a_rejection_has_a_reason_and_leaves_a_public_line():
    deliberation = make_open()
    statement = accepted(deliberation)[0]
    with pytest.raises(Invalid, match="author"):
        moderate(statement=statement, decision="reject", reason="fits", actor=None, role="owner")
    moderate(statement=statement, decision="reject", reason="unclear", actor=None, role="moderator")
    line = ModerationDecision.objects.filter(statement=statement).latest("id")
    assert (line.decision, line.reason, line.actor_role) == ("reject", "unclear", "moderator")
    assert statement not in Statement.objects.counting()


@pytest.mark.parametrize("reason", ["source", "taken_back", "because"])
@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_nobody_decides_with_a_reason_that_is_not_a_persons_to_give(decision, reason):
    statement = accepted(make_open())[0]
    before = ModerationDecision.objects.count()
    with pytest.raises(Invalid, match="Choose a reason") as refused:
        moderate(statement=statement, decision=decision, reason=reason, actor=None, role="owner")
    assert refused.value.field == "reason"
    assert ModerationDecision.objects.count() == before
    statement.refresh_from_db()
    assert statement.status == "accepted"


def test_after_closing_moderation_changes_nothing():
    deliberation = make_open()
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(WrongPhase):
        moderate(
            statement=accepted(deliberation)[0],
            decision="reject",
            reason="unclear",
            actor=None,
            role="owner",
        )


# Cards


def test_a_card_shown_and_not_answered_is_shown_again_without_a_second_exposure():
    deliberation = make_open()
    alice = join(deliberation)
    first = next_card(alice)
    again = next_card(alice)
    assert again == first
    assert Exposure.objects.count() == 1
    assert first.probability == pytest.approx(1 / 4)


def test_every_statement_comes_once_and_then_there_is_none():
    deliberation = make_open()
    alice, round = join(deliberation), the_round(deliberation)
    seen = []
    while card := next_card(alice, u=0.3):
        seen.append(card.statement)
        vote(alice, round.statements.get(number=card.statement.number), 1)
    assert sorted(s.number for s in seen) == [1, 2, 3, 4]
    probabilities = list(Exposure.objects.order_by("id").values_list("probability", flat=True))
    assert probabilities == pytest.approx([1 / 4, 1 / 3, 1 / 2, 1])


def test_a_card_rejected_meanwhile_is_not_shown_again():
    deliberation = make_open()
    alice, round = join(deliberation), the_round(deliberation)
    card = next_card(alice)
    shown = round.statements.get(number=card.statement.number)
    moderate(statement=shown, decision="reject", reason="unclear", actor=None, role="owner")
    assert next_card(alice).statement != card.statement


def test_after_an_undo_the_same_card_comes_back():
    deliberation = make_open()
    alice, round = join(deliberation), the_round(deliberation)
    card = next_card(alice)
    statement = round.statements.get(number=card.statement.number)
    vote(alice, statement, 1)
    assert next_card(alice).statement != card.statement
    withdraw_vote(participant=alice, statement=statement, key=uuid4())
    assert next_card(alice).statement == card.statement
    assert list(Exposure.objects.order_by("id").values_list("drawn", flat=True)) == [
        True,
        True,
        False,
    ]


# Signing in


def test_a_sign_in_link_works_once():
    alice = make_user()
    token = create_sign_in_link(user=alice)
    assert use_sign_in_link(token) == alice
    assert use_sign_in_link(token) is None
    assert use_sign_in_link("made-up") is None


def test_an_expired_sign_in_link_is_refused():
    token = create_sign_in_link(user=make_user())
    past = timezone.now() - timedelta(minutes=1)
    SignInLink.objects.update(created_at=past - timedelta(hours=1), expires_at=past)
    assert use_sign_in_link(token) is None


def test_every_change_is_an_audit_entry():
    deliberation = make_open()
    issue_seats(deliberation=deliberation, count=2, actor=None)
    close_round(round=the_round(deliberation), actor=None)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        "deliberation.created",
        "statements.seeded",
        "round.opened",
        "seats.issued",
        "round.closed",
    ]


def test_a_key_belongs_to_one_participant():
    deliberation = make_open()
    key = uuid4()
    statement = accepted(deliberation)[0]
    kinds = {
        cast_vote(participant=join(deliberation), statement=statement, value=1, key=key).kind
        for _ in range(2)
    }
    assert kinds == {"cast"}
