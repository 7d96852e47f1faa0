"""Who changed what, and when. Append-only, held by trigger."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .deliberations import Deliberation


class AuditEntry(models.Model):
    """One change of a deliberation. ``actor`` is null for the system itself."""

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.PROTECT, related_name="audit_entries"
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    action = models.CharField(max_length=40)
    # What was acted on, e.g. "round 1" or "statement 17"; never a person.
    subject = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__regex=r"^[a-z_]+\.[a-z_]+$"), name="audit_action_named"
            )
        ]
        indexes = [models.Index(fields=["deliberation", "-id"], name="audit_latest")]
