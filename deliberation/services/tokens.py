"""Secrets in links: 128 bits, stored as a SHA-256 hash. Most are shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from .errors import Gone

# Stands where the secret would, in a letter that somebody sends to themselves to look at.
SAMPLE: Final = "sample"


def new_token() -> str:
    """22 URL-safe characters carrying 128 random bits."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> bytes:
    """What the database keeps. No salt is needed for 128 random bits."""
    return hashlib.sha256(token.encode()).digest()


def computed_token(*words: object) -> str:
    """22 URL-safe characters, 128 bits that always come out alike for the same words.

    For links that stand in several letters: the database keeps only their hash, too.
    """
    text = ".".join(map(str, ("folkmoot", *words))).encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), text, hashlib.sha256)
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def refuse_sample(token: str) -> None:
    """Say of a link from a sample letter that it is one. Raises Gone."""
    if token == SAMPLE:
        raise Gone(_("This link stands in a sample of a letter. It leads nowhere."))
