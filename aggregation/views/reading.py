"""What the pages of the report share: the run, what stands in every page, and one's own place."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers

from aggregation.models import Run, RunStatus
from deliberation.access import current_participant, seat_on_device, visible_deliberation
from deliberation.models import Deliberation, Participant


def run_to_read(request: HttpRequest, slug: str, run_id: int) -> Run:
    """A done run of a deliberation that the visitor may see, with its round. Else 404."""
    deliberation = visible_deliberation(request, slug)
    run = (
        Run.objects.select_related("round")
        .filter(pk=run_id, round__deliberation=deliberation, status=RunStatus.DONE)
        .first()
    )
    if run is None:
        raise Http404
    run.round.deliberation = deliberation
    return run


def page(
    request: HttpRequest, run: Run, template: str, here: str, context: dict[str, Any]
) -> HttpResponse:
    """A page of the report. ``here`` is the URL name of the part that it belongs to."""
    shared = {
        "deliberation": run.round.deliberation,
        "run": run,
        "here": here,
        "official": run.plan_hash == run.round.plan_hash,
    }
    response = render(request, template, shared | context)
    return apart(request, response, run.round.deliberation)


def apart(request: HttpRequest, response: HttpResponse, deliberation: Deliberation) -> HttpResponse:
    """Who sits on a seat may see their own place: no cache may show that page to anyone else."""
    patch_vary_headers(response, ("Cookie",))
    if seat_on_device(request, deliberation) is not None or request.user.is_authenticated:
        patch_cache_control(response, private=True, no_store=True)
    return response


def reader(request: HttpRequest, run: Run) -> Participant | None:
    """Who sits on this device, if they are in the run."""
    participant = current_participant(request, run.round.deliberation)
    if participant is None or not run.participants.filter(participant=participant).exists():
        return None
    return participant


def one_of(value: str | None, known: list[str] | tuple[str, ...], otherwise: str) -> str:
    return value if value is not None and value in known else otherwise


def number_in(value: str | None, count: int) -> int:
    """A place from 0 to ``count`` - 1; 0 for anything else."""
    # No place has ten digits; a number of thousands of them Python refuses to read.
    short = value is not None and len(value) < 10 and value.isascii() and value.isdigit()
    place = int(value) if value is not None and short else 0
    return place if place < count else 0
