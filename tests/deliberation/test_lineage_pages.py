"""The pages on which moderators reword, split and merge."""

import pytest
from django.test import Client

from deliberation.models import Deliberation, Statement, StatementLineage
from deliberation.services.rounds import close_round
from deliberation.services.statements import propose
from tests.factories import join, make_open, make_user, the_round, vote

pytestmark = pytest.mark.django_db
REWRITE = "/organise/assistant/statements/5/rewrite/"
MERGE = "/organise/assistant/merge/"
TWO_IDEAS = "It should be brief and it must never lie to children."


@pytest.fixture
def panel(owner_client: Client) -> Deliberation:
    """Statement 5 holds two ideas and waits; 6 is like the seed 3."""
    deliberation = make_open()
    for text in (TWO_IDEAS, "The assistant should give its answers in plain words."):
        propose(participant=join(deliberation), round=the_round(deliberation), text=text)
    return deliberation


def texts_of(number: int) -> list[str]:
    """What became of a statement."""
    lines = StatementLineage.objects.filter(parent__number=number)
    return list(lines.order_by("child__number").values_list("child__text", flat=True))


def test_a_statement_is_split_on_its_page(owner_client: Client, panel: Deliberation) -> None:
    page = owner_client.get(REWRITE).content.decode()
    assert page.count("<textarea") == 2
    assert "more than one idea" in page
    sent = {"text-0": "It should be brief.", "text-1": "It must never lie to children."}
    answer = owner_client.post(REWRITE, sent | {"text-2": " "}, follow=True)
    assert texts_of(5) == list(sent.values())
    assert "It goes on as statements 7, 8." in answer.content.decode()


def test_one_more_field_keeps_what_was_typed(owner_client: Client, panel: Deliberation) -> None:
    sent = {"text-0": "It should be brief.", "text-1": "Half a", "add_field": "1"}
    answer = owner_client.post(REWRITE, sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("<textarea") == 3
    assert "Half a</textarea>" in page
    assert "There is a problem" not in page
    assert texts_of(5) == []


def test_an_error_stands_at_the_field_it_is_about(
    owner_client: Client, panel: Deliberation
) -> None:
    sent = {"text-0": "", "text-1": "It should be brief.", "text-2": "no", "note": "Two ideas"}
    answer = owner_client.post(REWRITE, sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_text-2">This is too short' in page
    assert 'value="Two ideas"' in page
    assert texts_of(5) == []


def test_votes_that_will_no_longer_count_are_named(
    owner_client: Client, panel: Deliberation
) -> None:
    vote(join(panel), Statement.objects.get(number=1), 1)
    page = owner_client.get("/organise/assistant/statements/1/rewrite/").content.decode()
    assert "1 person has voted on it" in page


def test_words_that_turn_it_round_need_a_tick(owner_client: Client, panel: Deliberation) -> None:
    address = "/organise/assistant/statements/3/rewrite/"
    sent = {"text-0": "The assistant should not answer in plain words."}
    assert "confirmed" not in owner_client.get(address).content.decode()
    answer = owner_client.post(address, sent)
    assert answer.status_code == 422
    assert 'name="confirmed"' in answer.content.decode()
    assert owner_client.post(address, sent | {"confirmed": "on"}).status_code == 302
    assert texts_of(3) == list(sent.values())


def test_statements_are_merged_on_their_page(owner_client: Client, panel: Deliberation) -> None:
    page = owner_client.get(MERGE + "?n=3&n=6").content.decode()
    assert "answers in plain words" in page
    assert "2 statements" in page
    sent = {"text-0": "It should use plain words."}
    answer = owner_client.post(MERGE + "?n=3&n=6", sent, follow=True)
    assert "They go on as statement 7" in answer.content.decode()
    assert texts_of(3) == texts_of(6) == ["It should use plain words."]


def test_others_that_are_alike_are_offered(owner_client: Client, panel: Deliberation) -> None:
    page = owner_client.get(MERGE + "?n=6").content.decode()
    assert 'href="?n=6&amp;n=3"' in page
    assert "In their place" not in page


@pytest.mark.parametrize("number", ["99", "0", "-3", "three", "9" * 9])
def test_a_number_of_no_statement_is_told_at_the_field(
    owner_client: Client, panel: Deliberation, number: str
) -> None:
    answer = owner_client.get(MERGE + f"?n=3&n={number}")
    assert answer.status_code == 422
    assert f"There is no statement {number} here" in answer.content.decode()


def test_a_merger_of_opposites_needs_a_tick(owner_client: Client, panel: Deliberation) -> None:
    propose(
        participant=join(panel),
        round=the_round(panel),
        text="The assistant should never answer in plain words.",
    )
    address = MERGE + "?n=3&n=7"
    assert "seem to say the opposite" in owner_client.get(address).content.decode()
    sent = {"text-0": "It should choose its words well."}
    assert owner_client.post(address, sent).status_code == 422
    assert owner_client.post(address, sent | {"confirmed": "on"}).status_code == 302


def test_merging_one_is_refused(owner_client: Client, panel: Deliberation) -> None:
    answer = owner_client.post(MERGE + "?n=3", {"text-0": "Something else."})
    assert answer.status_code == 422
    assert "Choose two to twelve statements" in answer.content.decode()


@pytest.mark.parametrize("address", [REWRITE, MERGE + "?n=3&n=6"])
def test_only_those_who_moderate_have_the_pages(
    client: Client, panel: Deliberation, address: str
) -> None:
    client.force_login(make_user("mallory@example.org"))
    assert client.get(address).status_code == 404
    auditor = make_user("bob@example.org")
    panel.memberships.create(user=auditor, role="auditor")
    client.force_login(auditor)
    assert client.get(address).status_code == 403
    assert client.post(address, {"text-0": "Something else."}).status_code == 403
    assert not StatementLineage.objects.exists()


@pytest.mark.parametrize("address", [REWRITE, MERGE + "?n=3&n=6"])
def test_after_closing_it_is_too_late(
    owner_client: Client, panel: Deliberation, address: str
) -> None:
    close_round(round=the_round(panel), actor=None)
    assert owner_client.get(address).status_code == 409
    assert owner_client.post(address, {"text-0": "Something else."}).status_code == 409


def test_what_was_replaced_is_not_replaced_again(owner_client: Client, panel: Deliberation) -> None:
    sent = {"text-0": "It should be brief.", "text-1": "It must never lie to children."}
    owner_client.post(REWRITE, sent)
    assert owner_client.get(REWRITE).status_code == 409
    assert owner_client.get("/organise/assistant/statements/99/rewrite/").status_code == 404


def test_the_queue_says_what_a_statement_became(owner_client: Client, panel: Deliberation) -> None:
    sent = {"text-0": "It should be brief.", "text-1": "It must never lie to children."}
    owner_client.post(REWRITE, sent)
    address = "/organise/assistant/statements/{}/moderate/"
    assert "Split into 7, 8" in owner_client.get(address.format(5)).content.decode()
    assert "Split from statement 5" in owner_client.get(address.format(8)).content.decode()
