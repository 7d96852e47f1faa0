"""The public log and the policy page: everything is told, and nothing that would do harm."""

from datetime import timedelta

import pytest
from django.test import Client

from deliberation.models import Deliberation, Participant, Round, Statement
from deliberation.selectors.moderation_log import Wanted, moderation_log, tally
from deliberation.selectors.policy import policy
from deliberation.services.appeals import ask_again
from deliberation.services.errors import WrongPhase
from deliberation.services.lineage import rewrite
from deliberation.services.moderation import moderate, reasons_of, take_back
from deliberation.services.statements import propose
from tests.factories import join, make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db
LOG = "/d/assistant/log/"


@pytest.fixture
def round(deliberation: Deliberation) -> Round:
    return the_round(deliberation)


@pytest.fixture
def bob(deliberation: Deliberation) -> Participant:
    return join(deliberation)


def proposed(who: Participant, text: str = "It should speak my dialect.") -> Statement:
    return propose(participant=who, round=the_round(who.deliberation), text=text)


def decide(statement: Statement, decision: str, reason: str = "fits", **more: object) -> None:
    wanted: dict = {"actor": None, "role": "owner"} | more
    moderate(statement=statement, decision=decision, reason=reason, **wanted)


def outcomes(round: Round, **wanted: object) -> list[tuple[int, str]]:
    """Number and outcome of each line about the panel's statements, newest first."""
    _page, rows = moderation_log(round, page=None, wanted=Wanted(**wanted))
    return [(row.number, row.outcome) for row in rows if row.number > 4]


def test_the_log_tells_what_was_reworded_into_what(
    client: Client, round: Round, bob: Participant
) -> None:
    old = proposed(bob, "it shuld speek dialect")
    rewrite(statement=old, texts=["It should speak dialect."], actor=None, role="owner")
    assert outcomes(round) == [(6, "accepted"), (5, "replaced")]
    page = client.get(LOG).content.decode()
    assert 'Reworded as <a href="?n=6#lines">6</a>' in page
    assert 'Reworded from statement <a href="?n=5#lines">5</a>' in page
    assert "it shuld speek dialect" in page
    statements = client.get("/d/assistant/statements/").content.decode()
    assert "Reworded from statement 5" in statements


def test_a_harmful_original_is_not_repeated_beside_its_rewording(
    client: Client, round: Round, bob: Participant
) -> None:
    old = proposed(bob, "It should not talk like Charlie Miller.")
    rewrite(
        statement=old,
        texts=["It should not talk like a salesman."],
        harmful="personal_data",
        actor=None,
        role="owner",
    )
    page = client.get(LOG).content.decode()
    assert "Charlie Miller" not in page
    assert "like a salesman" in page
    assert outcomes(round) == [(6, "accepted"), (5, "replaced"), (5, "rejected")]


def test_what_was_accepted_first_and_named_someone_later_is_withheld_everywhere(
    client: Client, bob: Participant
) -> None:
    named = proposed(bob, "It should not talk like Charlie Miller.")
    decide(named, "accept")
    assert "Charlie Miller" in client.get(LOG).content.decode()
    decide(named, "reject", "personal_data", note="Charlie is not in office")
    page = client.get(LOG).content.decode()
    assert "Charlie" not in page
    decide(named, "accept")
    assert "Charlie Miller" in client.get(LOG).content.decode()


def test_a_decision_taken_back_stays_on_record(round: Round, bob: Participant) -> None:
    carol = make_user("carol@example.org")
    statement = proposed(bob)
    decide(statement, "reject", "unclear", actor=carol, role="moderator")
    take_back(statement=statement, actor=carol, role="moderator")
    assert outcomes(round) == [(5, "undone"), (5, "rejected")]


def test_what_goes_on_in_other_words_is_not_taken_back_with_one_key(bob: Participant) -> None:
    carol = make_user("carol@example.org")
    old = proposed(bob, "it shuld speek dialect")
    (new,) = rewrite(
        statement=old, texts=["It should speak dialect."], actor=carol, role="moderator"
    )
    for one in (old, new):
        with pytest.raises(WrongPhase):
            take_back(statement=one, actor=carol, role="moderator")
    new.refresh_from_db()
    assert new.status == "accepted"


def test_the_log_can_be_narrowed(round: Round, bob: Participant) -> None:
    first, second = proposed(bob), proposed(bob, "It should be quiet at night.")
    decide(first, "reject", "unclear")
    decide(second, "accept")
    rewrite(statement=second, texts=["It is quiet at night."], actor=None, role="owner")
    assert outcomes(round, only="rejected") == [(5, "rejected")]
    assert outcomes(round, only="replaced") == [(6, "replaced")]
    assert outcomes(round, reason="unclear") == [(5, "rejected")]
    assert outcomes(round, number=6) == [(6, "replaced"), (6, "accepted")]
    assert outcomes(round, only="accepted", number=5) == []


