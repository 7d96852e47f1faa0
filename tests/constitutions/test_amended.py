"""A plan that was amended while people voted: report, constitution and kit all say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

import constitutions.kit
from aggregation.engine import Plan, shipped
from constitutions.drafting import draft_version, publish_version
from constitutions.kit import FORMATS, canonical_json
from constitutions.models import Version
from deliberation.models import User
from deliberation.services.amendments import amend
from deliberation.services.rounds import close_round
from tests.aggregation.reporting import finish, text_of, voted
from tests.factories import make_user, the_round

pytestmark = pytest.mark.django_db

# The default with groups for people who cast few votes, as those of tests do.
PLAN = Plan.from_dict(shipped("default").to_dict() | {"grouping": {"k": 2, "min_votes": 2}})
SCHEMA = Path(constitutions.kit.__file__).parent / "schemas" / canonical_json.SCHEMA


@pytest.fixture
def alice() -> User:
    return make_user()


def published(alice: User, **changes: object) -> Version:
    """Thirty people, one amendment if there are changes, closed, run, drafted, published."""
    deliberation = voted(owner=alice, plan=PLAN)
    if changes:
        amend(round=the_round(deliberation), actor=alice, role="owner", reason="A slip.", **changes)
    round = close_round(round=the_round(deliberation), actor=None)
    draft = draft_version(deliberation=deliberation, run=finish(round), actor=alice)
    return publish_version(version=draft, actor=alice)


def record(version: Version) -> dict:
    content = json.loads(FORMATS["canonical-json"].build(Version.objects.get(pk=version.pk)))
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(content)
    return content


def test_the_run_of_an_amended_plan_is_official_and_the_report_says_when_it_was_fixed(alice):
    deliberation = voted(owner=alice)
    amend(
        round=the_round(deliberation), actor=alice, role="owner", reason="A slip.",
        plan=PLAN,
    )  # fmt: skip
    finish(close_round(round=the_round(deliberation), actor=None))
    page = Client().get(f"/d/{deliberation.slug}/report/", follow=True)
    assert "This is not the official result" not in text_of(page)
    assert "No: it was amended in public while people voted." in text_of(page)
    assert f'href="/d/{deliberation.slug}/amendments/"' in page.content.decode()


def test_the_record_holds_the_amendment_and_no_name(alice):
    deliberation = voted(owner=alice)
    round = the_round(deliberation)
    made = amend(round=round, actor=alice, role="owner", reason="A slip.", plan=PLAN)
    run = finish(close_round(round=round, actor=None))
    draft = draft_version(deliberation=deliberation, run=run, actor=alice)
    content = record(publish_version(version=draft, actor=alice))
    (told,) = content["round"]["amendments"]
    assert (told["number"], told["role"], told["reason"]) == (1, "owner", "A slip.")
    assert (told["hash_before"], told["hash_after"]) == (made.hash_before, made.hash_after)
    assert content["round"]["frozen_hash"] == made.hash_after
    assert content["disclosure"]["plan_fixed_before_voting"] is False
    assert "alice" not in json.dumps(content)


def test_an_amendment_of_something_else_leaves_the_plan_fixed_before_voting(alice):
    content = record(published(alice, target_votes=44))
    assert content["round"]["amendments"][0]["after"] == {"target_votes": 44}
    assert content["disclosure"]["plan_fixed_before_voting"] is True


def test_without_amendments_the_record_is_what_it_was(alice):
    content = record(published(alice))
    assert "amendments" not in content["round"]
    assert content["disclosure"]["plan_fixed_before_voting"] is True
