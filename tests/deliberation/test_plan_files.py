"""The plan's file: taken whole or not at all, and offered to organisers and, once fixed, to all."""

from __future__ import annotations

import io

import pytest
from django.test import Client

from aggregation.engine import shipped
from deliberation import plan_toml
from deliberation.models import Deliberation, Round
from deliberation.services.deliberations import update_draft
from deliberation.services.rounds import open_round
from tests.deliberation.organising import OWN_PLAN, sign_in_as
from tests.factories import make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db

PAGE = "/organise/assistant/plan/file/"


@pytest.fixture
def round(owner_client: Client) -> Round:
    return the_round(make_deliberation())


def upload(content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = "plan.toml"
    return file


@pytest.mark.parametrize("way", ["pasted", "uploaded"])
def test_a_plan_is_taken(owner_client: Client, round: Round, way: str) -> None:
    text = OWN_PLAN + "[round]\ntarget_votes = 12\n"
    sent = {"plan_text": text} if way == "pasted" else {"plan_file": upload(text.encode())}
    assert owner_client.post(PAGE, sent).url == "/organise/assistant/plan/"
    made = the_round(round.deliberation)
    assert (made.plan["name"], made.plan["grouping"]["k"], made.target_votes) == ("library", 3, 12)
    assert made.min_exposures == round.min_exposures


@pytest.mark.parametrize("way", ["pasted", "uploaded"])
def test_a_plan_that_does_not_hold_says_where_and_is_kept(
    owner_client: Client, round: Round, way: str
) -> None:
    wrong = OWN_PLAN.replace("above = 0.6", "above = 6.0")
    sent = {"plan_text": wrong} if way == "pasted" else {"plan_file": upload(wrong.encode())}
    answer = owner_client.post(PAGE, sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "rules[0].above" in page
    assert "above = 6.0" in page
    assert 'href="#id_plan_text"' in page


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 70_000], ids=["not text", "too large"])
def test_a_file_that_is_no_plan_is_refused(
    owner_client: Client, round: Round, content: bytes
) -> None:
    answer = owner_client.post(PAGE, {"plan_file": upload(content)})
    assert answer.status_code == 422
    assert 'href="#id_plan_file"' in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules = " + "[" * 60_000, "nested too deeply"),
        (OWN_PLAN.replace('"library"', r'"li\u0000brary"'), "cannot be stored"),
        (OWN_PLAN + "[unknown]\n", "unknown"),
        (OWN_PLAN.replace("k = 3", 'method = "strata"\nsource = "Age?"'), "very few people"),
        (OWN_PLAN.replace("k = 3", 'method = "declared"\nsource = "x"'), "imported votes"),
        (OWN_PLAN + '[weights.margins."Age?"]\nold = 1.0\n', "nobody is asked"),
        (OWN_PLAN + "[round]\nstatement_max_length = 20\n", "longer than the plan allows"),
        (" \n", "Choose a file"),
    ],
)
def test_a_plan_that_a_later_step_would_refuse_is_refused_here(
    owner_client: Client, round: Round, text: str, words: str
) -> None:
    answer = owner_client.post(PAGE, {"plan_text": text})
    assert answer.status_code == 422
    assert any(words in message for message in answer.context["form"].errors["plan_text"])
    after = the_round(round.deliberation)
    assert (after.plan_hash, after.statement_max_length) == (round.plan_hash, 200)


def test_what_one_deliberation_gives_another_takes(owner_client: Client, round: Round) -> None:
    update_draft(
        deliberation=round.deliberation, actor=None, plan=shipped("thorough"), target_votes=21,
        moderation_policy="One.\n\nTwo.", reason_codes=["spam"],
    )  # fmt: skip
    given = owner_client.get("/organise/assistant/plan.toml").content.decode()
    other = make_deliberation(slug="other")
    owner_client.post("/organise/other/plan/file/", {"plan_text": given})
    assert plan_toml.of(the_round(other)) == given
    assert the_round(other).plan_hash == shipped("thorough").hash


@pytest.mark.parametrize(
    ("role", "status"), [("outsider", 404), ("moderator", 403), ("auditor", 403), ("owner", 200)]
)
def test_who_may_bring_in_a_plan(client: Client, role: str, status: int) -> None:
    sign_in_as(client, role, make_deliberation())
    assert client.get(PAGE).status_code == status


def test_once_open_no_file_is_taken_and_everyone_may_have_it(client: Client) -> None:
    deliberation = make_deliberation()
    assert client.get("/d/assistant/plan.toml").status_code == 404
    assert client.get("/d/assistant/plan/").status_code == 404
    open_round(round=the_round(deliberation), actor=None)
    answer = client.get("/d/assistant/plan.toml")
    assert answer["Content-Type"].startswith("application/toml")
    assert plan_toml.read(answer.content.decode()).plan.hash == the_round(deliberation).plan_hash
    client.force_login(deliberation.memberships.get().user)
    assert client.post(PAGE, {"plan_text": OWN_PLAN}).status_code == 409


def test_the_public_page_says_the_plan_in_words(client: Client) -> None:
    make_open()
    page = client.get("/d/assistant/plan/").content.decode()
    assert "Each person is asked for 30 votes." in page
    assert "/d/assistant/plan.toml" in page
    assert Deliberation.objects.get().rounds.get().frozen_hash in page
