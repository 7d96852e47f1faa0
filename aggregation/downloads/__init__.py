"""What can be taken home from a report: one literal table, read by the page, the view and tests.

Each file is a function of a done run. The same run gives the same bytes, whatever the language
of whoever asks. No identity is in any of them: people go by their public number, as the consent
text says, and nothing of what they say about themselves is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aggregation.document import outcome_text
from aggregation.downloads import polis, results
from aggregation.downloads.plans import plan_toml
from aggregation.downloads.tables import Column
from aggregation.models import Run

__all__ = ["FILES", "File", "filename"]


@dataclass(frozen=True)
class File:
    """One file. ``parts`` are its tables with their columns, for the data dictionary."""

    label: str | Promise
    purpose: str | Promise
    media_type: str
    build: Callable[[Run], bytes]
    parts: Sequence[tuple[str, Sequence[Column]]] = ()
    grows_with_votes: bool = False

    def fits(self, run: Run) -> bool:
        """Whether it can be made while somebody waits; if not, ``export_run`` makes it."""
        found = run.summary or {}
        cells = found["participants"] * found["statements"]
        votes = sum(found["votes"].values())
        return not self.grows_with_votes or (cells <= MOST_CELLS and votes <= MOST_VOTES)


# What a web server may be asked for: some seconds and some hundred megabytes of memory.
MOST_CELLS = 10_000_000
MOST_VOTES = 1_000_000
_CSV = "text/csv; charset=utf-8"

FILES: Final[dict[str, File]] = {
    "statements.csv": File(
        _("Statements"),
        _("Every statement with its votes and measures."),
        _CSV,
        results.statements_csv,
        [("statements.csv", results.STATEMENTS)],
    ),
    "groups.csv": File(
        _("Votes by group"),
        _("How each opinion group voted on every statement."),
        _CSV,
        results.groups_csv,
        [("groups.csv", results.GROUPS)],
    ),
    "selections.csv": File(
        _("Selections"),
        _("What every rule says of every statement, why, and how steady that is."),
        _CSV,
        results.selections_csv,
        [("selections.csv", results.SELECTIONS)],
    ),
    "people.csv": File(
        _("Places on the map"),
        _("Where each participant stands, by number. Numbers stand for nobody’s name."),
        _CSV,
        polis.people_csv,
        [("people.csv", polis.PEOPLE)],
    ),
    "polis.zip": File(
        _("All votes, as Polis exports them"),
        _("Four files that tools for Polis read: Folkmoot itself, red-dwarf and others."),
        "application/zip",
        polis.polis_zip,
        [
            ("comments.csv", polis.COMMENTS),
            ("participants-votes.csv", polis.PARTICIPANTS),
            ("votes.csv", polis.VOTES),
        ],
        grows_with_votes=True,
    ),
    "plan.toml": File(
        _("Plan"),
        _("The analysis that was run, to run it again."),
        "application/toml",
        plan_toml,
    ),
    "outcome.json": File(
        _("Whole result"),
        _("Every number of the report. Its SHA-256 is the fingerprint of the result."),
        "application/json",
        lambda run: outcome_text(run).encode(),
    ),
}


def filename(run: Run, name: str) -> str:
    """``our-town-run-12-statements.csv``."""
    return f"{run.round.deliberation.slug}-run-{run.pk}-{name}"
