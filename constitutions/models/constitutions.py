"""A constitution, its versions, and the way from each principle back to votes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aggregation.models import Run
from deliberation.models import Deliberation, Statement
from deliberation.models.checks import SHA256_HEX, one_of


class Constitution(models.Model):
    """What a deliberation leads to. Its versions hold the text."""

    deliberation = models.OneToOneField(
        Deliberation, on_delete=models.PROTECT, related_name="constitution"
    )
    title = models.CharField(_("title"), max_length=160)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title


class VersionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published, not yet ratified by the panel")
    RATIFIED = "ratified", _("Ratified by the panel")


class Version(models.Model):
    """One wording of the constitution. Frozen, by trigger, once it is published.

    Of a frozen version only the step from published to ratified remains.
    """

    constitution = models.ForeignKey(
        Constitution, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=VersionStatus, default=VersionStatus.DRAFT)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="versions")
    rule_index = models.PositiveSmallIntegerField(default=0)
    preamble = models.TextField(_("preamble"), blank=True, max_length=20_000)
    # SHA-256 of the canonical JSON export, taken at publication.
    digest = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    ratified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["constitution", "number"], name="version_number_unique"
            ),
            models.UniqueConstraint(
                fields=["constitution"],
                condition=models.Q(status=VersionStatus.DRAFT),
                name="one_draft_at_a_time",
            ),
            one_of("status", VersionStatus, "version_status_known"),
            models.CheckConstraint(
                condition=models.Q(status=VersionStatus.DRAFT, published_at__isnull=True, digest="")
                | (
                    ~models.Q(status=VersionStatus.DRAFT)
                    & models.Q(published_at__isnull=False, digest__regex=SHA256_HEX)
                ),
                name="version_published_has_digest",
            ),
            models.CheckConstraint(
                condition=models.Q(status=VersionStatus.RATIFIED, ratified_at__isnull=False)
                | (~models.Q(status=VersionStatus.RATIFIED) & models.Q(ratified_at__isnull=True)),
                name="version_ratified_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.constitution} v{self.number}"

    def get_absolute_url(self) -> str:
        slug = self.constitution.deliberation.slug
        return reverse("constitution_version", args=[slug, self.number])

    @property
    def is_draft(self) -> bool:
        return self.status == VersionStatus.DRAFT


class Principle(models.Model):
    """One rule of the constitution. ``key`` stays the same across versions."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="principles")
    key = models.CharField(max_length=20)
    position = models.PositiveIntegerField()
    text = models.TextField(max_length=2_000)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="principle_key_unique"),
            models.UniqueConstraint(
                fields=["version", "position"],
                name="principle_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(text__regex=r"\S"), name="principle_text_not_blank"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Lineage(models.Model):
    """A statement behind a principle, with the rule and the figures that selected it."""

    principle = models.ForeignKey(Principle, on_delete=models.CASCADE, related_name="lineage")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="principles")
    rule = models.CharField(max_length=40)
    rule_params = models.JSONField(default=dict)
    rank = models.PositiveIntegerField()
    score = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["principle", "statement"], name="lineage_statement_once"
            )
        ]


class PrincipleEdit(models.Model):
    """One change of wording, with its author. Append-only, held by trigger."""

    # The principle is named by its key, so that the record outlives a removed principle.
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="edits")
    principle_key = models.CharField(max_length=20)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True, help_text=_("Empty when the principle was removed."))
    reason = models.CharField(max_length=300, blank=True)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(before=models.F("after")), name="edit_changes_something"
            )
        ]
