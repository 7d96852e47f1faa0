"""Come back on another device, by a secret link of one's own."""

from __future__ import annotations

from urllib.parse import quote

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import current_participant, remember_participant, visible_deliberation
from deliberation.links import absolute
from deliberation.models import Deliberation, Participant
from deliberation.services import limits
from deliberation.services.errors import Gone
from deliberation.services.returning import find_returning, make_return_link
from deliberation.views.answers import HtmxRequest, no_seat, see_other


@never_cache
@require_POST
def return_link(request: HtmxRequest, slug: str) -> HttpResponse:
    """Make one's own link, or replace it. The answer shows it once, so it is no redirect."""
    deliberation = visible_deliberation(request, slug)
    participant = current_participant(request, deliberation)
    if participant is None:
        return no_seat(request, deliberation)
    limits.take(limits.LINK, f"{deliberation.pk}.{participant.number}")
    token = make_return_link(participant=participant)
    link = absolute(reverse("come_back", args=[slug, token]), request)
    context = {
        "deliberation": deliberation,
        "link": link,
        "code": qr_code(link),
        "mail": _mail_to_oneself(deliberation, link),
    }
    return render(request, "deliberation/return_link_made.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Ask first, so that a link preview signs nobody in; then remember the seat here."""
    deliberation = Deliberation.objects.select_related("panel").filter(slug=slug).first()
    if request.method == "POST":
        limits.take(limits.LINK, limits.network(request))
    participant = find_returning(deliberation, token) if deliberation else None
    if deliberation is None or participant is None:
        visible_deliberation(request, slug)  # a wrong link does not reveal a draft
        raise Gone(
            _(
                "This link was replaced by a newer one, or it is not complete. "
                "Use the newest one, or ask the people who invited you for a new seat link."
            )
        )
    sitting = current_participant(request, deliberation)
    if sitting is not None and sitting.pk == participant.pk:
        return redirect("vote", slug)
    if request.method == "POST":
        return _seated_here(deliberation, participant)
    context = {
        "deliberation": deliberation,
        "number": participant.seat.number,
        "other": sitting.seat.number if sitting else None,
    }
    return render(request, "deliberation/come_back.html", context)


def qr_code(link: str) -> SafeString:
    """The link as a picture: SVG that stands in the page, dark on light in both schemes."""
    code = segno.make(link, error="m", micro=False)
    drawn = code.svg_inline(
        scale=5, border=3, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by segno, holds no text of ours


def _seated_here(deliberation: Deliberation, participant: Participant) -> HttpResponse:
    response = see_other("vote", deliberation)
    remember_participant(response, participant)
    return response


def _mail_to_oneself(deliberation: Deliberation, link: str) -> str:
    subject = _("My seat: %(title)s") % {"title": deliberation.title}
    body = _("With this link I can go on voting on another device. It is for me only:")
    text = "\r\n".join([body, "", link, ""])
    return f"mailto:?subject={quote(subject)}&body={quote(text)}"