@pytest.mark.parametrize(
    "query", ["only=everything", "reason=because", "n=-1", "n=abc", "n=" + "9" * 4000, "page=x"]
)
def test_an_address_that_means_nothing_shows_all(
    client: Client, deliberation: Deliberation, query: str
) -> None:
    answer = client.get(f"{LOG}?{query}")
    assert answer.status_code == 200
    assert "answer in plain words" in answer.content.decode()


def test_pages_of_a_narrowed_log_stay_narrowed(client: Client, bob: Participant) -> None:
    for n in range(51):
        decide(proposed(bob, f"It should know fact number {n}."), "reject", "unclear")
    page = client.get(f"{LOG}?only=rejected&reason=unclear").content.decode()
    assert "?only=rejected&amp;reason=unclear&amp;page=2" in page


def test_the_tally_counts_what_people_proposed_once(round: Round, bob: Participant) -> None:
    shown, unclear, spam, waiting, split = (
        proposed(bob, f"It should know fact number {n}.") for n in range(5)
    )
    decide(shown, "accept")
    decide(unclear, "reject", "unclear")
    decide(spam, "reject", "spam")
    rewrite(statement=split, texts=["It should know.", "It should ask."], actor=None, role="owner")
    ask_again(participant=bob, statement=unclear, text="It is clear.")
    decide(unclear, "accept")
    found = tally(round)
    assert (found.proposed, found.accepted, found.rejected, found.waiting) == (5, 2, 2, 1)
    assert [(why.code, why.count) for why in found.reasons] == [("spam", 1), ("replaced", 1)]
    assert (found.asked_again, found.looked_again, found.changed) == (1, 1, 1)
    assert waiting.status == "pending"


def test_the_median_time_is_that_of_first_decisions(round: Round, bob: Participant) -> None:
    for n, hours in enumerate((1, 3, 30)):
        statement = proposed(bob, f"It should know fact number {n}.")
        decide(statement, "reject", "unclear")
        earlier = statement.created_at - timedelta(hours=hours)
        Statement.objects.filter(pk=statement.pk).update(created_at=earlier)
        decide(statement, "accept")
    assert tally(round).first_look_hours == 3
    assert "within 3 hours" in Client().get(LOG).content.decode()


def test_a_page_of_the_log_asks_as_often_however_long(
    client: Client, bob: Participant, django_assert_max_num_queries
) -> None:
    for n in range(30):
        decide(proposed(bob, f"It should know fact number {n}."), "reject", "unclear")
    with django_assert_max_num_queries(16):
        client.get(LOG)


# --- The policy page


def test_the_policy_names_the_reasons_of_the_round_and_no_others(client: Client) -> None:
    make_open(reason_codes=["spam", "abusive"], moderation_hours=6)
    page = client.get("/d/assistant/policy/").content.decode()
    assert "within 6 hours" in page
    assert "Advertising, or the same thing over and over" in page
    assert "Already here in other words" not in page
    assert "Before others see it." in page


def test_every_reason_is_explained(deliberation: Deliberation, round: Round) -> None:
    grounds = policy(round).grounds
    assert len(grounds) == len(round.reason_codes) == 8
    assert [ground.words for ground in grounds] == [str(c.label) for c in reasons_of(round)]
    assert all(ground.meaning and ground.example for ground in grounds)


def test_who_decides_is_told_by_role_and_never_by_name(
    client: Client, deliberation: Deliberation
) -> None:
    assert "so the same person looks again" in client.get("/d/assistant/policy/").content.decode()
    deliberation.memberships.create(user=make_user("carol@example.org"), role="moderator")
    deliberation.memberships.create(user=make_user("dave@example.org"), role="auditor")
    page = client.get("/d/assistant/policy/").content.decode()
    assert "Owner, Moderator" in page
    assert "Auditor" not in page
    assert "Somebody else than the first moderator" in page
    assert "@" not in page.partition("<main")[2]


def test_what_the_organisers_add_is_markdown_that_does_no_harm(client: Client) -> None:
    make_open(moderation_policy="**No ads.** <script>alert(1)</script>")
    page = client.get("/d/assistant/policy/").content.decode()
    assert "<strong>No ads.</strong>" in page
    assert "<script>alert" not in page


def test_before_opening_the_policy_is_for_insiders(client: Client) -> None:
    make_deliberation()
    assert client.get("/d/assistant/policy/").status_code == 404
