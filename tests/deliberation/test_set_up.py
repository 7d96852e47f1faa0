"""Who may join and by which way, and the texts: stored, checked at the field, shown when fixed."""

from __future__ import annotations

import pytest
from django.test import Client

from aggregation.engine import Plan
from deliberation.models import Deliberation
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import WrongPhase
from deliberation.services.rounds import open_round, what_is_missing
from tests.deliberation.organising import TEXTS, plan_as_sent
from tests.factories import make_deliberation, the_round

pytestmark = pytest.mark.django_db

PANEL = "/organise/assistant/panel/"
SETTINGS = "/organise/assistant/settings/"
WAYS_IN = {
    "size_wanted": "",
    "open_link": "no",
    "vendor_link": "on",
    "return_url": "https://vendor.example/?p={xid}&c={code}",
    "completion_code": "C0DE",
    "proof_of_work": "on",
    "delete_contacts_on": "",
}


def test_the_ways_in_are_stored_and_taken_back(owner_client: Client) -> None:
    make_deliberation()
    assert owner_client.post(PANEL, WAYS_IN).status_code == 302
    panel = Deliberation.objects.get().panel
    assert (panel.open_link, panel.vendor_link, panel.proof_of_work) == (False, True, True)
    assert (panel.return_url, panel.completion_code) == (WAYS_IN["return_url"], "C0DE")
    owner_client.post(PANEL, {"open_link": "yes", "return_url": "", "completion_code": ""})
    panel = Deliberation.objects.get().panel
    assert (panel.open_link, panel.vendor_link, panel.return_url) == (True, False, "")


@pytest.mark.parametrize(
    ("page", "field", "value", "words"),
    [
        (PANEL, "return_url", "http://vendor.example/", "must begin with https://"),
        (PANEL, "return_url", "https://vendor.example/{pid}", "Only {xid} and {code}"),
        (PANEL, "return_url", "https://vendor.example/" + "x" * 500, "at most 500 characters"),
        (PANEL, "completion_code", "", "asks for a code"),
        (PANEL, "completion_code", "x" * 61, "at most 60 characters"),
        (SETTINGS, "language", "tlh", "tlh"),
        (SETTINGS, "consent_text", " ", "what people agree to"),
        (SETTINGS, "question", "", "Write the question"),
    ],
)
def test_what_does_not_hold_is_said_at_the_field(
    owner_client: Client, page: str, field: str, value: str, words: str
) -> None:
    make_deliberation()
    answer = owner_client.post(page, WAYS_IN | TEXTS | {field: value})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert any(words in message for message in form.errors[field])
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_vendor_link_is_a_way_in(owner_client: Client) -> None:
    deliberation = make_deliberation(open_link=False)
    assert len(what_is_missing(the_round(deliberation))) == 1
    owner_client.post(PANEL, WAYS_IN)
    assert what_is_missing(the_round(Deliberation.objects.get())) == []


def test_fixed_settings_and_the_public_pages_tell_them(owner_client: Client) -> None:
    deliberation = make_deliberation()
    owner_client.post(PANEL, WAYS_IN)
    owner_client.post(SETTINGS, TEXTS | {"language": "de"})
    changes = {"routing": "uniform", "show_origin": "on", "do": "save"}
    sent = plan_as_sent(the_round(deliberation)) | changes
    assert owner_client.post("/organise/assistant/plan/", sent).status_code == 302
    open_round(round=the_round(deliberation), actor=None)
    fixed = owner_client.get("/organise/assistant/plan/").content.decode()
    public = [Client().get(f"/d/assistant/{page}").content.decode() for page in ("", "plan/")]
    for page in (fixed, *public):
        assert "All statements alike" in page
        assert "Whether a panel member or the organisers wrote it" in page
    assert "Deutsch" in owner_client.get(SETTINGS).content.decode()
    assert not any("vendor.example" in page for page in public)


def test_the_people_page_has_the_vendors_link(owner_client: Client) -> None:
    make_deliberation(vendor_link=True)
    assert "/d/assistant/join/?xid=" in owner_client.get(PANEL).content.decode()


def test_a_plan_that_would_show_very_few_people_is_never_opened():
    deliberation = make_deliberation()
    round = the_round(deliberation)
    strata = {"method": "strata", "source": "How old are you?"}
    plan = Plan.from_dict(round.plan | {"grouping": strata})
    update_draft(deliberation=deliberation, actor=None, plan=plan)
    with pytest.raises(WrongPhase, match="by what people say of themselves"):
        open_round(round=the_round(deliberation), actor=None)
