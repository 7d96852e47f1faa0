"""Exports: the same rows give the same bytes, and each file is what its readers expect."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone, translation
from jsonschema import Draft202012Validator

import constitutions.kit
from constitutions.drafting import draft_version, publish_version
from constitutions.editing import edit_preamble, edit_principle, remove_principle
from constitutions.kit import FORMATS, canonical_json, filename
from constitutions.kit.markdown import escape
from constitutions.models import Version
from tests.constitutions.world import make_closed, make_run

pytestmark = pytest.mark.django_db

SCHEMA = json.loads(
    (Path(constitutions.kit.__file__).parent / "schemas" / canonical_json.SCHEMA).read_text()
)
EVERY_FORMAT = pytest.mark.parametrize("format", FORMATS)


def again(version: Version) -> Version:
    return Version.objects.get(pk=version.pk)


@pytest.fixture
def edited(draft, alice) -> Version:
    """A draft that people worked on: one edit, one removal, a preamble."""
    edit_principle(
        principle=draft.principles.get(key="p005"), text="Be patient.", reason="short", actor=alice
    )
    remove_principle(principle=draft.principles.get(key="p001"), reason="Said above", actor=alice)
    edit_preamble(version=draft, text="We say:", actor=alice)
    return again(draft)


@pytest.fixture
def finished(edited, alice) -> Version:
    return publish_version(version=edited, actor=alice)


def record(version: Version) -> dict:
    return json.loads(FORMATS["canonical-json"].build(again(version)))


@EVERY_FORMAT
def test_building_twice_gives_the_same_bytes(finished, format):
    build = FORMATS[format].build
    assert build(again(finished)) == build(again(finished))


@EVERY_FORMAT
def test_the_order_of_rows_on_disk_changes_nothing(finished, format):
    before = FORMATS[format].build(again(finished))
    tables = [f"constitutions_{name}" for name in ("principle", "lineage", "principleedit")] + [
        f"aggregation_{name}finding"
        for name in ("group", "statement", "statementgroup", "selection")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")  # past the guards, as a restore
        for table in tables:
            cursor.execute(f"CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM {table}")
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(f"INSERT INTO {table} SELECT * FROM moved ORDER BY id DESC")
            cursor.execute("DROP TABLE moved")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("SELECT id FROM constitutions_principle")
        on_disk = [row[0] for row in cursor.fetchall()]
        assert on_disk != sorted(on_disk)
    assert FORMATS[format].build(again(finished)) == before


@EVERY_FORMAT
def test_the_language_of_whoever_asks_changes_nothing(finished, format):
    before = FORMATS[format].build(again(finished))
    with translation.override("ar"):
        assert FORMATS[format].build(again(finished)) == before


@EVERY_FORMAT
def test_what_happens_after_publication_changes_nothing(finished, closed, alice, format):
    before = FORMATS[format].build(again(finished))
    closed.title = "Another title"
    closed.save()
    closed.memberships.update(role="auditor")
    draft_version(deliberation=closed, run=make_run(closed, selected=[8]), actor=alice)
    assert FORMATS[format].build(again(finished)) == before


def test_ratifying_leaves_the_complete_record_as_it_was(finished):
    before = FORMATS["canonical-json"].build(again(finished))
    finished.status, finished.ratified_at = "ratified", timezone.now()
    finished.save()
    assert FORMATS["canonical-json"].build(again(finished)) == before


@EVERY_FORMAT
def test_no_export_names_a_person(finished, format):
    text = FORMATS[format].build(again(finished)).decode()
    assert "alice" not in text.lower()
    assert "@" not in text


def test_the_complete_record_follows_its_schema(draft, edited, alice):
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    assert list(validator.iter_errors(record(edited))) == []
    publish_version(version=edited, actor=alice)
    assert list(validator.iter_errors(record(edited))) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("principles"),
        lambda record: record["principles"][0].pop("lineage"),
        lambda record: record["principles"][0]["edits"][0].update(by="alice@example.org"),
        lambda record: record["principles"][0]["lineage"][0]["votes"].update(agree=-1),
        lambda record: record["round"].update(plan_hash="unknown"),
        lambda record: record.update(published_at=None),
        lambda record: record.update(author="alice"),
    ],
)
def test_the_schema_refuses_a_record_that_was_tampered_with(finished, spoil):
    spoiled = record(finished)
    spoil(spoiled)
    assert list(Draft202012Validator(SCHEMA).iter_errors(spoiled)) != []


def test_the_record_tells_where_each_principle_comes_from(finished):
    first = record(finished)["principles"][0]
    source = first["lineage"][0]
    assert (first["key"], first["number"], first["text"]) == ("p005", 1, "Be patient.")
    assert source["statement"]["number"] == 5
    assert source["votes"] == {"agree": 9, "disagree": 1, "pass": 5}
    assert [(g["group"], g["agree"], g["pass"]) for g in source["by_group"]] == [
        (0, 6, 5),
        (1, 3, 0),
    ]
    assert [(e["by"], e["reason"]) for e in first["edits"]] == [
        ("machine", "quality"),
        ("organiser", "short"),
    ]


def test_the_record_tells_what_was_selected_and_left_out(finished):
    content = record(finished)
    (left_out,) = content["left_out"]
    assert (left_out["key"], left_out["reason"]) == ("p001", "Said above")
    assert content["selection"]["selected"] == 4
    assert content["disclosure"]["selected_but_left_out"] == 1
    assert content["disclosure"]["principles_edited_by_people"] == 1


def test_the_record_tells_of_simulated_votes_and_of_another_plan(alice):
    deliberation = make_closed(owner=alice, simulated=True)
    run = make_run(deliberation, plan_hash="d" * 64)
    disclosure = record(draft_version(deliberation=deliberation, run=run, actor=alice))[
        "disclosure"
    ]
    assert disclosure["simulated_votes"] is True
    assert disclosure["plan_fixed_before_voting"] is False


def test_imported_votes_are_older_than_any_plan_and_the_record_says_so(alice):
    deliberation = make_closed(owner=alice, source="An archive")
    content = record(
        draft_version(deliberation=deliberation, run=make_run(deliberation), actor=alice)
    )
    assert content["disclosure"]["imported_from"] == "An archive"
    assert content["disclosure"]["plan_fixed_before_voting"] is False
    assert content["run"]["plan"] is None


def test_a_draft_says_that_it_is_one(edited):
    content = record(edited)
    assert (content["status"], content["published_at"]) == ("draft", None)
    assert filename(edited, "canonical-json") == "assistant-v1-draft.json"


def test_llm_swarm_loads_its_file_as_its_script_does(finished):
    data = json.loads(FORMATS["llm-swarm"].build(again(finished)).decode("ascii"))
    chat = [item for sublist in data["system_chat"] for item in sublist]
    for constitution, principle in zip(
        data["constitutions"], finished.principles.order_by("position"), strict=True
    ):
        turns = [constitution["critic"], constitution["revision"]]
        assert all(principle.text in turn for turn in turns)
        assert not any(stop in turn for turn in turns for stop in ("User:", "###"))
    assert chat == []
    assert data["folkmoot"]["record_sha256"] == finished.digest


def test_the_document_shows_statements_as_they_were_written(finished):
    text = FORMATS["markdown"].build(again(finished)).decode()
    assert "1. Be patient.[^p005]" in text
    assert r"Who checks \| the \*checkers\* \<b\>here\</b\>?" in text
    assert "| 1 | #5 | 9 | 1 | 5 | 55\u00a0% | 75\u00a0% | 0.890 |" in text
    assert "Said above" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_every_note_of_the_document_is_called_once(finished):
    text = FORMATS["markdown"].build(again(finished)).decode()
    calls = re.findall(r"\[\^(p\d+)\](?!:)", text)
    assert calls == re.findall(r"^\[\^(p\d+)\]:", text, re.M) == ["p005", "p006", "p007"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("1. one", r"1\. one"), ("- a", r"\- a"), ("# a", r"\# a"), ("a\n\n# b", r"a \# b"),
     ("[x](javascript:y)", r"\[x\](javascript:y)")],
)  # fmt: skip
def test_texts_by_people_add_no_markup(typed, shown):
    assert escape(typed) == shown
