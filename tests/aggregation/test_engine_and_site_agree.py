"""The same export, read by the engine alone and imported into a deliberation, is the same votes."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from aggregation.engine import Plan, shipped
from aggregation.engine.reading import read
from aggregation.loading import load_matrix
from deliberation.models import Round
from tests.deliberation.polis_files import write_export

pytestmark = pytest.mark.django_db


def declared(source: str) -> Plan:
    table = shipped("ccai-2023").to_dict()
    return Plan.from_dict(table | {"grouping": table["grouping"] | {"source": source}})


@pytest.mark.parametrize("plan", [shipped("default"), declared("group-id"), declared("other")])
@pytest.mark.parametrize("moderation", ["strict", "open"])
def test_both_give_the_votes_the_same_name(tmp_path: Path, plan: Plan, moderation: str) -> None:
    folder = write_export(tmp_path)
    ids = tmp_path / "ids.csv"
    ids.write_text("11\n99\n")
    call_command(
        "import_polis", str(folder), "--slug", "same", "--moderation", moderation,
        "--min-votes", "2", "--exclude-ids", str(ids),
    )  # fmt: skip
    stored = load_matrix(Round.objects.get(deliberation__slug="same"), plan)
    source = plan.grouping.source if plan.grouping.method == "declared" else None
    alone = read(folder).with_groups(source).panel(
        moderation=moderation, min_votes=2, left_out={11, 99}
    )  # fmt: skip
    assert alone.excluded is not None
    assert alone.participant_ids[alone.excluded].tolist() == [11]
    assert stored.digest == alone.digest
