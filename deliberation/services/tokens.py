"""Secrets in links: 128 bits, stored as a SHA-256 hash. Most are shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from django.conf import settings


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
