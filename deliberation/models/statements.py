"""Sentences to vote on, and where they came from."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from deliberation.routing import HIGHEST

from .checks import one_of
from .panels import Participant
from .rounds import Round


class Origin(models.TextChoices):
    SEED = "seed", _("Written by the organiser")
    PANEL = "panel", _("Proposed by the panel")


class Status(models.TextChoices):
    PENDING = "pending", _("Waiting for a moderator")
    ACCEPTED = "accepted", _("Open for votes")
    REJECTED = "rejected", _("Not shown")


class StatementQuerySet(models.QuerySet["Statement"]):
    def counting(self) -> StatementQuerySet:
        """The statements that count: shown, voted on, analysed and exported.

        Pages, runs and exports all call this, so that they cannot differ.
        """
        return self.filter(status=Status.ACCEPTED)


class Statement(models.Model):
    """One sentence. ``number`` is its public name within the round."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    text = models.TextField()
    # Unicode, case and white space folded (deliberation/texts.py), to find exact duplicates.
    folded = models.TextField()
    language = models.CharField(max_length=12, default="en")
    origin = models.CharField(max_length=8, choices=Origin)
    author = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="statements"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    # Relative chance of being shown next; refreshed by a worker (deliberation/routing.py).
    # A new statement weighs as much as any can, so that it is seen without a worker, too.
    routing_weight = models.FloatField(default=HIGHEST)
    # The same for people of routing group 0, 1, …; empty while groups are unknown.
    group_weights = ArrayField(models.FloatField(), default=list, blank=True)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Statement]] = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="statement_number_unique"),
            # Target of the foreign keys (statement, round) of votes, see the guards migration.
            models.UniqueConstraint(fields=["id", "round"], name="statement_in_round"),
            one_of("origin", Origin, "statement_origin_known"),
            one_of("status", Status, "statement_status_known"),
            models.CheckConstraint(
                condition=models.Q(text__regex=r"^\S(.*\S)?$"), name="statement_text_trimmed"
            ),
            models.CheckConstraint(
                condition=models.Q(routing_weight__gt=0), name="statement_weight_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["round", "status"], name="statement_round_status"),
            models.Index(fields=["round", "folded"], name="statement_round_folded"),
        ]

    def __str__(self) -> str:
        return self.text


class LineageKind(models.TextChoices):
    REWORDED = "reworded", _("Reworded from")
    SPLIT = "split", _("Split from")
    MERGED = "merged", _("Merged from")


class LineageQuerySet(models.QuerySet["StatementLineage"]):
    def standing(self) -> LineageQuerySet:
        """Lineage that holds: not of rewrites that were taken back."""
        return self.filter(undone_at=None)


class StatementLineage(models.Model):
    """A statement made from an older one. Nothing is edited silently."""

    child = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="parents")
    parent = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="children")
    kind = models.CharField(max_length=10, choices=LineageKind)
    created_at = models.DateTimeField(auto_now_add=True)
    # When the rewrite was taken back: then it is history, and the older one stands for itself.
    undone_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[StatementLineage]] = LineageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="lineage_once"),
            one_of("kind", LineageKind, "lineage_kind_known"),
            models.CheckConstraint(
                condition=~models.Q(child=models.F("parent")), name="lineage_not_to_itself"
            ),
        ]
