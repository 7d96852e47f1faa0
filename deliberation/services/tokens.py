"""Secrets in links: 128 bits, shown once, stored as a SHA-256 hash."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """22 URL-safe characters carrying 128 random bits."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> bytes:
    """What the database keeps. No salt is needed for 128 random bits."""
    return hashlib.sha256(token.encode()).digest()
