"""A rewrite is taken back: all stands as before, while nobody has voted on the new words."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client

from deliberation.bundles.importing import import_bundle
from deliberation.bundles.reading import read_bundle
from deliberation.bundles.writing import bundle
from deliberation.models import (
    Appeal,
    AuditEntry,
    Deliberation,
    ModerationDecision,
    Participant,
    Statement,
    StatementLineage,
    User,
    Vote,
)
from deliberation.selectors.lineage import families
from deliberation.selectors.moderation_log import Wanted, moderation_log
from deliberation.selectors.own_statements import own_statements
from deliberation.selectors.queue import last_decision, queue_state
from deliberation.services.appeals import ask_again
from deliberation.services.errors import Duplicate, NotAllowed, ServiceError, WrongPhase
from deliberation.services.lineage import merge, rewrite
from deliberation.services.moderation import moderate, take_back
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from deliberation.services.undo_rewrite import rewrite_of, undo_rewrite
from deliberation.services.votes import cast_vote, withdraw_vote
from deliberation.services.withdrawal import withdraw
from tests.deliberation.moderating import alice, moderator, numbered, states, waiting_panel
from tests.deliberation.test_votes import at_once
from tests.factories import accepted, join, make_user, the_round, vote

pytestmark = pytest.mark.django_db
UNDO = "/organise/assistant/queue/undo/"


def reword(number: int, *texts: str, by: User | None = None, **more: object) -> list[Statement]:
    wanted = texts or ("It should know many facts.",)
    return rewrite(
        statement=numbered(number), texts=wanted, actor=by or alice(), role="owner", **more
    )


def undo(number: int, by: User | None = None, role: str = "owner") -> object:
    return undo_rewrite(statement=numbered(number), actor=by or alice(), role=role)


def decide(number: int, decision: str, reason: str, by: User | None = None) -> None:
    moderate(
        statement=numbered(number),
        decision=decision,
        reason=reason,
        note="As agreed",
        actor=by or alice(),
        role="owner",
    )


def log_of(number: int) -> list[tuple[str, str]]:
    found = ModerationDecision.objects.filter(statement__number=number).order_by("id")
    return list(found.values_list("decision", "reason"))


def snapshot() -> list[object]:
    """All that a refused attempt must leave as it is."""
    return [
        list(Statement.objects.order_by("number").values_list("number", "status")),
        list(StatementLineage.objects.order_by("id").values_list("id", "undone_at")),
        list(Appeal.objects.order_by("id").values_list("id", "decided_at")),
        ModerationDecision.objects.count(),
        AuditEntry.objects.count(),
    ]


# --- What stands afterwards


def test_the_original_waits_again_and_both_stay_on_record():
    panel = waiting_panel(1)
    reword(5)
    done = undo(5)
    assert states(5, 6) == ["pending", "rejected"]
    assert [one.number for one in (*done.old, *done.made)] == [5, 6]
    assert log_of(5) == [("reject", "replaced"), ("undo", "mistake")]
    assert log_of(6) == [("accept", "fits"), ("undo", "mistake")]
    assert StatementLineage.objects.get().undone_at is not None
    assert families([numbered(5), numbered(6)]) == {}
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject, entry.detail) == (
        "rewrite.undone",
        "statement 5",
        {"closed": [6]},
    )
    assert queue_state(the_round(panel)).waiting == 1


@pytest.mark.parametrize("from_where", [5, 6, 7])
def test_a_split_is_taken_back_whole_from_any_of_its_statements(from_where):
    waiting_panel(1)
    reword(5, "It should know history.", "It should know the law.")
    undo(from_where)
    assert states(5, 6, 7) == ["pending", "rejected", "rejected"]


def test_a_merger_is_taken_back_and_each_stands_where_it_stood():
    waiting_panel(3)
    decide(6, "accept", "fits")
    decide(7, "reject", "unclear")
    merge(
        statements=[numbered(n) for n in (1, 5, 6, 7)],
        text="It should know what people need.",
        confirmed=True,
        actor=alice(),
        role="owner",
    )
    undo(8)
    assert states(1, 5, 6, 7, 8) == ["accepted", "pending", "accepted", "rejected", "rejected"]


def test_votes_on_the_original_count_again():
    panel = waiting_panel(0)
    bob = join(panel)
    vote(bob, numbered(1), 1)
    reword(1)
    undo(1)
    assert states(1) == ["accepted"]
    assert Vote.objects.get(participant=bob).statement == numbered(1)
    vote(bob, numbered(1), -1)
    assert Vote.objects.get(participant=bob).value == -1


@pytest.mark.parametrize(("decision", "reason"), [("accept", "fits"), ("reject", "unclear")])
def test_the_decision_that_held_holds_again_with_its_reason_and_note(decision, reason):
    waiting_panel(1)
    decide(5, decision, reason)
    reword(5)
    undo(5)
    latest = numbered(5).decisions.latest("id")
    assert (latest.decision, latest.reason, latest.note) == (decision, reason, "As agreed")
    assert states(5) == ["accepted" if decision == "accept" else "rejected"]


def test_where_statements_are_shown_at_once_it_is_shown_and_waits_for_its_first_look():
    panel = waiting_panel(1, moderation="after")
    reword(5)
    undo(5)
    assert states(5) == ["accepted"]
    assert queue_state(the_round(panel)).waiting == 1


def test_an_appeal_that_the_rewrite_answered_waits_again():
    waiting_panel(1)
    decide(5, "reject", "unclear")
    bob = moderator(numbered(5).round.deliberation)
    ask_again(participant=numbered(5).author, statement=numbered(5), text="Please look.")
    reword(5, by=bob)
    undo(5, by=bob)
    assert states(5) == ["rejected"]
    assert Appeal.objects.get().decided_at is None


def test_an_appeal_against_the_rewrite_is_answered_by_showing_the_original():
    panel = waiting_panel(1)
    decide(5, "accept", "fits")
    reword(5)
    ask_again(participant=numbered(5).author, statement=numbered(5), text="I meant my words.")
    bob = moderator(panel)
    with pytest.raises(NotAllowed):  # somebody else should look, and there is somebody
        undo(5)
    undo(5, by=bob)
    assert states(5) == ["accepted"]
    assert Appeal.objects.get().decided_at is not None


def test_it_can_be_reworded_once_more_and_that_taken_back_too():
    waiting_panel(1)
    reword(5)
    undo(5)
    (again,) = reword(5, "It should know the facts that matter.")
    assert states(5, again.number) == ["rejected", "accepted"]
    undo(5)
    assert states(5, 6, again.number) == ["pending", "rejected", "rejected"]


def test_of_two_rewrites_in_a_row_the_later_goes_first():
    waiting_panel(1)
    reword(5)
    reword(6, "It should know the facts that matter.")
    with pytest.raises(WrongPhase, match="decided anew"):
        undo(5)
    undo(6)
    assert states(5, 6, 7) == ["rejected", "accepted", "rejected"]
    undo(6)
    assert states(5, 6, 7) == ["pending", "rejected", "rejected"]


def test_sent_twice_it_is_done_once():
    waiting_panel(1)
    reword(5)
    first = undo(5)
    before = snapshot()
    assert undo(5) == first
    assert snapshot() == before


def test_whoever_may_moderate_may_not_only_who_did_it():
    panel = waiting_panel(1)
    reword(5)
    undo(6, by=moderator(panel), role="moderator")
    assert states(5) == ["pending"]


def test_a_decision_made_afterwards_is_taken_back_as_any_other():
    waiting_panel(1)
    reword(5)
    undo(5)
    decide(5, "accept", "fits")
    take_back(statement=numbered(5), actor=alice(), role="owner")
    assert states(5) == ["pending"]


# --- What is refused, and then changes nothing


def test_once_somebody_has_voted_on_the_new_words_they_stay():
    panel = waiting_panel(1)
    reword(5, "It should know history.", "It should know the law.")
    vote(join(panel), numbered(7), 0)
    before = snapshot()
    with pytest.raises(WrongPhase, match="voted on the new words"):
        undo(5)
    assert snapshot() == before


def test_a_vote_that_was_taken_back_was_a_vote():
    panel = waiting_panel(1)
    reword(5)
    bob = join(panel)
    vote(bob, numbered(6), 1)
    withdraw_vote(participant=bob, statement=numbered(6), key=uuid4())
    assert not Vote.objects.exists()
    with pytest.raises(WrongPhase, match="voted"):
        undo(5)


@pytest.mark.parametrize("number", [5, 6])
def test_a_later_decision_is_not_overruled(number):
    waiting_panel(1)
    reword(5)
    if number == 5:
        decide(5, "accept", "fits")
    else:
        decide(6, "reject", "unclear")
    before = snapshot()
    with pytest.raises(WrongPhase, match="decided anew"):
        undo(5)
    assert snapshot() == before


def test_an_original_that_was_proposed_again_is_not_shown_twice():
    panel = waiting_panel(1)
    reword(5)
    propose(participant=join(panel), round=the_round(panel), text=numbered(5).text)
    before = snapshot()
    with pytest.raises(Duplicate):
        undo(5)
    assert snapshot() == before


def test_what_waited_does_not_come_back_when_its_author_has_left():
    waiting_panel(1)
    author = numbered(5).author
    reword(5)
    withdraw(participant=author)
    before = snapshot()
    with pytest.raises(WrongPhase, match="has left"):
        undo(5)
    assert snapshot() == before


def test_nothing_is_taken_back_after_closing():
    panel = waiting_panel(1)
    reword(5)
    close_round(round=the_round(panel), actor=None)
    with pytest.raises(WrongPhase, match="closed"):
        undo(5)


@pytest.mark.parametrize("role", ["recruiter", "auditor"])
def test_only_those_who_moderate_may(role):
    waiting_panel(1)
    reword(5)
    with pytest.raises(WrongPhase):
        undo(5, role=role)
    assert states(5, 6) == ["rejected", "accepted"]


def test_what_was_never_rewritten_is_told_so():
    waiting_panel(1)
    assert rewrite_of(numbered(5)) is None
    with pytest.raises(WrongPhase, match="not reworded"):
        undo(5)


# --- Together with votes


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_a_vote_in_flight_ends_first_and_then_the_words_stay():
    panel = waiting_panel(1)
    reword(5)
    bob, (new,) = join(panel), [numbered(6)]
    by = alice()

    def take_it_back() -> str:
        try:
            undo(5, by=by)
        except ServiceError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            cast_vote(participant=bob, statement=new, value=1, key=uuid4())
            answer = pool.submit(take_it_back)
            while not answer.done() and not somebody_waits():
                sleep(0.01)
        assert answer.result(10) == "WrongPhase"
    assert states(5, 6) == ["rejected", "accepted"]
    assert Vote.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_votes_and_taking_back_at_once_one_side_wins():
    panel = waiting_panel(1)
    voters = [join(panel) for _ in range(4)]
    number = 5
    for turn in range(6):
        (new,) = reword(number, f"It should know {turn} more facts.")
        by = alice()
        votes = [
            lambda who=who, new=new: cast_vote(participant=who, statement=new, value=1, key=uuid4())
            for who in voters
        ]
        *answers, taken = at_once([*votes, lambda by=by: undo(5, by=by)])
        stored = Vote.objects.filter(statement=new).count()
        kept = [one for one in answers if not isinstance(one, ServiceError)]
        assert stored == len(kept)
        assert states(new.number) == ["accepted" if stored else "rejected"]
        assert isinstance(taken, WrongPhase) == bool(stored)
        if stored:
            return
    assert states(5) == ["pending"]


# --- What people read


@pytest.fixture
def reworded(owner_client: Client) -> Participant:
    waiting_panel(1)
    reword(5)
    return numbered(5).author


def test_the_bar_of_the_queue_takes_it_back_in_one_step(owner_client: Client, reworded):
    page = owner_client.get("/organise/assistant/queue/").content.decode()
    assert "Put in other words:" in page
    answer = owner_client.post(UNDO, {"statement": 5}, follow=True)
    assert "Taken back. Statement 5 is as it was before." in answer.content.decode()
    assert states(5, 6) == ["pending", "rejected"]
    again = owner_client.post(UNDO, {"statement": 5}, follow=True).content.decode()
    assert "Statement 5 is as it was before." in again
    assert log_of(5)[-2:] == [("reject", "replaced"), ("undo", "mistake")]


def test_a_rewritten_seed_is_taken_back_from_the_bar_too(owner_client: Client, reworded):
    reword(1, "The assistant should say what it does not know.")
    last = last_decision(numbered(1).round, alice())
    assert (last.statement.number, last.decision, last.count) == (1, "rewrite", 1)
    owner_client.post(UNDO, {"statement": 1})
    assert states(1) == ["accepted"]
    # What held before comes back with it, and is nothing that one decided just now.
    assert last_decision(numbered(1).round, alice()).statement.number == 5


@pytest.mark.parametrize("number", [5, 6])
def test_the_page_of_either_statement_has_the_way_back(owner_client: Client, reworded, number):
    address = f"/organise/assistant/statements/{number}/moderate/"
    page = owner_client.get(address).content.decode()
    assert "Take the other words back" in page
    vote(join(numbered(5).round.deliberation), numbered(6), 1)
    page = owner_client.get(address).content.decode()
    assert "Take the other words back" not in page
    assert "Somebody has voted on the new words already" in page
    assert owner_client.post(UNDO, {"statement": number}).status_code == 409


def test_only_moderators_find_the_way_back(client: Client, reworded):
    auditor = make_user("bob@example.org")
    numbered(5).round.deliberation.memberships.create(user=auditor, role="auditor")
    client.force_login(auditor)
    assert client.post(UNDO, {"statement": 5}).status_code == 403
    assert states(5, 6) == ["rejected", "accepted"]


def test_the_log_tells_both_and_leads_from_one_to_the_other(client: Client, reworded):
    undo(5)
    _page, rows = moderation_log(numbered(5).round, page=None, wanted=Wanted())
    assert [(row.number, row.outcome, row.lineage_words) for row in rows if row.number > 4] == [
        (5, "undone", "Statement 6 no longer replaces it."),
        (6, "undone", "Statement 5 is as it was before."),
        (6, "accepted", "Reworded from statement 5"),
        (5, "replaced", "Reworded as 6"),
    ]
    page = client.get("/d/assistant/log/?n=5").content.decode()
    assert 'Statement <a href="?n=6#lines">6</a> no longer replaces it.' in page


def test_a_harmful_original_that_waits_again_is_not_repeated_in_the_log():
    waiting_panel(1)
    reword(5, harmful="personal_data")
    undo(5)
    _page, rows = moderation_log(numbered(5).round, page=None, wanted=Wanted(number=5))
    assert {row.text for row in rows} == {None}


def test_the_author_reads_that_it_was_taken_back(reworded):
    undo(5)
    own = own_statements(participant=reworded, round=numbered(5).round)
    assert [(one.statement.number, one.reason, one.undone.came) for one in own] == [
        (6, "", True),
        (5, "", False),
    ]
    assert [one.successors for one in own] == [[], []]


def test_seeds_of_the_page_count_again(reworded):
    reword(1, "The assistant should say what it does not know.")
    undo(1)
    assert numbered(1) in accepted(numbered(1).round.deliberation)


# --- Elsewhere


def test_a_bundle_carries_that_it_was_taken_back():
    panel = waiting_panel(1)
    reword(5)
    undo(5)
    reword(1, "The assistant should say what it does not know.")
    close_round(round=the_round(panel), actor=None)
    carried = read_bundle(bundle(panel, the_round(panel)))
    made = import_bundle(bundle=carried, owner=make_user("carol@example.org"))

    def lineage(where: Deliberation) -> list[object]:
        lines = StatementLineage.objects.filter(child__round=the_round(where)).order_by("id")
        return list(lines.values_list("parent__number", "child__number", "undone_at"))

    assert lineage(made) == lineage(panel)
    assert [undone_at is None for _old, _new, undone_at in lineage(made)] == [False, True]
    _page, rows = moderation_log(the_round(made), page=None, wanted=Wanted(number=5, only="undone"))
    assert [row.lineage_words for row in rows] == ["Statement 6 no longer replaces it."]
