"""Moderators are reminded when statements wait longer than was promised: one letter a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from deliberation.models import Membership, Outgoing, Round, User
from deliberation.models.deliberations import Role
from deliberation.models.recruiting import MailKind
from deliberation.models.rounds import OPEN_PHASES
from deliberation.phases import allows
from deliberation.selectors.queue import queue_state

from .outbox import enqueue
from .subscriptions import mail_offered

EVERY: Final = timedelta(days=1)


def remind_moderators() -> int:
    """Ask for a letter to each moderator of a round with a late queue; returns how many.

    Who had one within a day gets none. Called as often as one likes.
    """
    if not mail_offered():
        return 0
    open_rounds = Round.objects.filter(phase__in=OPEN_PHASES).select_related("deliberation")
    return sum(_remind(round) for round in open_rounds if queue_state(round).overdue)


def _remind(round: Round) -> int:
    deliberation = round.deliberation
    with transaction.atomic():
        # Of two workers at the same moment the second finds the letters of the first.
        Round.objects.select_for_update(no_key=True).get(pk=round.pk)
        lately = Outgoing.objects.filter(
            deliberation=deliberation,
            kind=MailKind.QUEUE,
            created_at__gt=timezone.now() - EVERY,
        )
        due = [user for user in who_moderates(round) if not lately.filter(user=user).exists()]
        for user in due:
            enqueue(kind=MailKind.QUEUE, deliberation=deliberation, user=user)
    return len(due)


def who_moderates(round: Round) -> list[User]:
    """The moderators of a round; where there are none, everybody else who may moderate."""
    may = [role for role in Role.values if allows(round.stage, role, "moderate")]
    members = Membership.objects.filter(
        deliberation=round.deliberation_id, role__in=may, user__is_active=True
    )
    moderators = members.filter(role=Role.MODERATOR)
    asked = moderators if moderators.exists() else members
    return list(User.objects.filter(pk__in=asked.values("user")).order_by("pk"))
