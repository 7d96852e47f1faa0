"""``python -m aggregation.engine``: what it prints, and what it says when it cannot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aggregation.engine import aggregate, printing, shipped
from aggregation.engine.__main__ import main
from aggregation.engine.polis import polis_view
from aggregation.engine.properties.verdicts import STORIES
from aggregation.engine.reading import read
from aggregation.engine.registry import GUARANTEES

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Two camps of ten on six statements; person 20 is alone, statement 6 was rejected."""
    comments = ["comment-id,moderated,comment-body"]
    comments += [f'{number},1,"Statement number {number}, in our words"' for number in range(6)]
    comments += ["6,-1,Buy my umbrellas"]
    rows = ["participant,group-id,n-votes," + ",".join(map(str, range(7)))]
    for person in range(20):
        camp = person % 2
        ballot = [1, 1, 1 - 2 * camp, 2 * camp - 1, 1 if person % 3 else 0, -1, 1]
        rows.append(f"{person},{camp},7," + ",".join(map(str, ballot)))
    rows.append("20,,1,,,,,,1,")
    (tmp_path / "comments.csv").write_text("\n".join(comments))
    (tmp_path / "participants-votes.csv").write_text("\n".join(rows))
    return tmp_path


DECLARED = """
name = "camps"
title = "Declared groups"
[grouping]
method = "declared"
source = "group-id"
[[rules]]
id = "threshold"
measure = "gac_raw"
above = 0.5
min_group_votes = 1
"""


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_outcome_is_printed_in_words(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = export / "plan.toml"
    plan.write_text(DECLARED)
    code, out, err = run(export, "--plan", plan, capsys=capsys)
    assert (code, err) == (0, "")
    assert "Read from participants-votes.csv and comments.csv" in out
    assert "21 people, 6 statements, 121 votes" in out
    assert "Group 0: 10 people." in out
    assert "In no group: 1 person." in out
    assert "umbrellas" not in out
    selected = out.split("Selected by")[1].split("What is uncertain")[0]
    assert "[0] Statement number 0, in our words" in selected
    assert "[2]" not in selected
    assert "[5]" not in selected


def test_json_is_the_outcome_of_the_library(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(export, "--json", "--seed", 7, "--people", capsys=capsys)
    document = json.loads(out)
    matrix = replace(read(export).counting(), declared_groups=None)
    expected = aggregate(matrix, shipped("default"), 7)
    assert code == 0
    assert document["outcome_digest"] == expected.digest
    assert document["seed"] == 7
    assert document["statements"] == 6
    assert len(document["people"]) == 21
    assert document["files"] == ["participants-votes.csv", "comments.csv"]


def test_what_polis_would_compute_is_printed_in_its_layout(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(export, "--polis", capsys=capsys)
    found, reading = json.loads(out), read(export)
    assert code == 0
    assert reading.moderated is not None
    muted = reading.moderated < 1
    assert found["mod-out"] == reading.matrix.statement_ids[muted].tolist()
    assert found == polis_view(reading.matrix, muted=muted).to_dict()


def test_who_and_what_counts_can_be_set(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = export / "ids.csv"
    ids.write_text("3\n4\n")
    _, out, _ = run(
        export, "--json", "--moderation", "all", "--min-votes", 2, "--exclude-ids", ids,
        capsys=capsys,
    )  # fmt: skip
    document = json.loads(out)
    assert document["statements"] == 7
    assert document["participants"] == 18
    assert document["participants_excluded"] == [3, 4, 20]


THOROUGH = """
[[rules]]
id = "sequential_pav"
seats = 2
[stability]
resamples = 5
[sensitivity]
[properties]
"""


def test_what_would_change_the_outcome_is_printed(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = export / "plan.toml"
    plan.write_text(DECLARED + THOROUGH)
    code, out, err = run(export, "--plan", plan, "--min-votes", 2, capsys=capsys)
    assert (code, err) == (0, "")
    doubts = out.split("What is uncertain")[1]
    assert "statements are others in a typical one of 5 resampled panels" in doubts
    assert "With the bound at 0.55: 2 statements, 0 more and 0 fewer." in doubts
    assert "By sequential_pav: 2 statements" in doubts
    assert "With the 1 people who were left out: " in doubts
    assert "would drop out if" in doubts
    assert "This holds." in doubts


def test_every_kind_of_variant_and_property_has_words() -> None:
    source = (ROOT / "aggregation" / "engine" / "sensitivity.py").read_text()
    codes = set(re.findall(r'_variant\("\w+", "(\w+)"', source))
    assert codes == set(printing._OTHERWISE)
    assert set(STORIES) <= set(GUARANTEES)


def test_text_that_people_wrote_cannot_drive_the_terminal(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    comments = export / "comments.csv"
    comments.write_text(comments.read_text().replace("our words", "\x1b[2Jour words"))
    _, out, _ = run(export, capsys=capsys)
    assert "our words" in out
    assert "\x1b" not in out


@pytest.mark.reference_data
def test_the_panel_as_published_and_as_corrected(
    reference_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (reference_data / "ccai", "--clean", "--plan", "ccai-2023", "--json")
    _, out, _ = run(*arguments, capsys=capsys)
    published = json.loads(out)
    assert (published["participants"], published["statements"]) == (1002, 275)
    assert len(published["selected"]) == 116
    assert round(published["consensus"]["gac_raw"]["mean"], 4) == 0.6430
    plan = tmp_path / "corrected.toml"
    plan.write_text(DECLARED.replace('"group-id"', '"group-id-reattached"'))
    _, out, _ = run(*arguments[:2], "--plan", plan, "--json", capsys=capsys)
    corrected = json.loads(out)
    assert list(corrected["all_groups_above"].values()) == [219, 205, 185, 157, 126, 81, 31, 3]


@pytest.mark.reference_data
def test_every_kind_of_file_runs(reference_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = reference_data / "polis" / "15-per-hour-seattle"
    for file in (
        small,
        small / "participants-votes.csv",
        small / "votes.csv",
        reference_data / "polis-math" / "below-100-ptpts",
        reference_data / "polis-math" / "below-100-ptpts" / "votes.json",
    ):
        code, out, err = run(file, "--moderation", "open", capsys=capsys)
        assert (code, err) == (0, "")
        assert "What is uncertain" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv"], "There is no file or folder nowhere.csv."),
        (["{export}", "--plan", "perfect"], 'There is no plan called "perfect".'),
        (["{export}", "--plan", "{export}/bad.toml"], "The plan is not valid TOML"),
        (["{export}", "--plan", "{export}/latin.toml"], "latin.toml, row 1: this is not UTF-8"),
        (["{export}", "--exclude-ids", "{export}/bad.toml"], "bad.toml, row 1"),
        (["{export}", "--min-votes", "99"], "leave nobody"),
        (["{export}/blank.csv"], "There are no votes"),
        (["{export}/comments.csv"], "neither a matrix of votes"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    export: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (export / "bad.toml").write_text("= what")
    (export / "latin.toml").write_bytes(b'name = "\xe9"')
    (export / "blank.csv").write_text("participant,1\n5,\n")
    if arguments[0].endswith("blank.csv"):
        (export / "comments.csv").unlink()
    code, out, err = run(*(one.format(export=export) for one in arguments), capsys=capsys)
    assert (code, out) == (1, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("wrong", [["--seed", "-1"], ["--moderation", "kind"], ["--colour"]])
def test_wrong_options_end_with_2(
    export: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(export), *wrong])
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_it_runs_without_django_scipy_and_masked_arrays(export: Path) -> None:
    """Each costs more to load than a small run takes. A reader that stops early is no error."""
    code = (
        "import runpy, sys\n"
        "try: runpy.run_module('aggregation.engine', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "loaded = {'django', 'scipy', 'numpy.ma'} & set(sys.modules)\n"
        "sys.exit(f'{code} {sorted(loaded)}' if code or loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, export], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "What is uncertain" in done.stdout
