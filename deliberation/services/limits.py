"""How often something may be done, by one seat or from one network.

Counted in PostgreSQL (``folkmoot_take`` in the migrations), so that limits hold across processes
and machines and need no Redis. Each limit is a rate with a burst: someone who votes once a
second never meets it.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import ceil
from threading import Lock

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from deliberation.models import RateLimit

from .errors import TooMany


@dataclass(frozen=True)
class Limit:
    """``burst`` requests at once, then one every ``every`` seconds."""

    name: str
    every: float
    burst: int


# By seat.
VOTE = Limit("vote", every=0.5, burst=60)
PROPOSE = Limit("propose", every=60, burst=5)
SIMILAR = Limit("similar", every=1, burst=30)
CONTACT = Limit("contact", every=600, burst=5)
# By user.
SAMPLE = Limit("sample", every=60, burst=10)
# By network: many people may sit behind one address.
VOTE_NETWORK = Limit("vote-network", every=0.01, burst=3000)
JOIN = Limit("join", every=2, burst=60)
LINK = Limit("link", every=2, burst=30)
SIGN_IN = Limit("sign-in", every=15, burst=10)


def take(limit: Limit, who: str) -> None:
    """Count one request. Raises TooMany, with the seconds to wait, if it comes too soon.

    who : a seat or a network (``network``); it is hashed before it is stored.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT folkmoot_take(%s, %s, %s, %s)",
            [key(limit, who), limit.every, limit.burst, timezone.now()],
        )
        (wait,) = cursor.fetchone()
    if wait > 0:
        raise too_many(ceil(wait))


_FREE = 20
_WINDOW = 10.0
_counting = Lock()
_counted: dict[bytes, tuple[float, int]] = {}


def take_if_busy(limit: Limit, who: str) -> None:
    """Like ``take``, but asks the database only about the busy: once in twenty requests.

    For limits that many people share and that hardly anyone meets. Each process lets the first
    twenty requests of ten seconds pass by itself, and counts in twenties from then on. Asking
    for each would make the people of a network wait for each other's votes.
    """
    name, now = key(limit, who), time.monotonic()
    with _counting:
        until, count = _counted.get(name, (0.0, 0))
        if now > until:
            until, count = now + _WINDOW, 0
        if len(_counted) > 10_000:
            _counted.clear()
        _counted[name] = (until, count + 1)
    if count and count % _FREE == 0:
        take(Limit(limit.name, limit.every * _FREE, limit.burst // _FREE), who)


def sweep() -> int:
    """Delete what no longer limits anyone; returns how many rows went."""
    gone, _each = RateLimit.objects.filter(due_at__lt=timezone.now()).delete()
    return gone


def too_many(seconds: int) -> TooMany:
    """The refusal in words."""
    words = ngettext(
        "That was very fast. Please wait %(n)d second and try again.",
        "That was very fast. Please wait %(n)d seconds and try again.",
        seconds,
    )
    return TooMany(words % {"n": seconds}, retry_after=seconds)


def key(limit: Limit, who: str, at: datetime | None = None) -> bytes:
    """16 bytes that name limit and seat or network, and mean nothing tomorrow."""
    day = (at or timezone.now()).date().toordinal()
    return hashlib.blake2b(
        f"{limit.name}.{day}.{who}".encode(), key=_secret(), digest_size=16
    ).digest()


@cache
def _secret() -> bytes:
    return hashlib.blake2b(settings.SECRET_KEY.encode(), person=b"folkmoot limits").digest()


def network(request: HttpRequest) -> str:
    """The network a request came from: an IPv4 address, or the first 56 bits of an IPv6 one.

    Behind a proxy it is the address that the proxy saw, the last one it wrote.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        address = forwarded or address
    if ":" not in address:
        return address
    return ":".join(_groups(address)[:3]) + ":" + _groups(address)[3][:2]


def _groups(address: str) -> list[str]:
    """The eight groups of an IPv6 address, four digits each; zeros for what is none."""
    head, _, tail = address.partition("%")[0].partition("::")
    left, right = ([g for g in part.split(":") if g] for part in (head, tail))
    middle = ["0"] * max(0, 8 - len(left) - len(right))
    return [group.zfill(4) for group in (*left, *middle, *right, *["0"] * 8)][:8]
