"""Baselines written without the panel, and how a constitution is held against them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from deliberation.models.checks import SHA256_HEX, one_of

from .constitutions import Principle, Version


class Baseline(models.Model):
    """A baseline as shipped in constitutions/baselines, copied in when first compared with."""

    slug = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=160)
    summary = models.TextField(blank=True)
    sources = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(digest__regex=SHA256_HEX), name="baseline_hashed"
            )
        ]

    def __str__(self) -> str:
        return self.title


class ItemKind(models.TextChoices):
    PROMOTE = "promote", _("Do more of")
    PREVENT = "prevent", _("Keep from")
    BEYOND = "beyond", _("Beyond this baseline")


class BaselineItem(models.Model):
    """One aspect of a pillar, or a value area that the baseline does not name."""

    baseline = models.ForeignKey(Baseline, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=80)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=ItemKind)
    pillar = models.CharField(max_length=40, blank=True)
    label = models.CharField(max_length=120)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["baseline", "key"], name="baseline_item_once"),
            one_of("kind", ItemKind, "baseline_item_kind_known"),
            models.CheckConstraint(
                condition=models.Q(kind=ItemKind.BEYOND, pillar="")
                | (~models.Q(kind=ItemKind.BEYOND) & ~models.Q(pillar="")),
                name="baseline_item_pillar_unless_beyond",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Comparison(models.Model):
    """A version held against a baseline."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="comparisons")
    baseline = models.ForeignKey(Baseline, on_delete=models.PROTECT, related_name="comparisons")
    method = models.CharField(max_length=60, help_text=_("How suggestions were made."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "baseline"], name="comparison_once")
        ]


class ComparisonMatch(models.Model):
    """Where one principle belongs: what the machine suggests and what a person decided.

    ``decided_item`` null with ``decided_at`` set means "none of these".
    """

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="matches")
    principle = models.ForeignKey(Principle, on_delete=models.PROTECT, related_name="matches")
    suggested_item = models.ForeignKey(
        BaselineItem, null=True, on_delete=models.PROTECT, related_name="+"
    )
    suggested_score = models.FloatField(null=True)
    decided_item = models.ForeignKey(
        BaselineItem, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "principle"], name="match_once"),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=False)
                | models.Q(decided_item__isnull=True, decided_by__isnull=True),
                name="match_decision_has_time",
            ),
        ]
