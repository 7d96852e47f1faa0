"""The gate in front of every view: what is not in deploy/addresses.py is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect

from deliberation.access import role_in
from deliberation.phases import ever_allowed
from deploy.addresses import ADDRESSES, ANYONE, SIGNED_IN


class Gate:
    """404 for addresses without an entry and for outsiders, sign-in first, 403 for wrong roles."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        who = ADDRESSES.get(match.view_name) if match else None
        if who is None:
            raise Http404
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


def _sign_in_first(request: HttpRequest) -> HttpResponseBase:
    """The whole page goes to sign in, also where htmx asked for a part of one."""
    response = redirect_to_login(request.get_full_path())
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(response["Location"])
    return response
