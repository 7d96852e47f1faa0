"""The moderation queue, with and without htmx."""

import pytest
from django.test import Client

from deliberation.models import Deliberation, ModerationDecision, Statement, User
from deliberation.services.moderation import moderate
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from tests.factories import join, make_open, the_round, vote

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def panel(client: Client) -> Deliberation:
    """An open deliberation with two proposals waiting, numbers 5 and 6; its owner signed in."""
    deliberation = make_open()
    for text in ("It should speak my dialect.", "It should be quiet at night."):
        propose(participant=join(deliberation), round=the_round(deliberation), text=text)
    client.force_login(User.objects.get(email="alice@example.org"))
    return deliberation


def decide(client: Client, number: int, decision: str, *, headers: dict | None = None, **more: str):
    sent = {"decision": decision, "seen": "pending"} | more
    address = f"/organise/assistant/statements/{number}/moderate/"
    return client.post(address, sent, **(headers or {}))


def status_of(number: int) -> str:
    return Statement.objects.get(number=number).status


def test_the_queue_shows_what_waits_oldest_first(client: Client, panel: Deliberation) -> None:
    page = client.get("/organise/assistant/queue/").content.decode()
    assert "Waiting (2)" in page
    assert page.index("speak my dialect") < page.index("quiet at night")


def test_accepting_without_javascript_redirects_to_the_queue(
    client: Client, panel: Deliberation
) -> None:
    answer = decide(client, 5, "accept")
    assert (answer.status_code, answer.url) == (302, "/organise/assistant/queue/")
    assert status_of(5) == "accepted"
    made = ModerationDecision.objects.latest("id")
    assert (made.reason, made.actor_role) == ("fits", "owner")


