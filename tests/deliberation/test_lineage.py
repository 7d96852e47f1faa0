"""Reworded, split and merged statements: what comes of them, and of their votes and authors."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from deliberation.models import (
    Appeal,
    AuditEntry,
    Deliberation,
    ModerationDecision,
    Participant,
    Statement,
    StatementLineage,
    Vote,
)
from deliberation.selectors.own_statements import own_statements
from deliberation.services.appeals import ask_again
from deliberation.services.errors import Duplicate, Invalid, NotAllowed, ServiceError, WrongPhase
from deliberation.services.lineage import merge, rewrite
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from deliberation.services.withdrawal import withdraw
from tests.factories import accepted, join, make_open, make_user, the_round, vote

pytestmark = pytest.mark.django_db
TWO_IDEAS = "It should be brief and it must never lie to children."
PARTS = ["It should be brief.", "It must never lie to children."]


@pytest.fixture
def deliberation() -> Deliberation:
    return make_open()


@pytest.fixture
def bob(deliberation: Deliberation) -> Participant:
    return join(deliberation)


def proposed(who: Participant, text: str = TWO_IDEAS) -> Statement:
    return propose(participant=who, round=the_round(who.deliberation), text=text)


def reworded(statement: Statement, text: str, **more: object) -> Statement:
    (made,) = rewrite(statement=statement, texts=[text], actor=None, role="owner", **more)
    return made


def lines() -> list[tuple[int, int, str]]:
    """Lineage as (parent, child, kind), by number."""
    found = StatementLineage.objects.order_by("child__number", "parent__number")
    return list(found.values_list("parent__number", "child__number", "kind"))


def test_a_reworded_statement_keeps_its_author_and_leads_back(bob: Participant) -> None:
    old = proposed(bob, "it shuld speek dialect")
    new = reworded(old, "It should speak my dialect.", note="Spelling")
    old.refresh_from_db()
    assert (old.text, old.status) == ("it shuld speek dialect", "rejected")
    assert (new.text, new.status, new.origin) == (
        "It should speak my dialect.",
        "accepted",
        "panel",
    )
    assert new.author == bob
    assert lines() == [(old.number, new.number, "reworded")]
    decisions = ModerationDecision.objects.filter(statement__in=[old, new]).order_by("id")
    assert [(d.decision, d.reason, d.note) for d in decisions] == [
        ("reject", "replaced", "Spelling"),
        ("accept", "fits", ""),
    ]
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject) == ("statement.reworded", f"statement {old.number}")
    assert entry.detail == {"into": [new.number]}


def test_a_split_makes_one_statement_of_each_idea(bob: Participant) -> None:
    old = proposed(bob)
    made = rewrite(statement=old, texts=PARTS, actor=None, role="moderator")
    assert [one.text for one in made] == PARTS
    assert {one.author for one in made} == {bob}
    assert lines() == [(old.number, one.number, "split") for one in made]


def test_a_merger_names_all_and_belongs_to_nobody(deliberation: Deliberation) -> None:
    one = proposed(join(deliberation), "It should speak my dialect.")
    other = proposed(join(deliberation), "It should speak like people here do.")
    new = merge(
        statements=[other, one], text="It should speak as we speak.", actor=None, role="owner"
    )
    assert (new.author, new.origin) == (None, "panel")
    assert lines() == [(one.number, new.number, "merged"), (other.number, new.number, "merged")]
    assert set(Statement.objects.filter(status="rejected")) == {one, other}


def test_seeds_stay_seeds(deliberation: Deliberation) -> None:
    first, second, *_rest = accepted(deliberation)
    assert reworded(first, "The assistant should say what it does not know.").origin == "seed"
    third = Statement.objects.latest("number")
    new = merge(statements=[second, third], text="It is discreet.", actor=None, role="owner")
    assert new.origin == "seed"


def test_votes_on_the_original_stay_on_record_and_count_no_longer(bob: Participant) -> None:
    seed = accepted(bob.deliberation)[0]
    vote(bob, seed, 1)
    new = reworded(seed, "The assistant should say what it does not know.")
    assert Vote.objects.filter(statement=seed).count() == 1
    assert not Vote.objects.filter(statement=new).exists()
    assert seed not in Statement.objects.counting()
    with pytest.raises(WrongPhase):
        vote(join(bob.deliberation), seed, 1)
    vote(bob, new, -1)
    assert Vote.objects.get(statement=new).value == -1


def test_the_author_reads_what_came_of_it(bob: Participant) -> None:
    made = rewrite(statement=proposed(bob), texts=PARTS, actor=None, role="owner")
    own = own_statements(participant=bob, round=the_round(bob.deliberation))
    original = own[-1]
    assert original.reason == "Goes on in other words"
    assert [after.number for after in original.successors] == [one.number for one in made]


def test_the_author_can_ask_for_the_original_again(bob: Participant) -> None:
    old = proposed(bob, "it shuld speek dialect")
    reworded(old, "It should speak my dialect.")
    ask_again(participant=bob, statement=old, text="I meant it that way.")
    moderate(statement=old, decision="accept", reason="fits", actor=None, role="owner")
    old.refresh_from_db()
    assert old.status == "accepted"


def test_someone_who_leaves_is_forgotten_with_what_came_of_their_statements(
    bob: Participant,
) -> None:
    new = reworded(proposed(bob, "it shuld speek dialect"), "It should speak my dialect.")
    withdraw(participant=bob)
    new.refresh_from_db()
    assert new.author is None


# --- What is refused


def test_the_opposite_is_not_merged_without_saying_so(deliberation: Deliberation) -> None:
    seed = accepted(deliberation)[2]
    turned = proposed(join(deliberation), "The assistant should never answer in plain words.")
    both = {"statements": [seed, turned], "text": "It should choose its words well."}
    with pytest.raises(Invalid) as refusal:
        merge(**both, actor=None, role="owner")
    assert refusal.value.field == "confirmed"
    assert f"3 and {turned.number}" in refusal.value.message
    assert lines() == []
    merge(**both, confirmed=True, actor=None, role="owner")
    assert len(lines()) == 2


def test_words_that_turn_a_statement_round_have_to_be_meant(bob: Participant) -> None:
    seed = accepted(bob.deliberation)[2]
    with pytest.raises(Invalid) as refusal:
        reworded(seed, "The assistant should not answer in plain words.")
    assert refusal.value.field == "confirmed"
    assert reworded(seed, "The assistant should not answer in plain words.", confirmed=True)


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ([], "text-0"),
        (["  "], "text-0"),
        ([TWO_IDEAS.upper()], "text-0"),
        (["It should be brief.", "x" * 201], "text-1"),
        (["It should be brief.", "it should be  brief"], "text-1"),
        (["It should be brief.", "The assistant should answer in plain words."], "text-1"),
        ([f"It should know fact {n}." for n in range(9)], "text-0"),
    ],
)
def test_texts_that_do_not_hold_change_nothing(
    bob: Participant, texts: list[str], field: str
) -> None:
    old = proposed(bob)
    before = Statement.objects.count()
    with pytest.raises(Invalid) as refusal:
        rewrite(statement=old, texts=texts, actor=None, role="owner")
    assert refusal.value.field == field
    old.refresh_from_db()
    assert (old.status, Statement.objects.count(), lines()) == ("pending", before, [])


def test_a_duplicate_is_named(bob: Participant) -> None:
    with pytest.raises(Duplicate) as refusal:
        reworded(proposed(bob), "The assistant should answer in plain words!")
    assert refusal.value.existing.number == 3


def test_a_merger_in_the_words_of_one_of_them_is_no_merger(deliberation: Deliberation) -> None:
    seeds = accepted(deliberation)[:2]
    with pytest.raises(Invalid, match="statement 2, word for word"):
        merge(statements=seeds, text=seeds[1].text.upper(), actor=None, role="owner")
    assert lines() == []


def test_one_statement_cannot_be_merged_with_itself(deliberation: Deliberation) -> None:
    seed = accepted(deliberation)[0]
    with pytest.raises(Invalid) as refusal:
        merge(statements=[seed, seed], text="Something else.", actor=None, role="owner")
    assert refusal.value.field == "numbers"


def test_what_goes_on_in_other_words_is_not_replaced_again(bob: Participant) -> None:
    old = proposed(bob)
    reworded(old, "It should be brief.", confirmed=True)
    with pytest.raises(WrongPhase):
        reworded(old, "It should be short.", confirmed=True)
    with pytest.raises(WrongPhase):
        merge(
            statements=[old, *accepted(bob.deliberation)[:1]],
            text="Something else.",
            actor=None,
            role="owner",
        )


@pytest.mark.parametrize("role", ["recruiter", "auditor"])
def test_only_those_who_moderate_may(bob: Participant, role: str) -> None:
    with pytest.raises(WrongPhase):
        rewrite(statement=proposed(bob), texts=PARTS, actor=None, role=role)


def test_nothing_is_replaced_after_closing(bob: Participant) -> None:
    old = proposed(bob)
    close_round(round=the_round(bob.deliberation), actor=None)
    with pytest.raises(WrongPhase):
        rewrite(statement=old, texts=PARTS, actor=None, role="owner")


def test_statements_of_another_round_are_not_merged(deliberation: Deliberation) -> None:
    elsewhere = make_open(slug="elsewhere", owner=make_user("charlie@example.org"))
    mixed = [accepted(deliberation)[0], accepted(elsewhere)[1]]
    with pytest.raises(Invalid) as refusal:
        merge(statements=mixed, text="Something else.", actor=None, role="owner")
    assert refusal.value.field == "numbers"


def test_an_appeal_is_answered_by_somebody_else_or_not_at_all(bob: Participant) -> None:
    owner = bob.deliberation.memberships.get().user
    carol = make_user("carol@example.org")
    bob.deliberation.memberships.create(user=carol, role="moderator")
    old = proposed(bob)
    moderate(statement=old, decision="reject", reason="unclear", actor=owner, role="owner")
    ask_again(participant=bob, statement=old, text="It is clear to me.")
    with pytest.raises(NotAllowed):
        rewrite(statement=old, texts=PARTS, actor=owner, role="owner")
    rewrite(statement=old, texts=PARTS, harmful="personal_data", actor=carol, role="moderator")
    assert Appeal.objects.get().decided_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reword_at_once_one_is_told() -> None:
    deliberation = make_open()
    old = proposed(join(deliberation))

    def attempt(text: str) -> str:
        try:
            return reworded(old, text, confirmed=True).text
        except ServiceError as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(attempt, ["It should be short.", "It should be honest."]))
    assert answers.count("WrongPhase") == 1
    assert len(lines()) == 1
