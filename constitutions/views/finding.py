"""How views get versions, principles and comparisons: the right one, or 404."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from constitutions import baselines
from constitutions.models import Comparison, Principle, Version
from deliberation.access import Managed, managed_deliberation, visible_deliberation
from deliberation.models import Deliberation


def public_version(request: HttpRequest, slug: str, number: int) -> Version:
    """A published version; drafts only for those who may work on them. Else 404."""
    deliberation = visible_deliberation(request, slug)
    version = _version(deliberation, number)
    if version.is_draft:
        managed_deliberation(request, slug, "draft")
    return version


def managed_version(
    request: HttpRequest, slug: str, number: int, action: str = "draft"
) -> tuple[Managed, Version]:
    """A version, draft or not, for someone who may do ``action`` on it."""
    managed = managed_deliberation(request, slug, action)
    return managed, _version(managed.deliberation, number)


def principle_of(version: Version, key: str) -> Principle:
    """A principle that is there now, else 404."""
    principle = version.principles.filter(key=key).first()
    if principle is None:
        raise Http404
    return principle


def comparison_of(version: Version, baseline: str) -> Comparison | None:
    """The newest comparison of a version with a baseline. 404 for an unknown baseline."""
    if baseline not in baselines.available():
        raise Http404
    found = Comparison.objects.filter(version=version, baseline__slug=baseline)
    return found.select_related("baseline", "version").order_by("-pk").first()


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment (set by django-htmx's middleware)."""
    return bool(getattr(request, "htmx", False))


def _version(deliberation: Deliberation, number: int) -> Version:
    versions = Version.objects.filter(constitution__deliberation=deliberation, number=number)
    version = versions.select_related("constitution__deliberation", "run__round").first()
    if version is None:
        raise Http404
    return version
