"""Files to take along: they hold the numbers of the report, harm no spreadsheet, and count anew."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from aggregation.downloads import FILES
from aggregation.downloads.plans import plan_toml
from aggregation.downloads.tables import csv_bytes
from aggregation.engine import Plan, aggregate
from aggregation.engine.__main__ import main
from aggregation.engine.reading import read
from aggregation.models import Run
from aggregation.report.lines import lines
from deliberation.interchange.polis import read_export
from deliberation.models import Exclusion, Statement, VoteEvent
from deliberation.services.rounds import close_round
from tests.aggregation.reporting import DEEP, another, closed, finish, text_of, two_groups, voted
from tests.factories import the_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    round = closed()
    return finish(round, two_groups(round))


def fetched(client, run: Run, name: str) -> bytes:
    response = client.get(f"/d/assistant/report/{run.pk}/data/{name}")
    assert response.status_code == 200
    return response.content


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


# What is in them


def test_statements_have_the_counts_and_measures_of_the_report(client, run):
    rows = table(fetched(client, run, "statements.csv"))
    for row, line in zip(rows, lines(run), strict=True):
        assert (int(row["statement"]), row["text"]) == (line.number, line.text)
        assert [int(row[name]) for name in ("agree", "disagree", "pass")] == [
            line.agree,
            line.disagree,
            line.passed,
        ]
        assert row["gac_polis"] == repr(line.measures["gac_polis"])


def test_groups_have_one_row_for_each_statement_and_reconcile_with_it(client, run):
    rows = table(fetched(client, run, "groups.csv"))
    assert len(rows) == 2 * len(lines(run))
    for line in lines(run):
        mine = [row for row in rows if int(row["statement"]) == line.number]
        assert sum(int(row["agree"]) for row in mine) == line.agree


def test_selections_say_status_and_reason_of_every_rule(client):
    round = closed()
    run = finish(round, another(round, DEEP))
    rows = table(fetched(client, run, "selections.csv"))
    assert len(rows) == 2 * len(lines(run))
    selected = [int(row["statement"]) for row in rows if row["rank"] and row["rule"] == "1"]
    assert sorted(selected) == sorted(run.summary["selected"])
    assert all(row["reason"] and "{" not in row["reason"] for row in rows)
    assert all(0 <= float(row["frequency"]) <= 1 for row in rows)


def test_people_have_numbers_and_places_and_nothing_else(client, run):
    rows = table(fetched(client, run, "people.csv"))
    assert len(rows) == 30
    assert list(rows[0]) == ["participant", "group", "x", "y"]
    assert {row["group"] for row in rows} == {"A", "B"}


def test_every_column_is_explained_and_no_other(client, run, tmp_path):
    folder = unpacked(fetched(client, run, "polis.zip"), tmp_path)
    for name, file in FILES.items():
        for part, columns in file.parts:
            content = fetched(client, run, name) if part == name else (folder / part).read_bytes()
            header = next(csv.reader(io.StringIO(content.decode())))
            known = [column.name for column in columns]
            if known[-1].startswith("0, 1"):
                header, known = header[: len(known) - 1], known[:-1]
            assert header == known
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/data/"))
    for file in FILES.values():
        for _part, columns in file.parts:
            assert all(str(column.meaning) in page for column in columns)


def test_the_page_offers_every_file_and_each_comes(client, run):
    page = client.get(f"/d/assistant/report/{run.pk}/data/").content.decode()
    for name, file in FILES.items():
        assert f'href="/d/assistant/report/{run.pk}/data/{name}" download' in page
        response = client.get(f"/d/assistant/report/{run.pk}/data/{name}")
        assert response["Content-Type"] == file.media_type
        assert response["Content-Disposition"].endswith(f'run-{run.pk}-{name}"')
    assert client.get(f"/d/assistant/report/{run.pk}/data/secrets.csv").status_code == 404


def test_the_same_run_gives_the_same_bytes_in_every_language(client, run):
    for name in FILES:
        english = fetched(client, run, name)
        german = client.get(
            f"/d/assistant/report/{run.pk}/data/{name}", headers={"Accept-Language": "de"}
        ).content
        assert german == english


# What they must not be


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_texts_are_no_formulas_and_numbers_stay_numbers(text):
    rows = list(csv.reader(io.StringIO(csv_bytes(["a", "b"], [(text, -0.5)]).decode(), newline="")))
    assert rows[1] == [f"'{text}", "-0.5"]


def test_letters_of_all_scripts_and_quotes_come_through():
    said = 'Ein "Satz", zwei\nZeilen, العربية'
    rows = list(csv.reader(io.StringIO(csv_bytes(["a"], [(said,)]).decode(), newline="")))
    assert rows[1] == [said]


def test_no_file_says_when_a_vote_was_cast(client, run, tmp_path):
    folder = unpacked(fetched(client, run, "polis.zip"), tmp_path)
    stamps = {row["timestamp"] for row in table((folder / "votes.csv").read_bytes())}
    assert stamps == {str(int(run.round.closed_at.timestamp() * 1000))}
    assert VoteEvent.objects.values("created_at").distinct().count() > 1


# What others do with them


def test_our_own_import_reads_the_files_as_those_of_polis(client, run, tmp_path):
    export = read_export(unpacked(fetched(client, run, "polis.zip"), tmp_path))
    assert len(export.people) == 30
    assert len(export.ballots) == sum(run.summary["votes"].values())
    assert {c.text for c in export.comments} == set(
        Statement.objects.counting().values_list("text", flat=True)
    )
    assert export.groups().keys() == {person.number for person in export.people}


def test_list_and_matrix_of_votes_are_the_same(client, run, tmp_path):
    folder = unpacked(fetched(client, run, "polis.zip"), tmp_path)
    listed = {
        (int(row["voter-id"]), int(row["comment-id"]), int(row["vote"]))
        for row in table((folder / "votes.csv").read_bytes())
    }
    ballots = read_export(folder).ballots
    assert listed == {(b.participant, b.statement, b.value) for b in ballots}


def test_whoever_counts_again_gets_the_fingerprints_of_the_page(client, run, tmp_path, capsys):
    folder = unpacked(fetched(client, run, "polis.zip"), tmp_path / "votes")
    plan = tmp_path / "plan.toml"
    plan.write_bytes(fetched(client, run, "plan.toml"))
    assert main([str(folder), "--plan", str(plan), "--json"]) == 0
    printed = capsys.readouterr().out
    assert f'"input_digest": "{run.input_digest}"' in printed
    assert f'"outcome_digest": "{run.outcome_digest}"' in printed


def test_people_who_were_left_out_are_in_the_files_and_listed(client, tmp_path):
    deliberation = voted()
    for person in deliberation.participants.order_by("number")[:2]:
        Exclusion.objects.create(participant=person, reason="listed")
    round = close_round(round=the_round(deliberation), actor=None)
    run = finish(round, two_groups(round))
    folder = unpacked(fetched(client, run, "polis.zip"), tmp_path)
    numbers = [int(line) for line in (folder / "left-out.txt").read_text().split()]
    assert numbers == run.summary["participants_excluded"]
    plan = Plan.from_dict(run.plan)
    again = aggregate(read(folder).panel(left_out=numbers), plan)
    page = text_of(client.get(f"/d/assistant/report/{run.pk}/data/"))
    assert "--exclude-ids votes/left-out.txt" in page
    assert again.participants == run.summary["participants"] == 28


@pytest.mark.parametrize("changes", [{}, DEEP, {"weights": {"margins": {"Ag e": {"a": 1.0}}}}])
def test_the_plan_comes_back_from_its_file(run, changes):
    plan = another(run.round, changes)
    run.plan = plan.to_dict()
    assert Plan.from_toml(plan_toml(run).decode()).hash == plan.hash


# Where there are very many votes


def test_what_is_too_large_to_wait_for_is_not_offered_and_can_be_written(
    client, run, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("aggregation.downloads.MOST_VOTES", 10)
    response = client.get(f"/d/assistant/report/{run.pk}/data/polis.zip")
    assert response.status_code == 404
    page = client.get(f"/d/assistant/report/{run.pk}/data/")
    assert "Too large to be made while you wait." in text_of(page)
    assert b"data/polis.zip" not in page.content
    call_command("export_run", str(run.pk), "--out", str(tmp_path / "files"))
    written = {Path(line).name for line in capsys.readouterr().out.split()}
    assert written == {f"assistant-run-{run.pk}-{name}" for name in FILES}
    assert (tmp_path / "files" / f"assistant-run-{run.pk}-statements.csv").read_bytes() == fetched(
        client, run, "statements.csv"
    )


def test_the_command_says_what_is_wrong(run, tmp_path):
    with pytest.raises(CommandError, match="no run 0 that is done"):
        call_command("export_run", "0")
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="file"):
        call_command("export_run", str(run.pk), "--out", str(tmp_path / "file"))
