"""Coming back on another device: each participant may have one secret link of their own."""

from __future__ import annotations

from django.utils.translation import gettext as _

from deliberation.models import Deliberation, Participant

from .errors import NoSeat
from .tokens import new_token, token_hash


def make_return_link(*, participant: Participant) -> str:
    """A new secret for the participant's own link; the one before stops working.

    It is shown once: the database keeps its hash. Raises NoSeat if the seat was given up.
    """
    token = new_token()
    changed = Participant.objects.filter(
        pk=participant.pk, withdrawn_at=None, session_version=participant.session_version
    ).update(return_hash=token_hash(token))
    if not changed:
        raise NoSeat(_("This seat was given up."))
    return token


def find_returning(deliberation: Deliberation, token: str) -> Participant | None:
    """Whose link this is, unless it was replaced or the seat was given up."""
    return (
        Participant.objects.select_related("seat", "deliberation")
        .filter(
            deliberation=deliberation,
            return_hash=token_hash(token),
            session_version__gt=0,
            withdrawn_at=None,
            seat__revoked_at=None,
        )
        .first()
    )
