"""``manage.py import_polis``: what lands in the tables, what is counted, what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from aggregation.engine import shipped
from deliberation.models import (
    Deliberation,
    Exclusion,
    ImportedGroup,
    ModerationDecision,
    Participant,
    Statement,
    Vote,
    VoteEvent,
)
from tests.deliberation.polis_files import COMMENTS, VOTES, with_cell, write, write_export
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def run(folder: Path, *options: str, slug: str = "imported") -> str:
    out = io.StringIO()
    call_command("import_polis", str(folder), "--slug", slug, *options, stdout=out)
    return out.getvalue()


def imported() -> Deliberation:
    return Deliberation.objects.get(slug="imported")


def counting_votes() -> dict[int, int]:
    """Votes by value as the report counts them, straight from the tables."""
    votes = Vote.objects.filter(
        statement__in=Statement.objects.counting(), participant__exclusion=None
    )
    values = list(votes.values_list("value", flat=True))
    return {value: values.count(value) for value in (1, -1, 0)}


def test_everyone_every_statement_and_every_vote_is_imported(tmp_path):
    run(write_export(tmp_path))
    assert sorted(Participant.objects.values_list("number", flat=True)) == [2, 11, 12]
    assert sorted(Statement.objects.values_list("number", flat=True)) == [0, 1, 2, 3, 4]
    cells = Vote.objects.values_list("participant__number", "statement__number", "value")
    assert sorted(cells) == [
        (2, 0, 1), (2, 1, -1), (2, 2, 1), (11, 0, 1),
        (12, 0, 1), (12, 1, 1), (12, 2, 0), (12, 4, -1),
    ]  # fmt: skip


def test_every_vote_has_one_event_marked_as_imported(tmp_path):
    run(write_export(tmp_path))
    key = ("participant_id", "statement_id", "round_id", "value")
    assert set(VoteEvent.objects.values_list(*key)) == set(Vote.objects.values_list(*key))
    events = VoteEvent.objects.filter(source="import", previous=None)
    assert events.count() == VoteEvent.objects.count() == 8


def test_the_round_is_closed_with_the_default_plan(tmp_path):
    run(write_export(tmp_path))
    round = imported().rounds.get()
    assert (round.phase, round.plan_hash) == ("closed", shipped("default").hash)


def test_the_cleaned_pair_gets_the_plan_of_its_paper_and_both_readings_of_the_groups(tmp_path):
    write(tmp_path, "clean_comments.csv", COMMENTS)
    write(tmp_path, "clean_votes.csv", with_cell(VOTES, 4, "group-id", "1"))
    run(tmp_path)
    assert imported().rounds.get().plan_hash == shipped("ccai-2023").hash
    labels = ImportedGroup.objects.values_list("source", "participant__number", "label")
    assert sorted(labels) == [
        ("group-id", 2, 1),
        ("group-id", 11, 1),
        ("group-id", 12, 0),
        ("group-id-reattached", 2, 0),
        ("group-id-reattached", 11, 1),
        ("group-id-reattached", 12, 1),
    ]


@pytest.mark.parametrize(
    ("moderation", "statuses"),
    [
        ("strict", ["accepted", "accepted", "accepted", "pending", "rejected"]),
        ("open", ["accepted", "accepted", "accepted", "accepted", "rejected"]),
    ],
)
def test_moderation_of_the_source_decides_what_counts(tmp_path, moderation, statuses):
    run(write_export(tmp_path), "--moderation", moderation)
    found = Statement.objects.order_by("number").values_list("status", flat=True)
    assert list(found) == statuses


def test_every_decision_of_the_source_is_in_the_log(tmp_path):
    run(write_export(tmp_path))
    log = ModerationDecision.objects.values_list("statement__number", "decision", "reason", "actor")
    assert sorted(log) == [
        (0, "accept", "source", None),
        (1, "accept", "source", None),
        (2, "accept", "source", None),
        (4, "reject", "source", None),
    ]


def test_the_owner_of_the_conversation_wrote_seeds_and_the_panel_the_rest(tmp_path):
    run(write_export(tmp_path))
    found = Statement.objects.order_by("number").values_list("origin", "author__number")
    assert list(found) == [
        ("seed", None), ("seed", None), ("panel", 11), ("panel", 12), ("panel", 12),
    ]  # fmt: skip


def test_people_who_do_not_count_stay_with_their_reason(tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("12\n77\n")
    report = run(write_export(tmp_path), "--min-votes", "3", "--exclude-ids", str(ids))
    found = Exclusion.objects.values_list("participant__number", "reason", "detail")
    assert sorted(found) == [(11, "too_few_votes", "1 votes, 3 asked for"), (12, "listed", "")]
    assert "1 participants on the exclusion list" in report
    assert "1 numbers of the exclusion list name nobody" in report
    assert "Kept: 1 participants, 3 statements, 3 votes (2 agree, 1 disagree, 0 pass)." in report


def test_min_votes_keeps_people_with_exactly_so_many(tmp_path):
    run(write_export(tmp_path), "--min-votes", "4")
    assert Participant.objects.get(exclusion=None).number == 12


def test_nothing_that_names_a_person_is_stored(tmp_path, sql):
    run(write_export(tmp_path))
    tables = sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    found = [
        name
        for (name,) in tables
        if sql(f"SELECT 1 FROM {name} t WHERE t::text LIKE '%%secret-%%'")
    ]
    assert found == []


def test_a_long_statement_raises_the_limit_of_the_round(tmp_path):
    long = "word " * 60 + "end"
    run(write_export(tmp_path, comments=with_cell(COMMENTS, 2, "comment-body", long)))
    assert imported().rounds.get().statement_max_length == len(long)


def test_title_and_question_come_from_the_summary_unless_given(tmp_path):
    write_export(tmp_path)
    about = [["topic", "Of tools"], ["conversation-description", "What should tools do?\n\nMore."]]
    write(tmp_path, "summary.csv", about)
    run(tmp_path)
    assert (imported().title, imported().rounds.get().question) == (
        "Of tools",
        "What should tools do?",
    )
    run(tmp_path, "--title", "Mine", slug="second")
    assert Deliberation.objects.get(slug="second").title == "Mine"


def test_an_owner_can_be_named(tmp_path):
    alice = make_user()
    run(write_export(tmp_path), "--owner", "Alice@example.org")
    assert imported().memberships.get().user == alice


def test_a_dry_run_reports_the_same_and_writes_nothing(tmp_path):
    dry = run(write_export(tmp_path), "--dry-run")
    assert not Deliberation.objects.exists()
    real = run(tmp_path)
    assert dry.splitlines()[:-1] == real.splitlines()[:-1]


def test_what_the_report_counts_is_what_the_tables_hold(tmp_path):
    report = run(write_export(tmp_path), "--min-votes", "3")
    votes = counting_votes()
    assert f"({votes[1]} agree, {votes[-1]} disagree, {votes[0]} pass)" in report


def refused(folder: Path, *options: str, slug: str = "imported") -> str:
    before = Deliberation.objects.count()
    with pytest.raises(CommandError) as raised:
        run(folder, *options, slug=slug)
    assert Deliberation.objects.count() == before
    assert not Participant.objects.filter(deliberation__slug=slug, number=999).exists()
    return str(raised.value)


def test_bad_files_are_refused_with_every_place_named(tmp_path):
    write_export(tmp_path, votes=with_cell(VOTES, 3, "1", "2"))
    message = refused(tmp_path)
    assert message.startswith("Nothing was imported.")
    assert "participants-votes.csv, row 3, column 1: “2” is not a vote" in message


def test_a_taken_address_is_refused(tmp_path):
    run(write_export(tmp_path))
    assert "taken" in refused(tmp_path)


def test_an_address_that_cannot_be_one_is_refused(tmp_path):
    assert "cannot be an address" in refused(write_export(tmp_path), slug="two words")


def test_an_unknown_owner_is_refused(tmp_path):
    assert "Nobody signs in" in refused(write_export(tmp_path), "--owner", "bob@example.org")


def test_too_few_statements_to_count_are_refused(tmp_path):
    write_export(tmp_path, comments=with_cell(COMMENTS, 2, "moderated", "-1"))
    assert "Only 2 statements would count" in refused(tmp_path)


def test_a_fault_halfway_leaves_nothing(tmp_path, monkeypatch):
    from deliberation.interchange import importing

    def fail(**_: object) -> None:
        raise RuntimeError("the cable was pulled")

    monkeypatch.setattr(importing, "close_round", fail)
    with pytest.raises(RuntimeError):
        run(write_export(tmp_path))
    assert not Deliberation.objects.exists()
    assert not Vote.objects.exists()


@pytest.mark.reference_data
def test_the_raw_panel_of_2023_is_kept_as_published(reference_data):
    ccai = reference_data / "ccai"
    listed = str(ccai / "ids-to-toss.csv")
    report = run(ccai, "--min-votes", "26", "--exclude-ids", listed)
    assert Participant.objects.filter(exclusion=None).count() == 1_002
    assert Statement.objects.counting().count() == 275
    assert counting_votes() == {1: 27_271, -1: 4_550, 0: 2_742}
    assert Vote.objects.count() == 38_252
    assert "Kept: 1,002 participants, 275 statements, 34,563 votes" in report
    assert "(27,271 agree, 4,550 disagree, 2,742 pass)" in report
    assert "37 participants on the exclusion list" in report


@pytest.mark.reference_data
def test_the_cleaned_panel_of_2023_is_the_same_and_492_people_change_group(reference_data):
    run(reference_data / "ccai", "--clean")
    assert counting_votes() == {1: 27_271, -1: 4_550, 0: 2_742}
    people = Participant.objects.filter(imported_groups__source="group-id").annotate(
        published=F("imported_groups__label")
    )
    published = {p.number: p.published for p in people}
    reattached = dict(
        ImportedGroup.objects.filter(source="group-id-reattached").values_list(
            "participant__number", "label"
        )
    )
    assert len(published) == len(reattached) == 1_002
    assert sum(published[number] != reattached[number] for number in published) == 492


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("folder", "participants", "statements", "votes"),
    [
        ("15-per-hour-seattle", 339, 30, 2_872),
        ("american-assembly.bowling-green", 2_031, 607, 225_524),
        ("brexit-consensus", 204, 50, 5_303),
        ("scoop-hivemind.biodiversity", 536, 154, 29_719),
        ("vtaiwan.uberx", 1_921, 99, 49_443),
    ],
)
def test_open_polis_conversations_import(reference_data, folder, participants, statements, votes):
    run(reference_data / "polis" / folder)
    assert Participant.objects.count() == participants
    assert Statement.objects.counting().count() == statements
    assert Vote.objects.count() == VoteEvent.objects.count() == votes


@pytest.mark.reference_data
def test_published_counts_per_statement_are_not_trusted(reference_data):
    """In this conversation the comments file counts more agree events than there are agrees."""
    folder = reference_data / "polis" / "brexit-consensus"
    run(folder)
    listed = sum(
        int(line["agrees"])
        for line in csv.DictReader((folder / "comments.csv").open(encoding="utf-8"))
    )
    assert Vote.objects.filter(value=1).count() == 2_685 < listed
