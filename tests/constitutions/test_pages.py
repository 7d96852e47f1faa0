"""The pages everyone can read, and who may not read what."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from constitutions.comparison import compare, decide_match
from constitutions.drafting import draft_version, publish_version
from constitutions.editing import edit_preamble, remove_principle
from constitutions.kit import FORMATS
from constitutions.models import Version
from constitutions.selectors import read_version
from deliberation.models import Membership
from tests.constitutions.world import make_closed, make_run
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client: Client, alice) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def visitor() -> Client:
    return Client()


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_nothing_is_shown_before_publication(visitor, draft):
    assert visitor.get(reverse("constitution", args=["assistant"])).status_code == 404
    assert visitor.get(draft.get_absolute_url()).status_code == 404
    assert visitor.get(reverse("export", args=["assistant", 1, "markdown"])).status_code == 404


def test_organisers_can_look_at_their_draft(organiser, draft):
    page = organiser.get(draft.get_absolute_url())
    assert page.status_code == 200
    assert "This is a draft" in words(page)


def test_a_role_without_a_hand_in_drafting_does_not_see_the_draft(client, closed, draft):
    bob = make_user("bob@example.org")
    Membership.objects.create(deliberation=closed, user=bob, role="moderator")
    client.force_login(bob)
    assert client.get(draft.get_absolute_url()).status_code == 403


def test_the_page_shows_principles_with_statements_votes_and_edits(visitor, published):
    page = words(visitor.get(reverse("constitution", args=["assistant"])))
    assert "Choose the response that is most patient with slow readers." in page
    assert "The AI should be patient with slow readers." in page
    assert "Group B" in page
    assert "<strong>75 %</strong> agree (3)" in page
    assert "became “is most …”" in page
    assert "Not yet ratified by the panel" in page
    assert published.digest in page


def test_what_people_wrote_is_never_markup(visitor, draft, alice):
    edit_preamble(version=draft, text="<script>alert(1)</script> *We*", actor=alice)
    publish_version(version=draft, actor=alice)
    page = words(visitor.get(reverse("constitution", args=["assistant"])))
    assert "<script>alert" not in page
    assert "<b>here</b>" not in page
    assert "&lt;b&gt;here&lt;/b&gt;" in page
    assert "<em>We</em>" in page


def test_what_was_left_out_is_shown_with_its_reason(visitor, draft, alice):
    remove_principle(principle=draft.principles.get(key="p001"), reason="Said above", actor=alice)
    publish_version(version=draft, actor=alice)
    page = words(visitor.get(reverse("constitution", args=["assistant"])))
    assert "Selected, but left out" in page
    assert "Said above" in page


def test_the_page_names_no_organiser(visitor, published):
    assert "alice" not in words(visitor.get(published.get_absolute_url()))


def test_an_old_version_stays_and_points_to_the_new_one(visitor, closed, published, alice):
    second = draft_version(deliberation=closed, run=make_run(closed, selected=[8]), actor=alice)
    publish_version(version=second, actor=alice)
    newest = words(visitor.get(reverse("constitution", args=["assistant"])))
    oldest = words(visitor.get(published.get_absolute_url()))
    assert "Constitution, version 2" in newest
    assert "There is a newer version, number 2." in oldest
    assert "slow readers" in oldest


@pytest.mark.parametrize("format", FORMATS)
def test_files_are_served_as_they_are_built(visitor, published, format):
    answer = visitor.get(reverse("export", args=["assistant", 1, format]))
    assert answer.content == FORMATS[format].build(Version.objects.get(pk=published.pk))
    assert answer["Content-Type"] == FORMATS[format].media_type
    assert answer["Content-Disposition"].startswith('attachment; filename="assistant-v1')


def test_the_complete_record_matches_the_fingerprint_on_the_page(visitor, published):
    record = visitor.get(reverse("export", args=["assistant", 1, "canonical-json"])).content
    assert hashlib.sha256(record).hexdigest() == published.digest
    assert len(json.loads(record)["principles"]) == 4


@pytest.mark.parametrize(
    "address",
    [
        reverse("constitution_version", args=["assistant", 9]),
        reverse("export", args=["assistant", 1, "pdf"]),
        reverse("export", args=["assistant", 9, "markdown"]),
        reverse("comparison", args=["assistant", 1, "hhh"]),
        reverse("comparison", args=["assistant", 1, "other"]),
        reverse("constitution", args=["nowhere"]),
    ],
)
def test_what_does_not_exist_is_not_found(visitor, published, address):
    assert visitor.get(address).status_code == 404


def test_simulated_votes_are_said_on_the_page(visitor, alice):
    deliberation = make_closed(owner=alice, simulated=True)
    run = make_run(deliberation)
    draft = draft_version(deliberation=deliberation, run=run, actor=alice)
    publish_version(version=draft, actor=alice)
    assert "come from a program" in words(visitor.get(draft.get_absolute_url()))


def test_another_plan_than_the_one_fixed_is_said_on_the_page(visitor, closed, alice):
    run = make_run(closed, plan_hash="d" * 64)
    draft = draft_version(deliberation=closed, run=run, actor=alice)
    publish_version(version=draft, actor=alice)
    assert "not the one that was fixed before voting" in words(
        visitor.get(draft.get_absolute_url())
    )


def test_the_comparison_says_what_is_suggested_and_what_is_confirmed(visitor, published):
    compare(version=published)
    page = words(visitor.get(reverse("comparison", args=["assistant", 1, "hhh"])))
    assert "0 of 4 placings are confirmed by a person" in page
    assert "suggested by a program" in page
    assert "What the list has and the panel does not mention" in page


def test_the_comparison_shows_principles_in_every_kind_of_place(visitor, published, alice):
    comparison = compare(version=published)
    places = {"p005": "helpful.promote.follow_intent", "p006": "beyond.creativity", "p007": None}
    for key, place in places.items():
        item = comparison.baseline.items.get(key=place) if place else None
        match = comparison.matches.get(principle__key=key)
        decide_match(match=match, item=item, actor=alice)
    page = words(visitor.get(reverse("comparison", args=["assistant", 1, "hhh"])))
    lacks, both = page.split("What both have")
    beyond, nowhere = lacks.split("What the list has and the panel")[0].split("No place found")
    assert "mocks a person" in beyond
    assert "Who checks | the *checkers*" in nowhere
    assert "slow readers" in both
    assert "3 of 4 placings are confirmed by a person" in page


def test_more_principles_need_no_more_queries(closed, alice):
    counts = []
    for slug, selected in (("one", [5]), ("many", [5, 6, 7, 8, 1, 2])):
        deliberation = make_closed(owner=alice, slug=slug)
        run = make_run(deliberation, selected=selected)
        version = draft_version(deliberation=deliberation, run=run, actor=alice)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read_version(Version.objects.select_related("constitution", "run").get(pk=version.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]