def test_the_script_is_answered_with_what_was_done_and_the_counts(
    client: Client, panel: Deliberation
) -> None:
    answer = decide(client, 5, "accept", headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert 'id="decided"' in page
    assert "Accepted: “It should speak my dialect.”" in page
    assert "Waiting (1)" in page


def test_after_the_last_decision_the_page_says_that_nothing_waits(
    client: Client, panel: Deliberation
) -> None:
    decide(client, 5, "accept")
    decide(client, 6, "accept")
    page = client.get("/organise/assistant/queue/").content.decode()
    assert "Nothing is waiting" in page
    assert page.count("data-focus") == 1


def test_a_reason_alone_rejects(client: Client, panel: Deliberation) -> None:
    address = "/organise/assistant/statements/5/moderate/"
    answer = client.post(address, {"seen": "pending", "reason": "spam", "note": ""})
    assert answer.status_code == 302
    made = ModerationDecision.objects.latest("id")
    assert (status_of(5), made.decision, made.reason) == ("rejected", "reject", "spam")


def test_enter_in_the_note_decides_nothing(client: Client, panel: Deliberation) -> None:
    answer = decide(client, 5, "", note="Half a sentence")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose accept or reject." in page
    assert 'value="Half a sentence"' in page
    assert status_of(5) == "pending"


def test_rejecting_needs_a_reason_and_keeps_the_note(client: Client, panel: Deliberation) -> None:
    for headers in ({}, HTMX):
        answer = decide(client, 6, "reject", note="Not about the question", headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Choose why it is not shown" in page
        assert 'value="Not about the question"' in page
    assert status_of(6) == "pending"


def test_rejecting_stores_reason_and_note(client: Client, panel: Deliberation) -> None:
    decide(client, 6, "reject", reason="off_topic", note="About the house rules")
    made = ModerationDecision.objects.latest("id")
    assert status_of(6) == "rejected"
    assert (made.reason, made.note) == ("off_topic", "About the house rules")


@pytest.mark.parametrize("reason", ["fits", "source", "because"])
def test_a_reason_that_is_not_offered_is_refused(
    client: Client, panel: Deliberation, reason: str
) -> None:
    assert decide(client, 6, "reject", reason=reason).status_code == 422
    assert status_of(6) == "pending"


def test_of_two_moderators_the_second_is_told(client: Client, panel: Deliberation) -> None:
    decide(client, 5, "reject", reason="unclear")
    late = decide(client, 5, "accept")
    assert late.status_code == 409
    assert "Someone else has decided" in late.content.decode()
    assert status_of(5) == "rejected"


def test_a_decision_can_be_changed_and_both_stay_on_record(
    client: Client, panel: Deliberation
) -> None:
    decide(client, 5, "reject", reason="unclear")
    assert (
        "speak my dialect" in client.get("/organise/assistant/queue/?tab=rejected").content.decode()
    )
    assert client.get("/organise/assistant/statements/5/moderate/").status_code == 200
    answer = decide(client, 5, "accept", seen="rejected", back="tab=rejected&evil=1")
    assert answer.url.endswith("/queue/?tab=rejected")
    assert status_of(5) == "accepted"
    decisions = ModerationDecision.objects.filter(statement__number=5).order_by("id")
    assert [d.decision for d in decisions] == ["reject", "accept"]


def test_a_seed_can_be_taken_out(client: Client, panel: Deliberation) -> None:
    assert decide(client, 1, "reject", seen="accepted", reason="duplicate").status_code == 302
    assert status_of(1) == "rejected"


def test_the_same_words_as_a_rejected_statement_are_pointed_out(
    client: Client, panel: Deliberation
) -> None:
    decide(client, 5, "reject", reason="unclear")
    text = "it should speak  my dialect"
    propose(participant=join(panel), round=the_round(panel), text=text)
    page = client.get("/organise/assistant/queue/").content.decode()
    assert "Statement 5 says the same, word for word (Not shown)" in page


def test_statements_shown_at_once_wait_for_a_first_look(client: Client) -> None:
    deliberation = make_open(moderation="after")
    client.force_login(User.objects.get(email="alice@example.org"))
    propose(
        participant=join(deliberation),
        round=the_round(deliberation),
        text="It should speak my dialect.",
    )
    assert "Waiting (1)" in client.get("/organise/assistant/queue/").content.decode()
    decide(client, 5, "accept", seen="accepted")
    assert "Waiting (0)" in client.get("/organise/assistant/queue/").content.decode()
    assert status_of(5) == "accepted"


def test_after_closing_the_queue_can_be_read_but_nothing_decided(
    client: Client, panel: Deliberation
) -> None:
    close_round(round=the_round(panel), actor=None)
    page = client.get("/organise/assistant/queue/?tab=accepted").content.decode()
    assert "/moderate/" not in page
    assert decide(client, 5, "accept").status_code == 409
    assert status_of(5) == "pending"


def test_the_list_of_accepted_statements_does_not_change_with_votes(
    client: Client, panel: Deliberation
) -> None:
    statement = Statement.objects.get(number=5)
    moderate(statement=statement, decision="accept", reason="fits", actor=None, role="owner")
    statement.refresh_from_db()
    address = "/organise/assistant/queue/?tab=accepted"
    before = client.get(address).content.partition(b"<main")[2]
    vote(join(panel), statement, -1)
    assert b"speak my dialect" in before
    assert client.get(address).content.partition(b"<main")[2] == before


def test_a_session_that_ended_sends_the_whole_page_to_sign_in(
    client: Client, panel: Deliberation
) -> None:
    client.logout()
    answer = decide(client, 5, "accept", headers=HTMX)
    assert answer["HX-Redirect"].startswith("/sign-in/?next=")
    assert status_of(5) == "pending"


@pytest.mark.parametrize("path", ["queue/?tab=everything", "statements/99/moderate/"])
def test_what_does_not_exist_is_not_found(client: Client, panel: Deliberation, path: str) -> None:
    assert client.get(f"/organise/assistant/{path}").status_code == 404


def test_pages_of_the_queue_can_be_turned(client: Client, panel: Deliberation) -> None:
    for number in range(22):
        text = f"It should know fact number {number}."
        propose(participant=join(panel), round=the_round(panel), text=text)
    first = client.get("/organise/assistant/queue/").content.decode()
    assert "?tab=waiting&amp;page=2" in first
    second = client.get("/organise/assistant/queue/?tab=waiting&page=2").content.decode()
    assert "fact number 21" in second
    assert "fact number 21" not in first
