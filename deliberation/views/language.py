"""Choosing the language of the pages, by hand."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

# Where a browser says that a form was sent from. Old ones say nothing.
_OURS = (None, "same-origin", "none")


@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Remember the language in a cookie for a year and go back to the page.

    No CSRF token: it would put a cookie on every page that somebody only reads. A form on another
    site is refused by the header that browsers send instead, and could change nothing but words.
    """
    if request.headers.get("Sec-Fetch-Site") not in _OURS:
        raise PermissionDenied
    return set_language(request)
