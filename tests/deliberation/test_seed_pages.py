"""The page of seed statements: added by line, on record, and only while it is time."""

import pytest
from django.test import Client

from deliberation.models import ModerationDecision, Statement, User
from deliberation.services.statements import add_seeds
from tests.deliberation.organising import sign_in_as
from tests.factories import accepted, make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db


def test_seeds_are_added_one_a_line_and_blank_lines_are_skipped(owner_client: Client) -> None:
    deliberation = make_deliberation()
    before = len(accepted(deliberation))
    lines = "It should say who made it.\n\n  It should stop when asked.  \r\n"
    assert owner_client.post("/organise/assistant/seeds/", {"texts": lines}).status_code == 302
    added = [s.text for s in accepted(deliberation)[before:]]
    assert added == ["It should say who made it.", "It should stop when asked."]


@pytest.mark.parametrize("role", ["owner", "organiser"])
def test_a_seed_is_on_record_with_the_role_of_who_added_it(client: Client, role: str) -> None:
    deliberation = make_deliberation()
    sign_in_as(client, role, deliberation)
    client.post("/organise/assistant/seeds/", {"texts": "It should say who made it."})
    made = ModerationDecision.objects.get(statement__text="It should say who made it.")
    assert (made.actor.email, made.actor_role) == (f"{role}@example.org", role)


def test_a_seed_that_no_person_added_has_no_role() -> None:
    add_seeds(round=the_round(make_deliberation()), texts=["It should be brief."], actor=None)
    made = ModerationDecision.objects.get(statement__text="It should be brief.")
    assert (made.actor, made.actor_role) == (None, "")


def test_a_seed_that_does_not_hold_names_its_line_and_adds_none(owner_client: Client) -> None:
    deliberation = make_deliberation()
    before = len(accepted(deliberation))
    lines = "It should say who made it.\n\n" + "far too long " * 30
    answer = owner_client.post("/organise/assistant/seeds/", {"texts": lines})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 3:" in page
    assert "far too long far too long" in page
    assert len(accepted(deliberation)) == before


def test_seeds_end_when_proposing_ends(owner_client: Client) -> None:
    make_open("vote", owner=User.objects.get())
    answer = owner_client.post(
        "/organise/assistant/seeds/", {"texts": "It should say who made it."}
    )
    assert answer.status_code == 409
    assert Statement.objects.count() == 4
