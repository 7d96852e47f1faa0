"""What can be taken home: files with their columns explained, and pictures."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from aggregation.downloads import FILES, filename
from aggregation.downloads.polis import needs_more
from aggregation.pictures import PICTURES, picture
from aggregation.pictures import statement_picture as draw_statement
from aggregation.report.people import left_out
from aggregation.views.reading import page, run_to_read


@require_safe
def report_data(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """All files of a run, what each column means, and how to count again."""
    run = run_to_read(request, slug, run_id)
    files = [(name, filename(run, name), file, file.fits(run)) for name, file in FILES.items()]
    context = {
        "files": files,
        "votes_file": filename(run, "polis.zip"),
        "plan_file": filename(run, "plan.toml"),
        "needs_more": needs_more(run),
        "left_out": bool(left_out(run.round.deliberation)),
    }
    return page(request, run, "aggregation/data.html", "report_data", context)


@require_safe
def report_file(request: HttpRequest, slug: str, run_id: int, name: str) -> HttpResponse:
    """One of the files."""
    run = run_to_read(request, slug, run_id)
    if name not in FILES or not FILES[name].fits(run):
        raise Http404
    file = FILES[name]
    response = HttpResponse(file.build(run), content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{filename(run, name)}"'
    return response


@require_safe
def report_picture(request: HttpRequest, slug: str, run_id: int, name: str) -> HttpResponse:
    """A chart of the report as a file of its own."""
    run = run_to_read(request, slug, run_id)
    return _svg(picture(run, name) if name in PICTURES else None)


@require_safe
def statement_picture(request: HttpRequest, slug: str, run_id: int, number: int) -> HttpResponse:
    """Votes on one statement as a picture."""
    run = run_to_read(request, slug, run_id)
    return _svg(draw_statement(run, number))


def _svg(drawn: str | None) -> HttpResponse:
    if drawn is None:
        raise Http404
    return HttpResponse(drawn, content_type="image/svg+xml")
