"""Every version of a consent text that was ever shown."""

from __future__ import annotations

from django.db import models

from .checks import SHA256_HEX
from .deliberations import Deliberation


class ConsentText(models.Model):
    """One version, append-only by trigger. Participants keep the hash they agreed to."""

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.PROTECT, related_name="consent_texts"
    )
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deliberation", "version"], name="consent_version_unique"
            ),
            models.UniqueConstraint(fields=["deliberation", "sha256"], name="consent_text_once"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex=SHA256_HEX), name="consent_text_hashed"
            ),
        ]
