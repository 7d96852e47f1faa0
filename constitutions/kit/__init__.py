"""What leaves the house: one module per format, one table that lists them.

Each format is a pure function of a version's rows: building twice gives the same bytes, whatever
the order of rows, the clock or the language of whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from constitutions.models import Version

from . import canonical_json, llm_swarm, markdown

__all__ = ["FORMATS", "Format", "filename"]


@dataclass(frozen=True)
class Format:
    """One way to write a constitution. ``build`` returns the bytes of one file."""

    label: str | Promise
    purpose: str | Promise
    suffix: str
    media_type: str
    build: Callable[[Version], bytes]


FORMATS: Final[dict[str, Format]] = {
    "canonical-json": Format(
        label=_("Complete record (JSON)"),
        purpose=_("Every principle with its statements, votes, rule and edits. For checking."),
        suffix=".json",
        media_type="application/json",
        build=canonical_json.build,
    ),
    "markdown": Format(
        label=_("Document (Markdown)"),
        purpose=_("The constitution with notes and a table. For reading and printing."),
        suffix=".md",
        media_type="text/markdown; charset=utf-8",
        build=markdown.build,
    ),
    "llm-swarm": Format(
        label=_("Training file (llm-swarm)"),
        purpose=_("One critique and one revision request per principle. For training a model."),
        suffix=".llm-swarm.json",
        media_type="application/json",
        build=llm_swarm.build,
    ),
}


def filename(version: Version, format: str) -> str:
    """``our-town-v2.llm-swarm.json``; drafts say so: ``our-town-v2-draft.json``."""
    slug = version.constitution.deliberation.slug
    draft = "-draft" if version.is_draft else ""
    return f"{slug}-v{version.number}{draft}{FORMATS[format].suffix}"
