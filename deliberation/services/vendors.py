"""Recruitment vendors: one seat for each person they send, and the way back to them."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from deliberation.models import Panel, Participant, Seat, VendorReference

from .errors import Invalid

_XID_MAX: Final = 200
_AT_HOME: Final = ("localhost", "127.0.0.1", "::1")
# What stands in an address whose placeholder the vendor did not fill in. Everyone they send
# would share one seat.
_UNFILLED: Final = set("{}[]\ufffd")


@dataclass(frozen=True)
class Completion:
    """What someone gets who has done their part. Either may be empty, not both."""

    code: str
    return_url: str


def read_xid(sent: str) -> str:
    """The vendor's name for a person, as it came in the address. Raises Invalid."""
    if not sent.strip():
        raise Invalid(_("The link you followed names nobody: “xid” is empty. Tell who sent it."))
    if len(sent) > _XID_MAX:
        raise Invalid(_("The link you followed is too long: “xid” has at most 200 characters."))
    if _UNFILLED & set(sent) or any(unicodedata.category(c)[0] == "C" for c in sent):
        raise Invalid(
            _("The link you followed is damaged: “xid” contains signs that cannot be in it.")
        )
    return sent


def xid_hash(panel: Panel, xid: str) -> bytes:
    """SHA-256 of panel and xid, so that the same person has one seat on each panel."""
    return hashlib.sha256(f"{panel.pk}\n{xid}".encode()).digest()


def vendor_seat(panel: Panel, xid: str) -> Seat | None:
    """The seat of a person whom a vendor sent, if they were here before."""
    return panel.seats.filter(xid_hash=xid_hash(panel, xid)).first()


def check_return_url(address: str) -> None:
    """Raises Invalid unless people can be sent there: https, a host, and no secrets in it."""
    try:
        parts = urlsplit(address.replace("{xid}", "x").replace("{code}", "x"))
        host = urlsplit(address).hostname or ""
        _port = parts.port
    except ValueError:
        raise Invalid(_("This is not a web address."), field="return_url") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _AT_HOME):
        raise Invalid(_("The address must begin with https://"), field="return_url")
    odd = any(c.isspace() or unicodedata.category(c)[0] == "C" for c in address)
    if odd or not host or parts.username is not None or "{" in host or "}" in host:
        raise Invalid(_("This is not a web address."), field="return_url")
    if "{" in parts.path + parts.query + parts.fragment:
        raise Invalid(_("Only {xid} and {code} can be filled in."), field="return_url")


def completion(participant: Participant, voted: int, goal: int) -> Completion | None:
    """Code and way back for someone who has reached the goal; None before, or if there is none.

    voted, goal : votes cast, and votes asked of each person.
    The way back is for people whom a vendor sent; the code is for everyone.
    """
    if voted < goal:
        return None
    panel = Panel.objects.get(deliberation=participant.deliberation_id)
    address = _filled(panel, participant)
    if not (panel.completion_code or address):
        return None
    return Completion(code=panel.completion_code, return_url=address)


def _filled(panel: Panel, participant: Participant) -> str:
    sent = VendorReference.objects.filter(seat=participant.seat_id).first()
    if sent is None or not panel.return_url:
        return ""
    try:
        check_return_url(panel.return_url)
    except Invalid:
        return ""
    # In one pass over the address, so that an xid that reads "{code}" stays what it is.
    parts = panel.return_url.split("{xid}")
    code = quote(panel.completion_code, safe="")
    return quote(sent.xid, safe="").join(part.replace("{code}", code) for part in parts)
