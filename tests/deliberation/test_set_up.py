"""Settings of joining and of the cards: stored, checked at the field, shown when frozen."""

from __future__ import annotations

import pytest
from django.test import Client

from aggregation.engine import Plan
from deliberation.models import Deliberation
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import WrongPhase
from deliberation.services.rounds import open_round, what_is_missing
from tests.deliberation.organising import FORM
from tests.factories import make_deliberation, the_round

pytestmark = pytest.mark.django_db

PAGE = "/organise/assistant/settings/"
ALL = FORM | {
    "open_link": "no",
    "vendor_link": "on",
    "return_url": "https://vendor.example/?p={xid}&c={code}",
    "completion_code": "C0DE",
    "proof_of_work": "on",
    "min_votes_to_propose": "5",
    "routing": "uniform",
    "min_exposures": "40",
    "show_origin": "on",
    "language": "de",
}
STORED = {"min_votes_to_propose": 5, "routing": "uniform", "min_exposures": 40, "show_origin": True}


def test_a_new_deliberation_has_all_of_it(owner_client: Client) -> None:
    assert owner_client.post("/organise/new/", ALL).status_code == 302
    made = Deliberation.objects.get()
    panel, round = made.panel, the_round(made)
    assert (panel.open_link, panel.vendor_link, panel.proof_of_work) == (False, True, True)
    assert (panel.return_url, panel.completion_code) == (ALL["return_url"], "C0DE")
    assert {name: getattr(round, name) for name in STORED} == STORED
    assert (round.ask_importance, made.language) == (True, "de")


def test_all_of_it_can_be_changed_in_preparation(owner_client: Client) -> None:
    make_deliberation()
    assert owner_client.post(PAGE, ALL).status_code == 302
    made = Deliberation.objects.get()
    assert {name: getattr(the_round(made), name) for name in STORED} == STORED
    assert (made.panel.return_url, made.language) == (ALL["return_url"], "de")
    owner_client.post(PAGE, FORM | {"ask_importance": ""})
    made = Deliberation.objects.get()
    assert (made.panel.return_url, made.panel.vendor_link) == ("", False)
    assert the_round(made).ask_importance is False


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("return_url", "http://vendor.example/", "must begin with https://"),
        ("return_url", "https://vendor.example/{pid}", "Only {xid} and {code}"),
        ("return_url", "https://vendor.example/" + "x" * 500, "at most 500 characters"),
        ("completion_code", "", "asks for a code"),
        ("completion_code", "x" * 61, "at most 60 characters"),
        ("min_votes_to_propose", "-1", "cannot be less than 0"),
        ("min_votes_to_propose", "", "0 lets people write at once"),
        ("min_exposures", "0", "1 or more"),
        ("min_exposures", "2.5", "whole number"),
        ("routing", "secret", "secret"),
        ("language", "tlh", "tlh"),
    ],
)
def test_what_does_not_hold_is_said_at_the_field(
    owner_client: Client, field: str, value: str, words: str
) -> None:
    make_deliberation()
    answer = owner_client.post(PAGE, ALL | {field: value})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert any(words in message for message in form.errors[field])
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_vendor_link_is_a_way_in(owner_client: Client) -> None:
    deliberation = make_deliberation(open_link=False)
    missing = what_is_missing(the_round(deliberation))
    assert missing == ["Issue seats or allow the open link, so that people can join."]
    owner_client.post(PAGE, ALL)
    assert what_is_missing(the_round(Deliberation.objects.get())) == []


def test_frozen_settings_and_the_public_page_tell_them(
    owner_client: Client, client: Client
) -> None:
    deliberation = make_deliberation()
    owner_client.post(PAGE, ALL)
    open_round(round=the_round(deliberation), actor=None)
    frozen = owner_client.get(PAGE).content.decode()
    public = Client().get("/d/assistant/").content.decode()
    for page in (frozen, public):
        assert "All statements alike" in page
        assert "Whether a panel member or the organisers wrote it" in page
    assert "https://vendor.example/" in frozen
    assert "Deutsch" in frozen
    assert "vendor.example" not in public


def test_the_people_page_has_the_vendors_link(owner_client: Client) -> None:
    make_deliberation(vendor_link=True)
    assert (
        "/d/assistant/join/?xid=" in owner_client.get("/organise/assistant/panel/").content.decode()
    )


def test_a_plan_that_would_show_very_few_people_is_never_opened():
    deliberation = make_deliberation()
    round = the_round(deliberation)
    strata = {"method": "strata", "source": "How old are you?"}
    plan = Plan.from_dict(round.plan | {"grouping": strata})
    update_draft(deliberation=deliberation, actor=None, plan=plan)
    with pytest.raises(WrongPhase, match="by what people say of themselves"):
        open_round(round=the_round(deliberation), actor=None)
