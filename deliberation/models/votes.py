"""Votes as they stand, every event that led there, and what was shown."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .panels import Participant
from .rounds import Round
from .statements import Statement

VALUES = (-1, 0, 1)


class Choice(models.IntegerChoices):
    """The three votes. Unseen is not a vote; it is the absence of a row."""

    AGREE = 1, _("Agree")
    DISAGREE = -1, _("Disagree")
    PASS = 0, _("Pass")


def of_statement(related_name: str) -> models.ForeignKey[Statement]:
    """To the statement. The foreign key in the database is (statement, round), see the guards."""
    return models.ForeignKey(
        Statement,
        on_delete=models.PROTECT,
        related_name=related_name,
        db_constraint=False,
        db_index=False,
    )


def of_round(related_name: str) -> models.ForeignKey[Round]:
    """To the round of that statement, held by the same foreign key."""
    return models.ForeignKey(
        Round,
        on_delete=models.PROTECT,
        related_name=related_name,
        db_constraint=False,
        db_index=False,
    )


class Vote(models.Model):
    """The one vote that counts of a participant on a statement."""

    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="votes", db_index=False
    )
    statement = of_statement("votes")
    round = of_round("votes")
    value = models.SmallIntegerField(choices=Choice)
    # "This matters to me", said by the participant.
    important = models.BooleanField(default=False, db_default=False)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "statement"], name="one_vote"),
            models.CheckConstraint(condition=models.Q(value__in=VALUES), name="vote_value_known"),
        ]
        indexes = [models.Index(fields=["round", "statement"], name="vote_by_statement")]


class EventSource(models.TextChoices):
    WEB = "web", _("Cast in a browser")
    IMPORT = "import", pgettext_lazy("a vote", "Imported")
    SIMULATION = "simulation", _("Simulated")


class VoteEvent(models.Model):
    """The append-only record of a vote cast, changed or withdrawn.

    ``value`` is null for a withdrawal. ``previous`` is the vote before this event, null if
    there was none. Replaying events by ``id`` gives the votes table.
    """

    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="vote_events", db_index=False
    )
    statement = of_statement("vote_events")
    round = of_round("vote_events")
    value = models.SmallIntegerField(choices=Choice, null=True)
    important = models.BooleanField(default=False, db_default=False)
    previous = models.SmallIntegerField(choices=Choice, null=True)
    # Sent by the form: the same key twice is the same event, however often it arrives.
    key = models.UUIDField()
    source = models.CharField(max_length=12, choices=EventSource)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "key"], name="vote_event_once"),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True) | models.Q(value__in=VALUES),
                name="vote_event_value_known",
            ),
            models.CheckConstraint(
                condition=models.Q(previous__isnull=True) | models.Q(previous__in=VALUES),
                name="vote_event_previous_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=EventSource.values), name="vote_event_source_known"
            ),
        ]
        indexes = [models.Index(fields=["round", "statement"], name="vote_event_by_statement")]


class Exposure(models.Model):
    """A card was shown to a participant, drawn with this probability.

    ``drawn`` is false where the participant asked for it, by undoing a vote or by opening it
    from a list; statistics of what was drawn leave those out.
    """

    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="exposures", db_index=False
    )
    statement = of_statement("exposures")
    round = of_round("exposures")
    probability = models.FloatField()
    drawn = models.BooleanField(default=True, db_default=True)
    shown_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(probability__gt=0, probability__lte=1),
                name="exposure_probability_valid",
            ),
        ]
        indexes = [
            models.Index(fields=["participant", "-id"], name="exposure_latest"),
            models.Index(fields=["round", "statement"], name="exposure_by_statement"),
        ]
