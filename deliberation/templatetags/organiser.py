"""The strip of pages that organisers see under the header."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from deliberation.access import Managed
from deliberation.phases import ever_allowed

register = template.Library()


@register.inclusion_tag("organise/tags/organiser_nav.html")
def organiser_nav(managed: Managed, here: str) -> dict[str, object]:
    """Only the pages that belong to this role. ``here`` is the URL name of this page."""
    pages = [
        ("workspace", _("Workspace"), "view"),
        ("round_settings", _("Question"), "view"),
        ("plan", _("Plan"), "view"),
        ("panel", _("Panel"), "recruit"),
        ("profile_questions", _("About people"), "edit"),
        ("seeds", _("Seeds"), "view"),
        ("queue", _("Moderation"), "moderate"),
        ("watch", _("Watch"), "watch"),
        ("runs", _("Results"), "run"),
        ("constitution_workspace", _("Constitution"), "draft"),
        ("members", _("Who works here"), "members"),
        ("audit_trail", _("Audit"), "audit"),
    ]
    return {
        "deliberation": managed.deliberation,
        "here": here,
        "pages": [
            (name, word) for name, word, action in pages if ever_allowed(managed.role, action)
        ],
    }


@register.simple_tag
def second_step_required() -> bool:
    """Whether this site asks a second step of everybody who works here."""
    return bool(settings.SECOND_STEP_REQUIRED)
