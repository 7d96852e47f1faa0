"""red-dwarf (PyPI: red-dwarf): from a Polis matrix to groups, consensus and representative
statements, in one process."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from clock import say
from reddwarf.implementations.polis import run_pipeline


def votes(path: Path) -> list[dict[str, int]]:
    """It takes one dict per vote."""
    found = []
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        columns = [(at, int(name)) for at, name in enumerate(header) if name.isdigit()]
        for row in rows:
            person = int(row[0])
            for at, statement in columns:
                if row[at]:
                    found.append(
                        {"participant_id": person, "statement_id": statement,
                         "vote": int(float(row[at])), "modified": 0}
                    )  # fmt: skip
    return found


result = run_pipeline(votes=votes(Path(sys.argv[2])), random_state=1)
say(0.0, int(result.participants_df["cluster_id"].nunique()))
