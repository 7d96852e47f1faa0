"""The only way a view gets an object. Outsiders get 404, the wrong role 403.

Participants carry a signed cookie per deliberation, bound to its path. It names the
participant and the version of their session, which is raised when their seat link is issued
again or revoked, so that an old cookie stops working.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from deliberation.models import Deliberation, Membership, Participant, Pool, Round, Seat
from deliberation.models.rounds import Phase
from deliberation.phases import allows, ever_allowed
from deliberation.second_step import lacking
from deliberation.services.errors import Gone, WrongPhase
from deliberation.services.panels import find_seat
from deliberation.services.tokens import refuse_sample

_COOKIE = "seat"
_SALT = "folkmoot.seat"
_MAX_AGE = 180 * 24 * 3600


@dataclass(frozen=True)
class Managed:
    """A deliberation as seen by someone who works on it."""

    deliberation: Deliberation
    round: Round
    role: str

    def may(self, action: str) -> bool:
        return allows(self.round.stage, self.role, action)


def current_round(deliberation: Deliberation) -> Round:
    """The newest round. Every deliberation has at least one."""
    return deliberation.rounds.latest("number")


def visible_deliberation(request: HttpRequest, slug: str) -> Deliberation:
    """A deliberation whose pages anyone may see: opened at least once. Else 404.

    People who work on it and people who hold a seat may see it before.
    """
    deliberation = Deliberation.objects.select_related("panel").filter(slug=slug).first()
    if deliberation is None:
        raise Http404
    opened = deliberation.rounds.exclude(phase=Phase.DRAFT).exists()
    inside = opened or _role(request, deliberation) or current_participant(request, deliberation)
    if not inside:
        raise Http404
    return deliberation


def lottery_deliberation(request: HttpRequest, slug: str) -> tuple[Deliberation, Pool]:
    """A deliberation whose lottery anyone may read about, also before its first round opens.

    Raises Http404 where no page invites people to sign up and no pool was fixed.
    """
    pool = Pool.objects.select_related("panel__deliberation").filter(panel__deliberation__slug=slug)
    public = Q(sign_up=True) | Q(frozen_at__isnull=False)
    found = pool.filter(public).first()
    if found is None:
        found = pool.filter(panel__strata__isnull=False).first()
        # Who works on it may look at the pages before others can.
        if found is None or role_in(request, slug) is None:
            raise Http404
    return found.panel.deliberation, found


def linked_lottery(slug: str) -> tuple[Deliberation, Pool]:
    """The lottery of a link in a letter, which works whether or not anyone may sign up now."""
    pool = Pool.objects.select_related("panel__deliberation")
    found = pool.filter(panel__deliberation__slug=slug).first()
    if found is None:
        raise Http404
    return found.panel.deliberation, found


def invited_deliberation(request: HttpRequest, slug: str, token: str) -> tuple[Deliberation, Seat]:
    """The deliberation and seat of a seat link, which works before the round opens too.

    Raises Gone for a link that is unknown or revoked, Http404 where there is nothing to see.
    """
    refuse_sample(token)
    deliberation = Deliberation.objects.select_related("panel").filter(slug=slug).first()
    seat = find_seat(deliberation, token) if deliberation else None
    if deliberation is None or seat is None:
        visible_deliberation(request, slug)
        raise Gone(_("This link is not valid, or it was withdrawn. Ask whoever sent it to you."))
    return deliberation, seat


def managed_deliberation(request: HttpRequest, slug: str, action: str) -> Managed:
    """A deliberation on which the signed-in user may do ``action`` now.

    Raises Http404 for outsiders, PermissionDenied for the wrong role and WrongPhase for the
    right role at the wrong time.
    """
    deliberation = Deliberation.objects.select_related("panel").filter(slug=slug).first()
    role = _role(request, deliberation) if deliberation else None
    if deliberation is None or role is None:
        raise Http404
    managed = Managed(deliberation, current_round(deliberation), role)
    if not managed.may(action):
        if not ever_allowed(role, action):
            raise PermissionDenied
        raise WrongPhase(
            _("This cannot be done in the phase “%(phase)s”.")
            % {"phase": managed.round.get_phase_display()}
        )
    return managed


def role_in(request: HttpRequest, slug: str) -> str | None:
    """The role of whoever asks in the deliberation at this address; None for outsiders."""
    if not request.user.is_authenticated or lacking(request):
        return None
    held = Membership.objects.filter(deliberation__slug=slug, user=request.user)
    return held.values_list("role", flat=True).first()


def _role(request: HttpRequest, deliberation: Deliberation) -> str | None:
    # Without the second step that the site may ask for nobody has a role.
    if not request.user.is_authenticated or lacking(request):
        return None
    membership = Membership.objects.filter(deliberation=deliberation, user=request.user).first()
    return membership.role if membership else None


@dataclass(frozen=True, slots=True)
class SeatOnDevice:
    """What the cookie says: a participant's number, and the version of their session."""

    number: int
    session: int


def seat_on_device(request: HttpRequest, deliberation: Deliberation) -> SeatOnDevice | None:
    """The seat this device claims. Whether it still holds is for the database to say."""
    value = request.COOKIES.get(_COOKIE)
    if value is None:
        return None
    try:
        number, version = signing.loads(value, salt=_salt(deliberation), max_age=_MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return SeatOnDevice(number, version)


def current_participant(request: HttpRequest, deliberation: Deliberation) -> Participant | None:
    """Who sits on this device, or None."""
    seat = seat_on_device(request, deliberation)
    if seat is None:
        return None
    return Participant.objects.filter(
        deliberation=deliberation,
        number=seat.number,
        session_version=seat.session,
        session_version__gt=0,
        withdrawn_at=None,
    ).first()


def remember_participant(response: HttpResponse, participant: Participant) -> None:
    """Keep the participant on this device for half a year."""
    deliberation = participant.deliberation
    response.set_cookie(
        _COOKIE,
        signing.dumps([participant.number, participant.session_version], salt=_salt(deliberation)),
        max_age=_MAX_AGE,
        path=_path(deliberation),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def forget_participant(response: HttpResponse, deliberation: Deliberation) -> None:
    """Sign the participant out of this device."""
    response.delete_cookie(_COOKIE, path=_path(deliberation), samesite="Lax")


def _salt(deliberation: Deliberation) -> str:
    return f"{_SALT}.{deliberation.pk}"


def _path(deliberation: Deliberation) -> str:
    return f"/d/{deliberation.slug}/"
