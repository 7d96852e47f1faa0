"""Proof of work on open links: a moment of a device's time for each seat, as ALTCHA does it.

The challenge is signed, expires and can be used once. Nothing is asked of a third party. Who has
no JavaScript may join without one, slowly and a few at a time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

import altcha
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Deliberation, RateLimit

from . import limits
from .errors import Invalid, TooMany

# 100 to 200 keys of 5,000 rounds each: about half a second on a laptop, one or two on a phone.
_ALGORITHM: Final = "PBKDF2/SHA-256"
_ROUNDS: Final = 5_000
_FEWEST, _SPREAD = 100, 100
_LIFETIME: Final = timedelta(hours=2)  # reading the consent text may take a lunch break
_LONGEST: Final = 4_000  # characters of an answer
_PLAIN: Final = limits.Limit("join-without-proof", every=720, burst=5)
_PLAIN_AGE: Final = 5.0


def challenge(deliberation: Deliberation) -> str:
    """A new challenge as JSON, for ``static/deliberation/proof_of_work.js``."""
    made = altcha.create_challenge(
        _ALGORITHM,
        _ROUNDS,
        counter=_FEWEST + secrets.randbelow(_SPREAD),
        expires_at=timezone.now() + _LIFETIME,
        hmac_secret=_secret(deliberation),
        hmac_key_secret=_secret(deliberation, "key"),
    )
    return json.dumps(made.to_dict())


def spend(deliberation: Deliberation, proof: str) -> None:
    """Accept an answer to a challenge, once. Raises Invalid for any that does not hold.

    proof : base64 of the JSON of challenge and solution, as ALTCHA's clients send it.
    Call it in the transaction of what it pays for, so that a failure there costs nothing.
    """
    if len(proof) > _LONGEST or not _holds(deliberation, proof):
        raise Invalid(_("The check of your device did not arrive in one piece. Please try again."))
    parameters = altcha.Payload.from_base64(proof).challenge.parameters
    until = datetime.fromtimestamp(int(parameters.expires_at or 0), UTC)
    # Under the day it expires on, so that midnight does not make it new.
    name = limits.key(limits.Limit("proof", 0, 1), parameters.nonce, at=until)
    _row, first = RateLimit.objects.get_or_create(key=name, defaults={"due_at": until})
    if not first:
        raise Invalid(_("This check was used before. Please try again."))


def spare(*, network: str, age: float) -> None:
    """Let someone in without a proof: not at once, and only a few from one network in an hour.

    age : seconds since the page was made. Raises TooMany.
    """
    if age < _PLAIN_AGE:
        words = _("Please take a moment to read the text, then send this again.")
        raise TooMany(words, retry_after=int(_PLAIN_AGE - age) + 1)
    try:
        limits.take(_PLAIN, network)
    except TooMany as error:
        minutes = -(-error.retry_after // 60)
        words = _(
            "Without JavaScript only a few people in an hour can join from one network. "
            "Turn JavaScript on, or try again in %(n)d minutes."
        ) % {"n": minutes}
        raise TooMany(words, retry_after=error.retry_after) from error


def _holds(deliberation: Deliberation, proof: str) -> bool:
    try:
        return bool(
            altcha.verify_solution(
                proof,
                _secret(deliberation),
                hmac_key_secret=_secret(deliberation, "key"),
            ).verified
        )
    except (ValueError, TypeError, AttributeError):  # JSON of other shapes
        return False


def _secret(deliberation: Deliberation, of: str = "challenge") -> bytes:
    return hashlib.blake2b(
        f"{of}.{deliberation.pk}".encode(),
        key=hashlib.blake2b(settings.SECRET_KEY.encode(), person=b"folkmoot proof").digest(),
    ).digest()
