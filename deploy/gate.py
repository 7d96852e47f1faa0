"""The gate in front of every view: what is not in deploy/addresses.py is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from deliberation.access import role_in
from deliberation.phases import ever_allowed
from deliberation.second_step import Lacking, has_set_up, lacking
from deploy.addresses import ADDRESSES, ANYONE, SIGNED_IN

_SET_UP: Final = frozenset({"mfa_activate_totp", "mfa_add_webauthn"})
# What is open to someone who is signed in and lacks the second step that the site asks for. Whoever
# has one and did not show it must not get to where it is turned off, or another one is added.
_WITHOUT: Final = {
    Lacking.SET_UP: _SET_UP
    | {"second_step", "mfa_index", "account_reauthenticate", "choose_password"},
    Lacking.CONFIRM: frozenset(
        {"second_step", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
    ),
}
# For anyone who comes from outside. Whoever is signed in could tie an account elsewhere to theirs.
_TIES: Final = frozenset({"openid_connect_login", "openid_connect_callback"})


class Gate:
    """404 for addresses without an entry and for outsiders, sign-in first, 403 for wrong roles."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if match and match.view_name in _SET_UP and request.method == "POST":
            _keep(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        who = ADDRESSES.get(name)
        if who is None:
            raise Http404
        if who == ANYONE and name not in _TIES:
            return None
        lacks = lacking(request)
        if lacks and name not in _WITHOUT[lacks]:
            return _second_step_first(request)
        if who == ANYONE:
            return None
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        if who != SIGNED_IN:
            role = role_in(request, kwargs["slug"])
            if role is None:
                raise Http404
            if not ever_allowed(role, who):
                raise PermissionDenied
        return None


def _keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Whoever was led on from setting up the second step need not show it again."""
    done = {reverse("mfa_view_recovery_codes"), reverse("mfa_index")}
    if response.status_code == 302 and response["Location"] in done:
        has_set_up(request)


def _sign_in_first(request: HttpRequest) -> HttpResponseBase:
    return _whole_page(request, redirect_to_login(request.get_full_path()))


def _second_step_first(request: HttpRequest) -> HttpResponseBase:
    asked = {"next": request.get_full_path()} if request.method == "GET" else {}
    query = f"?{urlencode(asked)}" if asked else ""
    return _whole_page(request, redirect(reverse("second_step") + query))


def _whole_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Also where htmx asked for a part of one."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(response["Location"])
    return response
