"""Amending in the browser: written with a reason, read once more, published, read by everyone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from deliberation.models import Deliberation, Round
from deliberation.models.rounds import Amendment
from deliberation.services.rounds import close_round
from tests.deliberation.organising import amendment_as_sent, sign_in_as
from tests.factories import join, make_deliberation, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db

PAGE = "/organise/assistant/amend/"
PUBLIC = "/d/assistant/amendments/"


@pytest.fixture
def round(owner_client: Client) -> Round:
    return the_round(make_open())


def post(client: Client, round: Round, do: str, **changes: Any) -> Any:
    sent = amendment_as_sent(round) | {"reason": "We had misread the law.", "do": do}
    return client.post(PAGE, sent | changes)


def hidden(page: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for name, value in page.context["form"].sent:
        sent.setdefault(name, []).append(value)
    return sent


def test_it_is_read_once_more_before_it_is_published(owner_client: Client, round: Round) -> None:
    review = post(owner_client, round, "review", target_votes="44", rules__0__above="0.61")
    page = review.content.decode()
    assert review.status_code == 200
    assert "Votes asked of each person" in page
    assert "<del>30</del>" in page
    assert "<ins>44</ins>" in page
    assert "is above 0.61" in page
    assert not Amendment.objects.exists()
    answer = owner_client.post(PAGE, hidden(review) | {"do": "publish"})
    assert answer.url == PUBLIC
    round.refresh_from_db()
    assert (round.target_votes, round.plan["rules"][0]["above"]) == (44, 0.61)
    amendment = Amendment.objects.get()
    assert (amendment.actor_role, sorted(amendment.before)) == ("owner", ["plan", "target_votes"])


def test_everyone_reads_what_was_changed_and_why(
    owner_client: Client, client: Client, round: Round
) -> None:
    assert "Nothing was amended so far" in Client().get(PUBLIC).content.decode()
    post(owner_client, round, "publish", question="What must it never do?", grouping__starts="12")
    page = Client().get(PUBLIC).content.decode()
    assert "We had misread the law." in page
    assert "<del>What should the assistant do?</del>" in page
    assert "<ins>What must it never do?</ins>" in page
    assert "+ starts = 12" in page
    assert "Owner" in page
    assert "alice@example.org" not in page
    round.refresh_from_db()
    assert round.frozen_hash in page
    assert "There is 1 amendment" in Client().get("/d/assistant/plan/").content.decode()


def test_going_back_keeps_what_was_typed(owner_client: Client, round: Round) -> None:
    review = post(owner_client, round, "review", target_votes="44")
    page = owner_client.post(PAGE, hidden(review) | {"do": "edit"}).content.decode()
    assert 'name="target_votes" value="44"' in page
    assert "We had misread the law." in page
    assert not Amendment.objects.exists()


@pytest.mark.parametrize("do", ["review", "publish"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": " ", "target_votes": "44"}, "Say why"),
        ({"reason": "x" * 1001, "target_votes": "44"}, "at most 1000 characters"),
        ({}, "fixed already"),
        ({"target_votes": "0"}, "at least 1 vote"),
        ({"consent_text": ""}, "what people agree to"),
        ({"rules__0__above": "7"}, "1 or less"),
    ],
)
def test_what_does_not_hold_is_said_and_nothing_is_published(
    owner_client: Client, round: Round, do: str, changes: dict[str, str], words: str
) -> None:
    answer = post(owner_client, round, do, **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Amendment.objects.exists()


def test_another_consent_text_asks_everyone_again(owner_client: Client, round: Round) -> None:
    participant = join(round.deliberation)
    review = post(owner_client, round, "review", consent_text="You are asked something else.")
    assert "everyone is asked to agree again" in review.content.decode()
    owner_client.post(PAGE, hidden(review) | {"do": "publish"})
    round.refresh_from_db()
    assert round.consent_text == "You are asked something else."
    participant.refresh_from_db()
    kept = round.deliberation.consent_texts.values_list("sha256", flat=True)
    assert participant.consent_hash in kept
    assert round.deliberation.consent_texts.count() == 2


def test_rules_are_rearranged_here_too(owner_client: Client, round: Round) -> None:
    answer = post(owner_client, round, "down-0", reason="")
    rules = [rule.id for rule in answer.context["form"].rules]
    assert (answer.status_code, rules) == (200, ["sequential_pav", "threshold"])


@pytest.mark.parametrize(
    ("role", "status"),
    [("anonymous", 302), ("outsider", 404), ("moderator", 403), ("recruiter", 403),
     ("auditor", 403), ("organiser", 200), ("owner", 200)],
)  # fmt: skip
def test_who_may_amend(client: Client, role: str, status: int) -> None:
    sign_in_as(client, role, make_open())
    assert client.get(PAGE).status_code == status


def test_nothing_is_amended_before_opening_and_after_closing(
    client: Client,
) -> None:
    deliberation = make_deliberation()
    client.force_login(deliberation.memberships.get().user)
    assert client.get(PAGE).status_code == 409
    assert client.get(PUBLIC).status_code == 404
    other = make_open(slug="other")
    close_round(round=the_round(other), actor=None)
    assert client.get("/organise/other/amend/").status_code == 409
    assert client.get("/d/other/amendments/").status_code == 200


def test_votes_that_were_cast_stay(owner_client: Client, round: Round) -> None:
    participant = join(round.deliberation)
    vote_row(participant, [1, -1, 0])
    post(owner_client, round, "publish", target_votes="44")
    assert participant.votes.count() == 3
    assert Deliberation.objects.get().rounds.get().target_votes == 44
