"""The form for a new deliberation, and its settings until they are frozen."""

import io

import pytest
from django.test import Client

from aggregation.engine import shipped
from deliberation.models import AuditEntry, Deliberation, User
from tests.deliberation.organising import FORM, OWN_PLAN
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db


def test_the_form_makes_a_deliberation_that_its_maker_owns(owner_client: Client) -> None:
    answer = owner_client.post("/organise/new/", FORM)
    made = Deliberation.objects.get()
    assert answer.url == f"/organise/{made.slug}/"
    assert made.memberships.get().role == "owner"
    round = the_round(made)
    assert (round.phase, round.statement_max_length, round.target_votes) == ("draft", 180, 25)
    assert round.plan_hash == shipped("default").hash


def test_the_consent_text_is_filled_in_to_begin_with(owner_client: Client) -> None:
    assert "You may stop at any time" in owner_client.get("/organise/new/").content.decode()


def test_a_title_like_an_address_of_ours_gets_another_address(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"title": "New"})
    slug = Deliberation.objects.get().slug
    assert slug != "new"
    assert owner_client.get(f"/organise/{slug}/").status_code == 200


def test_a_form_that_does_not_hold_keeps_what_was_typed(owner_client: Client) -> None:
    answer = owner_client.post(
        "/organise/new/", FORM | {"title": "", "question": "Which rules?", "target_votes": "0"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Which rules?" in page
    assert 'href="#id_title"' in page
    assert 'href="#id_target_votes"' in page
    assert not Deliberation.objects.exists()


def test_a_plan_of_ones_own_is_taken(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_text": OWN_PLAN})
    plan = the_round(Deliberation.objects.get()).plan
    assert (plan["name"], plan["grouping"]["k"]) == ("library", 3)


def test_an_uploaded_plan_is_taken(owner_client: Client) -> None:
    upload = io.BytesIO(OWN_PLAN.encode())
    upload.name = "plan.toml"
    owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_file": upload})
    assert the_round(Deliberation.objects.get()).plan["name"] == "library"


@pytest.mark.parametrize("way", ["pasted", "uploaded"])
def test_a_plan_that_does_not_hold_says_where_and_is_kept(owner_client: Client, way: str) -> None:
    wrong = OWN_PLAN.replace("above = 0.6", "above = 6.0")
    upload = io.BytesIO(wrong.encode())
    upload.name = "plan.toml"
    given = {"plan_text": wrong} if way == "pasted" else {"plan_file": upload}
    answer = owner_client.post("/organise/new/", FORM | {"plan_choice": "own"} | given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "rules[0].above" in page
    assert "above = 6.0" in page
    assert 'href="#id_plan_text"' in page


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 70_000], ids=["not text", "too large"])
def test_a_file_that_is_no_plan_is_refused(owner_client: Client, content: bytes) -> None:
    upload = io.BytesIO(content)
    upload.name = "plan.toml"
    answer = owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_file": upload})
    assert answer.status_code == 422
    assert 'href="#id_plan_file"' in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "rules = " + "[" * 60_000,
        OWN_PLAN.replace('"library"', r'"li\u0000brary"'),
        OWN_PLAN + "[unknown]\n",
        OWN_PLAN.replace("k = 3", 'method = "strata"\nsource = "How old are you?"'),
        "",
    ],
    ids=["nested", "unstorable", "unknown setting", "small groups", "empty"],
)
def test_a_plan_made_to_break_things_is_only_refused(owner_client: Client, text: str) -> None:
    answer = owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_text": text})
    assert answer.status_code == 422
    assert 'href="#id_plan_text"' in answer.content.decode()
    assert not Deliberation.objects.exists()


def test_a_plan_that_needs_imported_groups_is_refused(owner_client: Client) -> None:
    declared = OWN_PLAN.replace("k = 3", 'method = "declared"\nsource = "group-id"')
    answer = owner_client.post(
        "/organise/new/", FORM | {"plan_choice": "own", "plan_text": declared}
    )
    assert answer.status_code == 422
    assert "imported votes" in answer.content.decode()
    shipped_one = owner_client.post("/organise/new/", FORM | {"plan_choice": "ccai-2023"})
    assert shipped_one.status_code == 422


def test_who_may_not_create_is_told_so(client: Client) -> None:
    user = make_user()
    User.objects.update(may_create=False)
    client.force_login(user)
    assert client.get("/organise/new/").status_code == 403
    assert client.post("/organise/new/", FORM).status_code == 403
    assert not Deliberation.objects.exists()


def test_settings_change_while_in_preparation(owner_client: Client) -> None:
    make_deliberation()
    answer = owner_client.post(
        "/organise/assistant/settings/",
        FORM
        | {
            "question": "Another question?",
            "open_link": "no",
            "plan_choice": "own",
            "plan_text": OWN_PLAN,
        },
    )
    assert answer.status_code == 302
    deliberation = Deliberation.objects.select_related("panel").get()
    assert the_round(deliberation).question == "Another question?"
    assert the_round(deliberation).plan["name"] == "library"
    assert deliberation.panel.open_link is False


def test_saving_records_only_what_changed(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"consent_text": "One.\r\n\r\nTwo."})
    deliberation = Deliberation.objects.get()
    address = f"/organise/{deliberation.slug}/settings/"
    owner_client.post(address, FORM | {"consent_text": "One.\r\n\r\nTwo.", "target_votes": "40"})
    owner_client.post(address, FORM | {"consent_text": "One.\r\n\r\nTwo.", "target_votes": "40"})
    edits = AuditEntry.objects.filter(action="deliberation.edited")
    assert [edit.detail for edit in edits] == [{"fields": ["target_votes"]}]
    assert the_round(deliberation).consent_text == "One.\n\nTwo."


def test_a_plan_of_ones_own_is_kept_unless_another_is_chosen(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"plan_choice": "own", "plan_text": OWN_PLAN})
    slug = Deliberation.objects.get().slug
    before = the_round(Deliberation.objects.get()).plan_hash
    page = owner_client.get(f"/organise/{slug}/settings/").content.decode()
    assert "put into 3 opinion groups" in page
    owner_client.post(
        f"/organise/{slug}/settings/", FORM | {"title": "Renamed", "plan_choice": "keep"}
    )
    after = Deliberation.objects.get()
    assert (after.title, the_round(after).plan_hash) == ("Renamed", before)


def test_settings_are_frozen_and_shown_with_their_hash_once_open(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    page = owner_client.get("/organise/assistant/settings/").content.decode()
    assert the_round(deliberation).frozen_hash in page
    assert "<textarea" not in page
    answer = owner_client.post("/organise/assistant/settings/", FORM | {"question": "Other?"})
    assert answer.status_code == 409
    assert the_round(deliberation).question == "What should the assistant do?"
