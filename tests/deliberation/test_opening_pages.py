"""Opening a round, and ending its proposals."""

import pytest
from django.test import Client

from deliberation.models import Deliberation, User
from deliberation.services.rounds import open_round
from tests.deliberation.organising import FORM
from tests.factories import make_deliberation, make_open, the_round

pytestmark = pytest.mark.django_db


def test_opening_says_what_is_missing_and_stays_in_preparation(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM)
    deliberation = Deliberation.objects.get()
    address = f"/organise/{deliberation.slug}/open/"
    assert "at least three seed statements" in owner_client.get(address).content.decode()
    assert owner_client.post(address, {"phase": "propose"}).status_code == 409
    assert the_round(deliberation).phase == "draft"


@pytest.mark.parametrize("phase", ["propose", "vote"])
def test_opening_begins_with_the_chosen_phase(owner_client: Client, phase: str) -> None:
    deliberation = make_deliberation()
    answer = owner_client.post("/organise/assistant/open/", {"phase": phase})
    assert answer.url == "/organise/assistant/"
    assert the_round(deliberation).phase == phase
    assert owner_client.get("/organise/assistant/open/").status_code == 409


def test_a_round_does_not_open_into_another_phase(owner_client: Client) -> None:
    deliberation = make_deliberation()
    answer = owner_client.post("/organise/assistant/open/", {"phase": "closed"})
    assert answer.status_code == 422
    assert the_round(deliberation).phase == "draft"


def test_asking_about_the_end_of_proposing_ends_nothing(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    assert (
        "cannot be undone"
        in owner_client.get("/organise/assistant/end-proposals/").content.decode()
    )
    assert the_round(deliberation).phase == "propose"
    owner_client.post("/organise/assistant/end-proposals/")
    assert the_round(deliberation).phase == "vote"


def test_opening_twice_is_refused_politely(owner_client: Client) -> None:
    deliberation = make_deliberation()
    open_round(round=the_round(deliberation), actor=None)
    answer = owner_client.post("/organise/assistant/open/", {"phase": "propose"})
    assert answer.status_code == 409
