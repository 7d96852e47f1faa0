"""What became of one statement in the constitution, for the page of the person who wrote it."""

from __future__ import annotations

from django import template

from constitutions.editing import principle_key
from constitutions.models import Lineage, Principle, PrincipleEdit, Version
from constitutions.selectors import published_versions
from deliberation.models import Deliberation, Round, Statement

register = template.Library()


@register.inclusion_tag("constitutions/tags/statement_principles.html", takes_context=True)
def statement_principles(
    context: template.Context, deliberation: Deliberation, round: Round, number: int
) -> dict[str, object]:
    """The principles of the newest published version that rest on this statement.

    Where it was selected and then taken out, the reason that the constitution gives.
    """
    kept = context.render_context
    if "newest_version" not in kept:
        kept["newest_version"] = next(iter(published_versions(deliberation)), None)
    version = kept["newest_version"]
    if version is None:
        return {}
    lines = Lineage.objects.filter(
        principle__version=version, statement__round=round, statement__number=number
    ).select_related("principle")
    principles = [
        {"principle": line.principle, "number": _place(line.principle)}
        for line in lines.order_by("principle__position")
    ]
    return {
        "deliberation": deliberation,
        "version": version,
        "principles": principles,
        "removed": None if principles else _removed(version, round, number),
    }


@register.inclusion_tag("constitutions/tags/ratification_ahead.html")
def ratification_ahead(deliberation: Deliberation) -> dict[str, object]:
    """Whether the panel has ratified the newest published wording, or will be asked to."""
    return {"version": next(iter(published_versions(deliberation)), None)}


def _place(principle: Principle) -> int:
    """The number of a principle as people count: from one, in reading order."""
    return Principle.objects.filter(
        version=principle.version_id, position__lte=principle.position
    ).count()


def _removed(version: Version, round: Round, number: int) -> PrincipleEdit | None:
    """The edit that took out the principle of this statement, if it was the last word on it."""
    statement = Statement.objects.select_related("round").get(round=round, number=number)
    edits = PrincipleEdit.objects.filter(version=version, principle_key=principle_key(statement))
    last = edits.order_by("-id").first()
    return last if last is not None and not last.after else None
