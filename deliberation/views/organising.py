"""What the organiser's pages share: who asks, and whether the page is for their role."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from deliberation.access import Managed, managed_deliberation
from deliberation.models import User
from deliberation.phases import ever_allowed


def signed_in(request: HttpRequest) -> User:
    """The user behind a request that ``login_required`` has let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def readable(request: HttpRequest, slug: str, action: str) -> Managed:
    """A page about ``action`` for reading: any phase, but only roles that have that action."""
    managed = managed_deliberation(request, slug, "view")
    if not ever_allowed(managed.role, action):
        raise PermissionDenied
    return managed
