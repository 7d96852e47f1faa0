"""Words for codes, and the status box of the organiser's workspace."""

from __future__ import annotations

from django import template

from aggregation.words import rule_in_words
from constitutions import words
from constitutions.selectors import VersionRecord, current_draft, latest_run, published_versions
from deliberation.models import Deliberation

register = template.Library()


@register.filter
def group_name(label: int) -> str:
    """0 → “Group A”."""
    return words.group_name(label)


@register.filter
def reason_words(reason: str) -> str:
    """The machine's code for a change in words; what people wrote stays as it is."""
    return words.edit_reason(reason)


@register.filter
def rule_words(record: VersionRecord) -> str:
    """What it took to be selected."""
    return rule_in_words(record.rule, record.params)


@register.inclusion_tag("constitutions/tags/status.html")
def constitution_status(deliberation: Deliberation) -> dict[str, object]:
    """Where the constitution stands and what to do next, for organisers."""
    versions = published_versions(deliberation)
    return {
        "deliberation": deliberation,
        "draft": current_draft(deliberation),
        "newest": versions[0] if versions else None,
        "run": latest_run(deliberation),
    }
