"""How every table says which words a column may hold."""

from django.db import models


def one_of(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """A CHECK constraint that holds ``field`` to the values of ``choices``."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=name)


SHA256_HEX = r"^[0-9a-f]{64}$"
