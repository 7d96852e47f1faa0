"""The constitution, its versions, its files and its comparison, for everyone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from constitutions.coverage import coverage
from constitutions.kit import FORMATS, filename
from constitutions.models import Version
from constitutions.selectors import published_versions, read_version
from deliberation.access import visible_deliberation

from .finding import comparison_of, public_version


@require_safe
def constitution(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest published version. 404 before the first."""
    versions = published_versions(visible_deliberation(request, slug))
    if not versions:
        raise Http404
    return _page(request, versions[0], versions)


@require_safe
def constitution_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version, for good. Drafts are shown to their organisers only."""
    version = public_version(request, slug, number)
    return _page(request, version, published_versions(version.constitution.deliberation))


@require_safe
def export(request: HttpRequest, slug: str, number: int, format: str) -> HttpResponse:
    """One file of the kit. 404 for a format that does not exist."""
    version = public_version(request, slug, number)
    if format not in FORMATS:
        raise Http404
    kind = FORMATS[format]
    response = HttpResponse(kind.build(version), content_type=kind.media_type)
    response["Content-Disposition"] = f'attachment; filename="{filename(version, format)}"'
    return response


@require_safe
def comparison(request: HttpRequest, slug: str, number: int, baseline: str) -> HttpResponse:
    """What the panel has and the baseline lacks, and the reverse. 404 until compared."""
    version = public_version(request, slug, number)
    found = comparison_of(version, baseline)
    if found is None:
        raise Http404
    context = {
        "version": version,
        "deliberation": version.constitution.deliberation,
        "coverage": coverage(found),
    }
    return render(request, "constitutions/comparison.html", context)


def _page(request: HttpRequest, version: Version, versions: list[Version]) -> HttpResponse:
    context = {
        "version": version,
        "deliberation": version.constitution.deliberation,
        "record": read_version(version),
        "versions": versions,
        "newest": versions[0] if versions else None,
        "comparisons": version.comparisons.select_related("baseline"),
        "formats": FORMATS,
    }
    return render(request, "constitutions/constitution.html", context)
