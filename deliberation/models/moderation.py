"""What moderators decided, in public."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .checks import one_of
from .deliberations import Role
from .statements import Statement


class Decision(models.TextChoices):
    ACCEPT = "accept", _("Accepted")
    REJECT = "reject", _("Rejected")
    # Nobody had voted yet: the statement waits again as if nothing had been decided.
    UNDO = "undo", _("Decision taken back")


class ReasonCode(models.TextChoices):
    FITS = "fits", _("Fits the question")
    OFF_TOPIC = "off_topic", _("Does not answer the question")
    DUPLICATE = "duplicate", _("Already here in other words")
    UNCLEAR = "unclear", _("Hard to understand for others")
    SEVERAL_IDEAS = "several_ideas", _("Several ideas in one sentence")
    PERSONAL_DATA = "personal_data", _("Names or describes a private person")
    ABUSIVE = "abusive", _("Insults people or calls for harm")
    SPAM = "spam", _("Advertising, or the same thing over and over")
    LANGUAGE = "language", _("Not in the language of the deliberation")
    # Split, merged or reworded: what came of it is said by StatementLineage.
    REPLACED = "replaced", _("Goes on in other words")
    MISTAKE = "mistake", _("Decided by mistake")
    SOURCE = "source", _("Decided where the data came from")
    TAKEN_BACK = "taken_back", _("Taken back by its author")


# No person gives these: they come with imported data, or with the author's leaving.
NOT_BY_A_PERSON: Final = (ReasonCode.SOURCE, ReasonCode.TAKEN_BACK)


class ModerationDecision(models.Model):
    """One line of the public moderation log. Append-only, held by trigger."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=8, choices=Decision)
    reason = models.CharField(max_length=16, choices=ReasonCode)
    note = models.CharField(max_length=500, blank=True)
    # Null where the decision came with imported data; the log shows roles, never names.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    actor_role = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["statement", "-id"], name="decision_latest")]
        constraints = [
            one_of("decision", Decision, "decision_known"),
            one_of("reason", ReasonCode, "decision_reason_known"),
            models.CheckConstraint(
                condition=models.Q(actor_role__in=["", *Role.values]), name="decision_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(decision=Decision.ACCEPT) | ~models.Q(reason=ReasonCode.FITS),
                name="rejection_has_reason",
            ),
        ]

    @property
    def role_words(self) -> str:
        """The role of whoever decided, in the reader's language; empty for imported decisions."""
        return str(Role(self.actor_role).label) if self.actor_role else ""


class Claim(models.Model):
    """A moderator is looking at this statement; others are shown the next one.

    It runs out by itself and stands in nobody's way: a decision by someone else still counts.
    """

    statement = models.OneToOneField(Statement, on_delete=models.CASCADE, related_name="claim")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()


class Appeal(models.Model):
    """The author of a rejected statement asks for a second look. Once."""

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="appeal")
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    # Set with the decision that answers it.
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text__regex=r"\S"), name="appeal_says_something"
            )
        ]
