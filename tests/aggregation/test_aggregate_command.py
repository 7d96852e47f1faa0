"""``manage.py aggregate``: published figures come out again, and only JSON goes to stdout."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from django.core.management import CommandError, call_command

from aggregation.document import outcome_text
from aggregation.engine import shipped
from aggregation.models import Run
from deliberation.models import Statement
from deliberation.services.rounds import close_round
from tests.factories import join, make_deliberation, make_open, the_round, vote_row

pytestmark = pytest.mark.django_db

THRESHOLDS = ["0.60", "0.65", "0.70", "0.75", "0.80", "0.85", "0.90", "0.95"]


def closed_assistant() -> None:
    """Eight people in two camps, four seeds."""
    deliberation = make_open("vote")
    for n in range(8):
        vote_row(join(deliberation), [1, 1 if n < 4 else -1, 0 if n else None, -1 if n < 4 else 1])
    close_round(round=the_round(deliberation), actor=None)


def aggregate(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("aggregate", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def aggregated(*arguments: str) -> dict:
    return json.loads(aggregate(*arguments, "--json")[0])


def import_quietly(folder, *options: str) -> None:
    call_command("import_polis", str(folder), *options, stdout=io.StringIO())


def test_the_json_has_what_is_promised(db):
    closed_assistant()
    out = aggregated("assistant")
    run = Run.objects.get()
    assert out["run"] == run.pk
    assert (out["plan_hash"], out["input_digest"]) == (run.plan_hash, run.input_digest)
    assert (out["participants"], out["statements"]) == (8, 4)
    assert out["votes"] == {"agree": 16, "disagree": 8, "pass": 7}
    assert sum(group["size"] for group in out["groups"]) <= 8
    assert set(out["consensus"]["gac_raw"]) == {"mean", "median", "min", "max"}
    assert list(out["all_groups_above"]) == THRESHOLDS
    assert isinstance(out["selected"], list)


def test_progress_goes_to_standard_error_and_json_alone_to_standard_output():
    closed_assistant()
    out, err = aggregate("assistant", "--json")
    assert out.startswith("{")
    assert out.rstrip().endswith("}")
    assert "Drawing the map of opinions" in err


def test_the_summary_can_be_read(db):
    closed_assistant()
    out, _err = aggregate("assistant")
    assert "8 participants, 4 statements, 31 votes (16 agree, 8 disagree, 7 pass)" in out


def test_a_plan_can_be_named_or_given_as_a_file(tmp_path):
    closed_assistant()
    text = """
        name = "mine"
        title = "Two groups"
        [grouping]
        method = "kmeans"
        k = 2
        min_votes = 1
        [[rules]]
        id = "threshold"
        measure = "min_group"
        above = 0.9
        min_group_votes = 1
    """
    (tmp_path / "plan.toml").write_text(text)
    mine = aggregated("assistant", "--plan", str(tmp_path / "plan.toml"))
    assert len(mine["groups"]) == 2
    unanimous = Statement.objects.order_by("number").first()
    assert mine["selected"] == [unanimous.number]
    assert aggregated("assistant", "--plan", "default")["plan_hash"] == shipped("default").hash


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name = 'x", "not valid TOML"),
        ("name = 'x'\ntitle = 'y'\nrules = []", "must name at least one rule"),
        ("nmae = 'x'", "nmae"),
    ],
)
def test_a_plan_that_does_not_hold_is_refused_by_name(tmp_path, content, words):
    closed_assistant()
    (tmp_path / "plan.toml").write_text(content)
    with pytest.raises(CommandError, match=words):
        aggregate("assistant", "--plan", str(tmp_path / "plan.toml"))
    assert not Run.objects.exists()


def test_an_unknown_plan_lists_those_there_are():
    closed_assistant()
    with pytest.raises(CommandError, match="ccai-2023"):
        aggregate("assistant", "--plan", "nothing")


def test_an_unknown_deliberation_is_refused():
    with pytest.raises(CommandError, match="There is no deliberation"):
        aggregate("nowhere")


def test_an_open_round_has_no_results():
    make_open("vote")
    with pytest.raises(CommandError, match="No round of “assistant” is closed yet"):
        aggregate("assistant")


def test_a_round_without_votes_fails_in_plain_words():
    deliberation = make_open("vote")
    close_round(round=the_round(deliberation), actor=None)
    with pytest.raises(CommandError, match="There are no votes to aggregate"):
        aggregate("assistant")
    assert Run.objects.get().status == "failed"


def test_a_deliberation_in_preparation_has_no_results():
    make_deliberation()
    with pytest.raises(CommandError, match="closed yet"):
        aggregate("assistant")


@pytest.mark.reference_data
def test_the_panel_of_2023_gives_the_published_figures(reference_data):
    import_quietly(reference_data / "ccai", "--slug", "ccai", "--clean")
    out = aggregated("ccai")
    assert (out["participants"], out["statements"]) == (1_002, 275)
    assert out["votes"] == {"agree": 27_271, "disagree": 4_550, "pass": 2_742}
    assert [group["size"] for group in out["groups"]] == [619, 383]
    gac = {key: round(value, 4) for key, value in out["consensus"]["gac_raw"].items()}
    assert gac == {"mean": 0.6430, "median": 0.7039, "min": 0.0417, "max": 0.9630}
    assert list(out["all_groups_above"].values()) == [233, 213, 196, 180, 135, 82, 33, 2]
    assert len(out["selected"]) == 116


@pytest.mark.reference_data
def test_with_groups_attached_by_number_the_corrected_figures_come_out(reference_data, tmp_path):
    import_quietly(reference_data / "ccai", "--slug", "ccai", "--clean")
    corrected = shipped("ccai-2023").to_dict()
    rule = corrected["rules"][0]
    lines = [
        'name = "ccai-2023-corrected"',
        'title = "Groups attached by number"',
        "[participants]",
        "min_votes = 0",
        "[grouping]",
        'method = "declared"',
        'source = "group-id-reattached"',
        "[[rules]]",
        f'id = "{rule["id"]}"',
        f'measure = "{rule["measure"]}"',
        f"above = {rule['above']}",
    ]
    (tmp_path / "plan.toml").write_text("\n".join(lines))
    out = aggregated("ccai", "--plan", str(tmp_path / "plan.toml"))
    assert list(out["all_groups_above"].values()) == [219, 205, 185, 157, 126, 81, 31, 3]


@pytest.mark.reference_data
def test_the_raw_panel_has_the_same_votes_by_groups_of_our_own(reference_data):
    ccai = reference_data / "ccai"
    listed = str(ccai / "ids-to-toss.csv")
    import_quietly(ccai, "--slug", "raw", "--min-votes", "26", "--exclude-ids", listed)
    out = aggregated("raw")
    assert (out["participants"], out["statements"]) == (1_002, 275)
    assert out["votes"] == {"agree": 27_271, "disagree": 4_550, "pass": 2_742}
    assert len(out["groups"]) >= 2


@pytest.mark.reference_data
@pytest.mark.parametrize(
    "folder",
    [
        "15-per-hour-seattle",
        "american-assembly.bowling-green",
        "brexit-consensus",
        "scoop-hivemind.biodiversity",
        "vtaiwan.uberx",
    ],
)
def test_open_polis_conversations_aggregate(reference_data, folder):
    import_quietly(reference_data / "polis" / folder, "--slug", "polis")
    out = aggregated("polis")
    run = Run.objects.get()
    assert out["participants"] + len(out["participants_left_out"]) == (
        run.round.deliberation.participants.count()
    )
    assert len(out["groups"]) >= 2
    text = outcome_text(run)
    assert hashlib.sha256(text.encode()).hexdigest() == run.outcome_digest
