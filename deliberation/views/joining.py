"""Take a seat: by the open link, by a vendor's link, by a seat link. Agree to a new text."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.access import (
    current_participant,
    current_round,
    invited_deliberation,
    remember_participant,
    visible_deliberation,
)
from deliberation.forms import ConsentForm
from deliberation.models import Deliberation, Participant, Round, Seat
from deliberation.models.rounds import Phase
from deliberation.phases import PARTICIPANT, allows
from deliberation.selectors.joining import consent
from deliberation.selectors.profiles import asks_anything
from deliberation.services import limits, proof_of_work
from deliberation.services.consent import agree
from deliberation.services.errors import Gone, Invalid, NotAllowed, TooMany, WrongPhase
from deliberation.services.joining import new_page, read_page, sit_down
from deliberation.services.panels import resume_seat
from deliberation.services.vendors import read_xid, vendor_seat
from deliberation.views.answers import see_other


@dataclass(frozen=True)
class Way:
    """How someone comes in: a seat link, a vendor's xid, or the open link."""

    deliberation: Deliberation
    round: Round
    token: str | None = None
    xid: str | None = None

    @property
    def asks_proof(self) -> bool:
        return self.deliberation.panel.proof_of_work and self.token is None and self.xid is None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a seat by the open link, or with ``?xid=`` by a vendor's. Or agree to a new text."""
    deliberation = visible_deliberation(request, slug)
    way = Way(deliberation, current_round(deliberation), xid=_sent_xid(request, deliberation))
    sitting = current_participant(request, deliberation)
    before = vendor_seat(deliberation.panel, way.xid) if way.xid else None
    if sitting is not None and (way.xid is None or (before and sitting.seat_id == before.pk)):
        return _seated(request, way, sitting)
    if before is not None:
        return _here_before(request, deliberation, before)
    if not way.round.is_open:
        raise WrongPhase(_("Nobody can join at the moment: the voting is not open."))
    if way.xid is None and not deliberation.panel.open_link:
        raise NotAllowed(_("This panel is by invitation. Use the personal link you were sent."))
    return _consent(request, way)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Take the seat of a personal link. It works once; the same device may come back by it."""
    deliberation, seat = invited_deliberation(request, slug, token)
    sitting = current_participant(request, deliberation)
    if sitting is not None and sitting.seat_id == seat.pk:
        return redirect("vote", slug)
    way = Way(deliberation, current_round(deliberation), token=token)
    if hasattr(seat, "participant") and seat.taken_at is None:
        return _resume(request, way, seat)
    if seat.taken_at is not None and request.method != "POST":
        return _taken(request, deliberation)
    if not allows(way.round.stage, PARTICIPANT, "join"):
        raise WrongPhase(_("Nobody can join any more: the voting is over."))
    return _consent(request, way)


def _sent_xid(request: HttpRequest, deliberation: Deliberation) -> str | None:
    """The vendor's name for this person; None where no vendor sends people."""
    if not deliberation.panel.vendor_link or "xid" not in request.GET:
        return None
    return read_xid(request.GET["xid"])


def _consent(request: HttpRequest, way: Way) -> HttpResponse:
    """Show the text; on agreement, sit down."""
    if request.method != "POST":
        return _page(request, way, ConsentForm(current=consent(way.round).sha256))
    form = ConsentForm(request.POST, current=consent(way.round).sha256)
    try:
        limits.take(limits.JOIN, limits.network(request))
        if not form.is_valid():
            return _page(request, way, form, status=422)
        participant = _sit_down(request, way)
    except Gone:
        return _gone(request, way)
    except (TooMany, Invalid) as error:
        response = _page(request, way, form, status=error.status, problem=error.message)
        if isinstance(error, TooMany):
            response["Retry-After"] = str(error.retry_after)
        return response
    return _welcome(way, participant)


def _sit_down(request: HttpRequest, way: Way) -> Participant:
    return sit_down(
        deliberation=way.deliberation,
        token=way.token,
        xid=way.xid,
        consent_hash=consent(way.round).sha256,
        page=read_page(way.deliberation, request.POST.get("page", "")),
        proof=request.POST.get("proof", ""),
        network=limits.network(request),
    )


def _welcome(way: Way, participant: Participant) -> HttpResponse:
    asked = asks_anything(way.deliberation)
    response = see_other("about_you" if asked else "vote", way.deliberation)
    remember_participant(response, participant)
    return response


def _gone(request: HttpRequest, way: Way) -> HttpResponse:
    """Someone else was faster, or this person was here before."""
    if way.xid is None:
        return _taken(request, way.deliberation)
    before = vendor_seat(way.deliberation.panel, way.xid)
    if before is None:
        raise Gone(_("This link is not valid, or it was withdrawn."))
    return _here_before(request, way.deliberation, before)


def _page(
    request: HttpRequest, way: Way, form: ConsentForm, *, status: int = 200, problem: str = ""
) -> HttpResponse:
    # The page that was sent keeps its number and its age.
    page = read_page(way.deliberation, request.POST.get("page", "")) or new_page()
    context = {
        "deliberation": way.deliberation,
        "round": way.round,
        "form": form,
        "consent": consent(way.round),
        "page": page.sealed(way.deliberation),
        "challenge": proof_of_work.challenge(way.deliberation) if way.asks_proof else "",
        "problem": problem,
    }
    return render(request, "deliberation/join.html", context, status=status)


def _seated(request: HttpRequest, way: Way, participant: Participant) -> HttpResponse:
    """Go on voting, or read the text that has changed since this person agreed."""
    text = consent(way.round, participant)
    if way.round.phase == Phase.CLOSED or participant.consent_hash == text.sha256:
        return redirect("vote", way.deliberation.slug)
    form = ConsentForm(request.POST or None, current=text.sha256)
    if request.method == "POST":
        limits.take(limits.JOIN, limits.network(request))
    if request.method == "POST" and form.is_valid():
        agree(participant=participant, text=way.round.consent_text)
        return see_other("vote", way.deliberation)
    context = {
        "deliberation": way.deliberation,
        "round": way.round,
        "form": form,
        "consent": text,
        "again": True,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "deliberation/join.html", context, status=status)


def _resume(request: HttpRequest, way: Way, seat: Seat) -> HttpResponse:
    """A seat link that was issued anew leads to the person who sits there."""
    if request.method == "POST":
        limits.take(limits.JOIN, limits.network(request))
        participant = resume_seat(deliberation=way.deliberation, token=way.token or "")
        response = see_other("vote", way.deliberation)
        remember_participant(response, participant)
        return response
    context = {"deliberation": way.deliberation, "number": seat.number, "from_organiser": True}
    return render(request, "deliberation/come_back.html", context)


def _taken(request: HttpRequest, deliberation: Deliberation) -> HttpResponse:
    context = {"deliberation": deliberation}
    return render(request, "deliberation/seat_taken.html", context, status=410)


def _here_before(request: HttpRequest, deliberation: Deliberation, seat: Seat) -> HttpResponse:
    """A vendor sent the same person again, to another device."""
    if seat.revoked_at:
        raise Gone(_("Your seat was withdrawn. Ask the people who invited you."))
    context = {"deliberation": deliberation}
    return render(request, "deliberation/vendor_here_before.html", context, status=409)
