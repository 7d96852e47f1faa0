"""The 2023 panel of Collective Constitutional AI, from its cleaned votes to exported files."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from aggregation.models import Run
from constitutions.comparison import compare
from constitutions.kit import FORMATS
from constitutions.models import Version
from constitutions.wording import STEM
from tests.constitutions.test_kit import SCHEMA

pytestmark = [pytest.mark.django_db, pytest.mark.reference_data]


@pytest.fixture
def published(reference_data: Path, capsys: pytest.CaptureFixture[str]) -> Version:
    call_command("import_polis", str(reference_data / "ccai"), "--slug", "ccai", "--clean")
    call_command("aggregate", "ccai", "--plan", "ccai-2023")
    run = Run.objects.get(plan__name="ccai-2023")
    call_command("draft_constitution", "ccai", "--run", str(run.pk), "--publish")
    capsys.readouterr()
    return Version.objects.get()


def test_the_published_numbers_lead_to_116_principles_that_lead_back_to_votes(
    published: Version, tmp_path: Path
) -> None:
    call_command(
        "export_constitution", "ccai", "--format", "canonical-json", "--out", str(tmp_path)
    )
    record = json.loads((tmp_path / "ccai-v1.json").read_bytes())
    assert list(Draft202012Validator(SCHEMA).iter_errors(record)) == []
    assert len(record["principles"]) == 116
    assert sum(group["size"] for group in record["groups"]) == 1002
    scores = [principle["lineage"][0]["score"] for principle in record["principles"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(0.9630, abs=5e-5)
    for principle in record["principles"]:
        (source,) = principle["lineage"]
        shares = [
            group["agree"] / (group["agree"] + group["disagree"] + group["pass"])
            for group in source["by_group"]
        ]
        assert source["consensus"]["gac_raw"] == pytest.approx(prod(shares))
        assert source["consensus"]["gac_raw"] > 0.723
        assert principle["text"].startswith(STEM)


def test_every_format_is_written_and_most_statements_are_worded_by_a_rule(
    published: Version,
) -> None:
    content = {name: format.build(published) for name, format in FORMATS.items()}
    assert len(json.loads(content["llm-swarm"])["constitutions"]) == 116
    assert content["markdown"].decode().count("\n[^p") == 116
    quoted = published.edits.filter(reason="quoted").count()
    assert quoted < 116 / 4


def test_the_panel_is_held_against_the_baseline_both_ways(published: Version) -> None:
    comparison = compare(version=published)
    kinds = set(comparison.matches.values_list("suggested_item__kind", flat=True))
    assert comparison.matches.count() == 116
    assert {"promote", "prevent", "beyond"} <= kinds
