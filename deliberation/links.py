"""Addresses that leave the site: in print, in mails, in downloads."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def absolute(path: str, request: HttpRequest | None = None) -> str:
    """``path`` with the public address of this site in front of it.

    The setting PUBLIC_URL wins. Without it the address of the request is used; without a
    request the path stays as it is.
    """
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL).rstrip("/") + path
    return request.build_absolute_uri(path) if request else path
