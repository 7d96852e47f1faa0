"""What a run found, as tables: statements, groups, selections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from aggregation.downloads.tables import Cell, Column, csv_bytes
from aggregation.engine import REASONS
from aggregation.models import Run
from aggregation.report.groups import groups
from aggregation.report.lines import Decision, Line, lines

STATEMENTS: Final = (
    Column("statement", _("Number of the statement.")),
    Column("text", _("Its words. A leading = + - or @ has an apostrophe before it.")),
    Column("language", _("Language of the words.")),
    Column("origin", _("“panel” if a participant wrote it, “seed” if the organisers did.")),
    Column("agree", _("People who agree.")),
    Column("disagree", _("People who disagree.")),
    Column("pass", _("People who have read it and passed.")),
    Column("share", _("agree ÷ (agree + disagree + pass), 0 to 1.")),
    Column("share_low", _("Lower end of the range of the share (Wilson).")),
    Column("share_high", _("Upper end of that range.")),
    Column("gac_polis", _("Common ground, smoothed; see the page on the method.")),
    Column("gac_raw", _("Common ground. Empty if some group cast no vote.")),
    Column("min_group", _("Share of agreement in the least agreeing group.")),
    Column("spread", _("Share in the most agreeing group minus that in the least agreeing one.")),
)
GROUPS: Final = (
    Column("group", _("Letter of the opinion group.")),
    Column("people", _("People in the group.")),
    Column("name", _("What the organisers call it, if they do.")),
    Column("statement", _("Number of the statement.")),
    Column("agree", _("People of the group who agree.")),
    Column("disagree", _("People of the group who disagree.")),
    Column("pass", _("People of the group who have read it and passed.")),
    Column("share", _("agree ÷ (agree + disagree + pass) in the group, 0 to 1.")),
    Column("share_low", _("Lower end of the range of the share (Wilson).")),
    Column("share_high", _("Upper end of that range.")),
)
SELECTIONS: Final = (
    Column("rule", _("Place of the rule in the plan, from 1. The first one drafts.")),
    Column("rule_id", _("Name of the rule in plans.")),
    Column("statement", _("Number of the statement.")),
    Column("status", _("selected, not_selected or not_enough_evidence.")),
    Column("rank", _("Place among the selected ones, from 1.")),
    Column("score", _("What the rule compared; empty where it could not be computed.")),
    Column("reason", _("Why, in the words of the engine.")),
    Column("frequency", _("Share of all redrawn panels that select it. Empty if none were drawn.")),
    Column(
        "rank_low", _("Best place among the selected, in 95 of 100 redrawn panels that select it.")
    ),
    Column(
        "rank_high",
        _("Worst place among the selected, in 95 of 100 redrawn panels that select it."),
    ),
    Column("flip", _("So few people, voting otherwise, would move it in or out.")),
)


def statements_csv(run: Run) -> bytes:
    """One row per statement."""
    return csv_bytes([column.name for column in STATEMENTS], map(_statement, lines(run)))


def groups_csv(run: Run) -> bytes:
    """One row per group and statement."""
    return csv_bytes([column.name for column in GROUPS], _groups(run))


def selections_csv(run: Run) -> bytes:
    """One row per rule and statement."""
    return csv_bytes([column.name for column in SELECTIONS], _selections(lines(run)))


def _statement(line: Line) -> Sequence[Cell]:
    origin = "panel" if line.from_panel else "seed"
    measures = (line.measures[name] for name in ("gac_polis", "gac_raw", "min_group"))
    return (
        line.number, line.text, line.language, origin, line.agree, line.disagree, line.passed,
        line.share, line.low, line.high, *measures, line.spread,
    )  # fmt: skip


def _groups(run: Run) -> Iterator[Sequence[Cell]]:
    statements = lines(run)
    known = {group.label: group for group in groups(run, statements)}
    for line in statements:
        for votes in line.groups:
            group = known[votes.label]
            yield (
                group.letter, group.size, group.name, line.number, votes.agree, votes.disagree,
                votes.passed, votes.share, votes.low, votes.high,
            )  # fmt: skip


def _selections(statements: Sequence[Line]) -> Iterator[Sequence[Cell]]:
    for index in sorted({index for line in statements for index in line.decisions}):
        for line in statements:
            decision, steady = line.decisions[index], line.steady.get(index)
            resampled = (
                (steady.frequency, steady.low, steady.high, steady.flip) if steady else (None,) * 4
            )
            yield (
                index + 1, decision.rule, line.number, decision.status, decision.rank,
                decision.score, _reason(decision), *resampled,
            )  # fmt: skip


def _reason(decision: Decision) -> str:
    """In English and the same for everyone: files know no language."""
    words = REASONS.get(decision.code, decision.code)
    return words.format(**decision.params) if decision.code in REASONS else words
