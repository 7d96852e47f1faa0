"""Sitting down, from a page that may be sent twice.

Every join page carries a signed number of its own. Sent twice, by a double click or a lost
answer, it leads to the same participant: nobody is locked out of the seat they just took.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Deliberation, Participant

from . import join_tally, locks, proof_of_work
from .errors import Invalid
from .panels import take_seat
from .tokens import new_token, token_hash

_SALT = "folkmoot.join"
_MAX_AGE = 24 * 3600
_SENT_TWICE = timedelta(minutes=10)


@dataclass(frozen=True)
class JoinPage:
    """One copy of the join page: its secret, and when it was made (seconds since 1970)."""

    secret: str
    made_at: float

    def sealed(self, deliberation: Deliberation) -> str:
        """As the page carries it."""
        return signing.dumps([self.secret, self.made_at], salt=f"{_SALT}.{deliberation.pk}")


def new_page() -> JoinPage:
    return JoinPage(new_token(), round(time.time(), 1))


def read_page(deliberation: Deliberation, sealed: str) -> JoinPage | None:
    """The page that was sent; None if it is none of ours or older than a day."""
    try:
        sent = signing.loads(sealed, salt=f"{_SALT}.{deliberation.pk}", max_age=_MAX_AGE)
        return JoinPage(str(sent[0]), float(sent[1]))
    except (signing.BadSignature, ValueError, TypeError, IndexError):
        return None


def sit_down(
    *,
    deliberation: Deliberation,
    consent_hash: str,
    network: str,
    token: str | None = None,
    xid: str | None = None,
    page: JoinPage | None = None,
    proof: str = "",
) -> Participant:
    """Take a seat as ``take_seat`` does, once for each page.

    proof : what a browser worked out for the open link, where the organiser asks for it.
    Raises what take_seat raises, and Invalid or TooMany for a missing proof.
    """
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        before = _by_this_page(deliberation, page)
        if before is not None:
            return before
        if deliberation.panel.proof_of_work and token is None and xid is None:
            _pay(deliberation, page, proof, network)
        participant = take_seat(
            deliberation=deliberation, token=token, xid=xid, consent_hash=consent_hash
        )
        if token is None and xid is None:
            join_tally.count(deliberation, network)
        if page is not None:
            # Until they make a link of their own this column is free; no address leads by it.
            participant.return_hash = _page_hash(deliberation, page)
            participant.save(update_fields=["return_hash"])
    return participant


def _by_this_page(deliberation: Deliberation, page: JoinPage | None) -> Participant | None:
    if page is None:
        return None
    return Participant.objects.filter(
        deliberation=deliberation,
        return_hash=_page_hash(deliberation, page),
        joined_at__gt=timezone.now() - _SENT_TWICE,
        session_version__gt=0,
        withdrawn_at=None,
    ).first()


def _page_hash(deliberation: Deliberation, page: JoinPage) -> bytes:
    return token_hash(f"page.{deliberation.pk}.{page.secret}")


def _pay(deliberation: Deliberation, page: JoinPage | None, proof: str, network: str) -> None:
    if proof:
        proof_of_work.spend(deliberation, proof)
    elif page is None:
        raise Invalid(_("This page was open for a long time. Please send it again."))
    else:
        proof_of_work.spare(network=network, age=time.time() - page.made_at)
