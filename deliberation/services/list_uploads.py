"""A list of people that waits between its dry run and its import, a day at most."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import ListUpload, Panel, User

from .errors import Invalid

LARGEST: Final = 30 * 1024 * 1024  # bytes
_KEPT: Final = timedelta(days=1)


def keep(*, panel: Panel, purpose: str, data: bytes, actor: User) -> ListUpload:
    """Keep the list for its import. One that the same person left lying is replaced.

    purpose : "contacts" or "pool". Raises Invalid(field "file") for one that is too large.
    """
    if len(data) > LARGEST:
        raise Invalid(_("This file is too large: at most 30 MB."), field="file")
    panel.list_uploads.filter(purpose=purpose, actor=actor).delete()
    return ListUpload.objects.create(
        panel=panel, purpose=purpose, actor=actor, data=zlib.compress(data, 1)
    )


def find(*, panel: Panel, purpose: str, pk: int, actor: User) -> ListUpload | None:
    """The list that this person left, if it is still there."""
    return ListUpload.objects.filter(panel=panel, purpose=purpose, pk=pk, actor=actor).first()


def content(upload: ListUpload) -> bytes:
    """The bytes that were sent."""
    return zlib.decompress(bytes(upload.data))


def sweep() -> int:
    """Delete lists that nobody imported; returns how many."""
    gone, _each = ListUpload.objects.filter(created_at__lt=timezone.now() - _KEPT).delete()
    return gone
