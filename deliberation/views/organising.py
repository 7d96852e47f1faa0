"""What the organiser's pages share: who asks, and whether the page is for their role."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django_htmx.http import HttpResponseClientRedirect

from deliberation.access import Managed, managed_deliberation
from deliberation.models import User
from deliberation.phases import ever_allowed


def signed_in(request: HttpRequest) -> User:
    """The user behind a request that ``login_required`` has let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def whole_page_sign_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """``login_required`` for a view that htmx calls: the whole page goes to sign in, not a part."""
    asks_first = login_required(view)

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = asks_first(request, *args, **kwargs)
        if by_htmx(request) and not request.user.is_authenticated:
            return HttpResponseClientRedirect(response["Location"])
        return response

    return answer


def by_htmx(request: HttpRequest) -> bool:
    """Whether a part of a page is wanted, not a page."""
    return bool(request.headers.get("HX-Request"))


def readable(request: HttpRequest, slug: str, action: str) -> Managed:
    """A page about ``action`` for reading: any phase, but only roles that have that action."""
    managed = managed_deliberation(request, slug, "view")
    if not ever_allowed(managed.role, action):
        raise PermissionDenied
    return managed
