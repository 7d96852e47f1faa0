"""Consent texts: each version is kept, and each participant's agreement names one."""

from __future__ import annotations

import hashlib

from django.db.models import Max
from django.utils import timezone

from deliberation.models import ConsentText, Deliberation, Participant


def text_hash(text: str) -> str:
    """SHA-256 hex of a consent text."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_version(*, deliberation: Deliberation, text: str) -> None:
    """Keep this text for good, under the next version number, unless it is there already."""
    if not text.strip():
        return
    kept = ConsentText.objects.filter(deliberation=deliberation)
    highest = kept.aggregate(highest=Max("version"))["highest"] or 0
    if not kept.filter(sha256=text_hash(text)).exists():
        ConsentText.objects.create(
            deliberation=deliberation, version=highest + 1, text=text, sha256=text_hash(text)
        )


def agree(*, participant: Participant, text: str) -> None:
    """The participant agrees to the text now in force, after an earlier one."""
    keep_version(deliberation=participant.deliberation, text=text)
    participant.consent_hash = text_hash(text)
    participant.consented_at = timezone.now()
    participant.save(update_fields=["consent_hash", "consented_at"])
