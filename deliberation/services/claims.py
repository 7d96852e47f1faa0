"""Who is looking at which statement, so that two moderators do not do the same work.

A claim runs out by itself after five minutes and stands in nobody's way: a decision by someone
else still counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from deliberation.models import Claim, Round, Statement, User

from . import locks

LASTS: Final = timedelta(minutes=5)
_OFTEN: Final = timedelta(minutes=1)


def claim(
    *,
    round: Round,
    statements: QuerySet[Statement],
    user: User,
    limit: int,
    offset: int = 0,
    keeping: Collection[int] = (),
) -> list[Statement]:
    """Take ``limit`` statements that nobody else looks at; returns them, in their order.

    statements : of this round, in the order in which they are to be taken.
    keeping    : numbers of those that the user still has before them. Their claims go on; the
                 user's other claims end, so that nobody waits for a page that was left.
    Of moderators who ask at the same moment no two are given the same statement.
    """
    with transaction.atomic():
        locks.hold(locks.CLAIMS, round.pk)
        until = timezone.now() + LASTS
        own = Claim.objects.filter(user=user, statement__round=round)
        own.exclude(statement__number__in=keeping).delete()
        own.update(expires_at=until)
        taken = list(free_for(statements, user)[offset : offset + limit])
        Claim.objects.bulk_create(
            [Claim(statement=one, user=user, expires_at=until) for one in taken],
            update_conflicts=True,
            unique_fields=["statement"],
            update_fields=["user", "expires_at"],
        )
    return taken


def keep(*, round: Round, user: User) -> None:
    """Whoever decides goes on looking: what they hold lasts five minutes from now.

    Give or take a minute, so that not every decision has to write.
    """
    now = timezone.now()
    held = Claim.objects.filter(user=user, statement__round=round, expires_at__gt=now)
    if not held.filter(expires_at__lt=now + LASTS - _OFTEN).exists():
        return
    with transaction.atomic():
        locks.hold(locks.CLAIMS, round.pk)
        held.update(expires_at=now + LASTS)


def held_by_others(user: User) -> QuerySet[Claim]:
    """The claims of other people that have not run out."""
    return Claim.objects.filter(expires_at__gt=timezone.now()).exclude(user=user)


def free_for(statements: QuerySet[Statement], user: User) -> QuerySet[Statement]:
    """Those of the statements that nobody else looks at."""
    return statements.exclude(Exists(held_by_others(user).filter(statement=OuterRef("pk"))))


def looked_at(statements: Sequence[Statement], user: User) -> set[int]:
    """The primary keys of those that somebody else looks at."""
    held = held_by_others(user).filter(statement__in=statements)
    return set(held.values_list("statement", flat=True))
