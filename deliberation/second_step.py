"""The second step that a site may ask of everybody who works on it (SECOND_STEP=required).

It is asked of sessions, not of accounts: a session that began with a password alone must not become
a full one because somebody else, the owner of the account, sets up a second step elsewhere.
Whoever comes by the organisation's own sign-in service has passed what that service asks for, and
is asked nothing more. Participants do not sign in.
"""

from __future__ import annotations

from enum import StrEnum

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from deliberation.models import User

# The names by which django-allauth records how a session was signed in.
_BY_SERVICE, _BY_SECOND_STEP = "socialaccount", "mfa"
# Recovery codes stand in for one of these and are none by themselves.
_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class Lacking(StrEnum):
    """What is missing before pages of organisers open."""

    SET_UP = "set_up"  # this person has no second step yet
    CONFIRM = "confirm"  # there is one, and this session has not shown it


def lacking(request: HttpRequest) -> Lacking | None:
    """What the one who is signed in still has to do; None if nothing, or if nobody is."""
    user = request.user
    if not settings.SECOND_STEP_REQUIRED or not isinstance(user, User):
        return None
    ways = {record.get("method") for record in get_authentication_records(request, user)}
    if _BY_SERVICE in ways:
        return None
    if not is_mfa_enabled(user, _STEPS):
        return Lacking.SET_UP
    return None if _BY_SECOND_STEP in ways else Lacking.CONFIRM


def has_set_up(request: HttpRequest) -> None:
    """This session has just set up the second step, and has shown it by that."""
    if isinstance(request.user, User) and is_mfa_enabled(request.user, _STEPS):
        record_authentication(request, request.user, _BY_SECOND_STEP)


def ways_to_confirm(user: User) -> dict[str, bool]:
    """Which of the pages that ask for a second step this person can use."""
    return {
        "code": is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]),
        "key": is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN]),
    }
