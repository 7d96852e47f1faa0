"""A deliberation begins with its question; its texts change until they are fixed."""

import pytest
from django.test import Client

from aggregation.engine import shipped
from deliberation.models import AuditEntry, Deliberation, User
from tests.deliberation.organising import FORM, TEXTS
from tests.factories import make_deliberation, make_open, make_user, the_round

pytestmark = pytest.mark.django_db

SETTINGS = "/organise/assistant/settings/"


def test_the_form_makes_a_deliberation_that_its_maker_owns(owner_client: Client) -> None:
    answer = owner_client.post("/organise/new/", FORM)
    made = Deliberation.objects.get()
    assert answer.url == f"/organise/{made.slug}/"
    assert made.memberships.get().role == "owner"
    assert the_round(made).phase == "draft"


def test_it_begins_with_what_we_recommend_and_nobody_can_join(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM)
    made = Deliberation.objects.get()
    assert the_round(made).plan_hash == shipped("thorough").hash
    assert "You may stop at any time" in the_round(made).consent_text
    assert made.panel.open_link is False


def test_a_title_like_an_address_of_ours_gets_another_address(owner_client: Client) -> None:
    owner_client.post("/organise/new/", FORM | {"title": "New"})
    slug = Deliberation.objects.get().slug
    assert slug != "new"
    assert owner_client.get(f"/organise/{slug}/").status_code == 200


def test_a_form_that_does_not_hold_keeps_what_was_typed(owner_client: Client) -> None:
    answer = owner_client.post(
        "/organise/new/", FORM | {"title": "", "question": "Which rules?", "language": "x"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Which rules?" in page
    assert 'href="#id_title"' in page
    assert 'href="#id_language"' in page
    assert not Deliberation.objects.exists()


def test_who_may_not_create_is_told_so(client: Client) -> None:
    user = make_user()
    User.objects.update(may_create=False)
    client.force_login(user)
    assert client.get("/organise/new/").status_code == 403
    assert client.post("/organise/new/", FORM).status_code == 403
    assert not Deliberation.objects.exists()


def test_texts_change_while_in_preparation(owner_client: Client) -> None:
    make_deliberation()
    changes = {"question": "Another question?", "visibility": "unlisted", "language": "de"}
    assert owner_client.post(SETTINGS, TEXTS | changes).status_code == 302
    deliberation = Deliberation.objects.get()
    assert the_round(deliberation).question == "Another question?"
    assert (deliberation.visibility, deliberation.language) == ("unlisted", "de")


def test_saving_records_only_what_changed(owner_client: Client) -> None:
    make_deliberation()
    paragraphs = TEXTS | {"consent_text": "One.\r\n\r\nTwo."}
    owner_client.post(SETTINGS, paragraphs)
    owner_client.post(SETTINGS, paragraphs)
    edits = AuditEntry.objects.filter(action="deliberation.edited")
    assert [edit.detail for edit in edits] == [{"fields": ["consent_text"]}]
    assert the_round(Deliberation.objects.get()).consent_text == "One.\n\nTwo."


def test_the_texts_leave_the_plan_as_it_is(owner_client: Client) -> None:
    before = the_round(make_deliberation(target_votes=17)).plan_hash
    owner_client.post(SETTINGS, TEXTS | {"title": "Renamed"})
    after = Deliberation.objects.get()
    assert after.title == "Renamed"
    assert (the_round(after).plan_hash, the_round(after).target_votes) == (before, 17)


def test_texts_are_fixed_and_shown_with_the_fingerprint_once_open(owner_client: Client) -> None:
    deliberation = make_open(owner=User.objects.get())
    page = owner_client.get(SETTINGS).content.decode()
    assert the_round(deliberation).frozen_hash in page
    assert "<textarea" not in page
    answer = owner_client.post(SETTINGS, TEXTS | {"question": "Other?"})
    assert answer.status_code == 409
    assert the_round(deliberation).question == "What should the assistant do?"
