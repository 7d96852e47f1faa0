"""Drafting on the pages of organisers: each step, and who is turned away how."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from constitutions.comparison import compare
from constitutions.drafting import draft_version, publish_version
from constitutions.editing import edit_principle
from constitutions.models import ComparisonMatch, Principle, Version
from deliberation.models import Membership
from tests.constitutions.world import make_run
from tests.factories import make_open, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def organiser(client: Client, alice) -> Client:
    client.force_login(alice)
    return client


def at(name: str, *rest: object) -> str:
    return reverse(name, args=["assistant", *rest])


def words(response) -> str:
    return " ".join(response.content.decode().split())


ADDRESSES = [
    ("get", at("constitution_workspace")),
    ("post", at("draft_constitution")),
    ("get", at("edit_version", 1)),
    ("get", at("edit_principle", 1, "p005")),
    ("post", at("edit_principle", 1, "p005")),
    ("post", at("move_principle", 1, "p005")),
    ("post", at("remove_principle", 1, "p005")),
    ("post", at("restore_principle", 1, "p005")),
    ("post", at("edit_preamble", 1)),
    ("post", at("publish_version", 1)),
    ("get", at("edit_comparison", 1, "hhh")),
    ("post", at("suggest_places", 1, "hhh")),
    ("post", at("confirm_places", 1, "hhh")),
    ("post", at("decide_place", 1, "hhh", "p005")),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_whoever_is_not_signed_in_is_sent_to_sign_in(client, draft, method, address):
    answer = getattr(client, method)(address)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("sign_in"))


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_outsiders_find_nothing(client, draft, method, address):
    client.force_login(make_user("bob@example.org"))
    assert getattr(client, method)(address).status_code == 404


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_a_moderator_may_not(client, closed, draft, method, address):
    bob = make_user("bob@example.org")
    Membership.objects.create(deliberation=closed, user=bob, role="moderator")
    client.force_login(bob)
    assert getattr(client, method)(address).status_code == 403
    assert Principle.objects.filter(version=draft).count() == 4


def test_drafting_while_people_vote_is_refused(organiser, alice):
    make_open(owner=alice)
    assert organiser.post(at("draft_constitution")).status_code == 409
    assert "Nothing to draft from yet" in words(organiser.get(at("constitution_workspace")))


def test_drafting_before_the_count_is_done_is_refused(organiser, closed):
    make_run(closed, done=False)
    assert organiser.post(at("draft_constitution")).status_code == 409
    assert not Version.objects.exists()


def test_drafting_leads_to_the_draft(organiser, run):
    assert "Draft the constitution" in words(organiser.get(at("constitution_workspace")))
    answer = organiser.post(at("draft_constitution"))
    assert (answer.status_code, answer["Location"]) == (302, at("edit_version", 1))
    page = words(organiser.get(answer["Location"]))
    assert "4 principles. 4 still have the wording that a rule suggested." in page
    assert "machine suggestion" in page


def test_drafting_again_asks_before_it_replaces(organiser, draft, first, alice):
    edit_principle(principle=first, text="Be slow.", reason="", actor=alice)
    refused = organiser.post(at("draft_constitution"))
    assert refused.status_code == 409
    assert "Replace the draft?" in words(refused)
    assert draft.principles.get(key="p005").text == "Be slow."
    organiser.post(at("draft_constitution"), {"anew": "on"})
    assert draft.principles.get(key="p005").text != "Be slow."


def test_a_new_wording_is_saved_and_shown_in_its_place(organiser, first):
    answer = organiser.post(
        at("edit_principle", 1, "p005"),
        {"text": "Be patient.", "reason": "short", "seen": first.text},
    )
    assert answer["Location"] == at("edit_version", 1) + "#p005"
    assert "Be patient." in words(organiser.get(at("edit_version", 1)))


def test_htmx_gets_the_form_and_then_the_principle_alone(organiser, first):
    form = organiser.get(at("edit_principle", 1, "p005"), **HTMX)
    assert "<form" in words(form)
    assert "<html" not in words(form)
    saved = organiser.post(
        at("edit_principle", 1, "p005"), {"text": "Be patient.", "seen": first.text}, **HTMX
    )
    assert (saved.status_code, "<html" in words(saved)) == (200, False)
    assert "Be patient." in words(saved)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_empty_wording_is_sent_back_with_its_error(organiser, first, headers):
    answer = organiser.post(
        at("edit_principle", 1, "p005"), {"text": " ", "reason": "because", "seen": ""}, **headers
    )
    assert answer.status_code == 422
    assert "Write the principle." in words(answer)
    assert "because" in words(answer)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_of_two_editors_the_second_sees_both_texts(organiser, first, alice, headers):
    seen = first.text
    edit_principle(principle=first, text="Theirs.", reason="", actor=alice)
    clash = organiser.post(
        at("edit_principle", 1, "p005"), {"text": "Mine.", "reason": "", "seen": seen}, **headers
    )
    assert clash.status_code == 409
    assert "Theirs." in words(clash)
    assert "Mine." in words(clash)
    assert 'name="seen" value="Theirs."' in words(clash)
    first.refresh_from_db()
    assert first.text == "Theirs."


def test_two_preambles_at_once_show_both(organiser, draft):
    organiser.post(at("edit_preamble", 1), {"text": "Theirs.", "seen": ""})
    clash = organiser.post(at("edit_preamble", 1), {"text": "Mine.", "seen": ""})
    assert clash.status_code == 409
    assert "Theirs." in words(clash)
    assert "Mine." in words(clash)
    again = organiser.post(at("edit_preamble", 1), {"text": "Mine.", "seen": "Theirs."})
    assert again.status_code == 302
    draft.refresh_from_db()
    assert draft.preamble == "Mine."


def test_taking_out_needs_a_reason_and_can_be_undone(organiser, draft):
    assert organiser.get(at("remove_principle", 1, "p005")).status_code == 200
    assert organiser.post(at("remove_principle", 1, "p005"), {"reason": ""}).status_code == 422
    assert draft.principles.count() == 4
    organiser.post(at("remove_principle", 1, "p005"), {"reason": "Said twice"})
    assert draft.principles.count() == 3
    assert "Said twice" in words(organiser.get(at("edit_version", 1)))
    organiser.post(at("restore_principle", 1, "p005"))
    assert draft.principles.count() == 4


def test_principles_move_one_place(organiser, draft):
    organiser.post(at("move_principle", 1, "p005"), {"to": "down"})
    assert list(draft.principles.values_list("key", flat=True))[:2] == ["p006", "p005"]


def test_publishing_asks_first_and_then_freezes(organiser, draft):
    assert "4 stand as a rule worded them" in words(organiser.get(at("publish_version", 1)))
    assert organiser.post(at("publish_version", 1)).status_code == 422
    assert organiser.post(at("publish_version", 1), {"sure": "on"}).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "published"
    assert organiser.post(at("publish_version", 1), {"sure": "on"}).status_code == 409
    edit = organiser.post(at("edit_principle", 1, "p005"), {"text": "Other.", "seen": ""})
    assert edit.status_code == 409
    assert organiser.get(at("edit_version", 1))["Location"] == draft.get_absolute_url()


@pytest.mark.parametrize("name", ["edit_principle", "remove_principle", "move_principle"])
def test_a_principle_that_is_not_there_is_not_found(organiser, draft, name):
    assert organiser.post(at(name, 1, "p999"), {"reason": "x"}).status_code == 404


def test_placing_principles_by_hand(organiser, published):
    empty = words(organiser.get(at("edit_comparison", 1, "hhh")))
    assert "Suggest places" in empty
    organiser.post(at("suggest_places", 1, "hhh"))
    match = ComparisonMatch.objects.get(principle__key="p007")
    item = match.comparison.baseline.items.get(key="beyond.human_control")
    answer = organiser.post(at("decide_place", 1, "hhh", "p007"), {"item": item.pk})
    assert answer["Location"] == at("edit_comparison", 1, "hhh") + "#p007"
    match.refresh_from_db()
    assert match.decided_item == item
    assert "1 of 4 placings are confirmed" in words(organiser.get(at("edit_comparison", 1, "hhh")))


def test_confirming_all_leaves_what_has_no_suggestion(organiser, published):
    comparison = compare(version=published)
    ComparisonMatch.objects.filter(principle__key="p007").update(suggested_item=None)
    organiser.post(at("confirm_places", 1, "hhh"))
    left = comparison.matches.filter(decided_at=None).values_list("principle__key", flat=True)
    assert list(left) == ["p007"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_no_place_chosen_is_sent_back(organiser, published, headers):
    compare(version=published)
    answer = organiser.post(at("decide_place", 1, "hhh", "p007"), {"item": ""}, **headers)
    assert answer.status_code == 422
    assert not ComparisonMatch.objects.exclude(decided_at=None).exists()


def test_htmx_gets_the_decided_place_alone(organiser, published):
    compare(version=published)
    answer = organiser.post(at("decide_place", 1, "hhh", "p007"), {"item": "none"}, **HTMX)
    assert (answer.status_code, "<html" in words(answer)) == (200, False)
    assert "confirmed by a person" in words(answer)
    match = ComparisonMatch.objects.get(principle__key="p007")
    assert (match.decided_item, match.decided_at is None) == (None, False)


def status(deliberation) -> str:
    source = "{% load constitutions %}{% constitution_status deliberation %}"
    return " ".join(Template(source).render(Context({"deliberation": deliberation})).split())


def test_the_status_box_names_the_next_step(closed, alice):
    assert "when the round is closed and the votes are counted" in status(closed)
    run = make_run(closed)
    assert at("constitution_workspace") in status(closed)
    draft = draft_version(deliberation=closed, run=run, actor=alice)
    assert "Version 1 is a draft with 4 principles." in status(closed)
    assert at("edit_version", 1) in status(closed)
    publish_version(version=draft, actor=alice)
    assert "Version 1 was published on" in status(closed)
    assert reverse("constitution", args=["assistant"]) in status(closed)


def test_an_unknown_baseline_is_not_found(organiser, published):
    assert organiser.get(at("edit_comparison", 1, "other")).status_code == 404
