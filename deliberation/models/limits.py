"""How much of something someone may do in a while."""

from __future__ import annotations

from django.db import models


class RateLimit(models.Model):
    """When the next request of one kind by one seat or network would be due (GCRA).

    ``key`` is a keyed hash that changes every day; no address is stored. The table is UNLOGGED:
    a crash empties it, which harms nobody.
    """

    key = models.BinaryField(max_length=16, primary_key=True)
    due_at = models.DateTimeField()
