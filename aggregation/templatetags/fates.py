"""What a run found about one statement, for the page of the person who wrote it."""

from __future__ import annotations

from django import template

from aggregation.models import Run, RunStatus, SelectionFinding, SelectionStatus, StatementFinding
from aggregation.selectors import newest_official
from aggregation.words import reason_in_words
from deliberation.models import Round

register = template.Library()


@register.inclusion_tag("aggregation/tags/statement_fate.html", takes_context=True)
def statement_fate(context: template.Context, round: Round, number: int) -> dict[str, object]:
    """How the panel voted on the statement, and whether it was selected, with the reason.

    Reads the newest official run of the round; says so where there is none yet.
    """
    kept = context.render_context
    if "official_run" not in kept:
        kept["official_run"] = newest_official(round)
    run = kept["official_run"]
    if run is None or run.status != RunStatus.DONE:
        return {"counted": False}
    found = StatementFinding.objects.filter(run=run, statement__number=number).first()
    return {"counted": True, "found": found, "decisions": _decisions(run, number)}


def _decisions(run: Run, number: int) -> list[dict[str, object]]:
    """What each rule of the plan says, in the order of the plan."""
    rows = SelectionFinding.objects.filter(run=run, statement__number=number).order_by("rule_index")
    return [
        {
            "selected": row.status == SelectionStatus.SELECTED,
            "undecided": row.status == SelectionStatus.NOT_ENOUGH_EVIDENCE,
            "reason": reason_in_words(row.reason["code"], row.reason["params"])
            if row.reason
            else "",
            "rule": row.rule_index + 1,
        }
        for row in rows
    ]
