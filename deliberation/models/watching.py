"""What workers count of an open round, so that no page has to look through votes.

All of it can be counted anew from events and exposures; nothing here is a source of anything.
"""

from __future__ import annotations

from django.db import models

from .panels import Participant
from .rounds import Round
from .statements import Statement


class RoundWatch(models.Model):
    """How an open round goes, as a worker last saw it. One row for each round, written over.

    Counted are vote events and exposures up to ``last_event`` and ``last_exposure``; null until
    there is a first one. ``figures`` is what pages show (services/watching.py).
    """

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="watch")
    as_of = models.DateTimeField()
    last_event = models.PositiveBigIntegerField(null=True)
    last_exposure = models.PositiveBigIntegerField(null=True)
    figures = models.JSONField(default=dict)


class HourTally(models.Model):
    """Votes cast, and votes changed or taken back, in one hour."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    votes = models.PositiveIntegerField(default=0)
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "hour"], name="hour_tally_once"),
        ]


class VoterTally(models.Model):
    """How many votes one person has standing, how many of each kind, and how quickly they came.

    ``timed`` are votes of a browser on a card that was shown before; ``quick`` those among them
    that came within a second.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    agree = models.IntegerField(default=0)
    disagree = models.IntegerField(default=0)
    passes = models.IntegerField(default=0)
    timed = models.IntegerField(default=0)
    quick = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "participant"], name="voter_tally_once"),
        ]


class StatementTally(models.Model):
    """How often one statement was shown, and how many votes it has."""

    statement = models.OneToOneField(Statement, on_delete=models.CASCADE, related_name="tally")
    shown = models.IntegerField(default=0)
    votes = models.IntegerField(default=0)
