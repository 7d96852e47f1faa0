"""Letters to people who asked for them: one for each step, and none twice.

The row is the truth. A notice is claimed by inserting its row, which is unique, before the letter
goes out; so two workers never both send it. A claim that was never finished (its worker was
killed, or the mail server refused) is taken over after ten minutes, three times at most.
A worker that dies between handing the letter over and saying so causes a second copy; both carry
one Message-ID, by which mail programs know them for the same.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.letters import letter
from deliberation.models import Notice, Participant, Seat, Subscription
from deliberation.models.contacts import NoticeState

from .errors import NoSeat
from .tokens import token_hash

MOST_TRIES: Final = 3
TAKE_OVER_AFTER: Final = timedelta(minutes=10)
_AT_ONCE: Final = 1000  # letters of one call; the next call sends the rest

log = structlog.get_logger(__name__)

# When each moment began, and who asked before it and was not told yet. The end of proposing is
# in the audit trail; it is told while people vote only. The constitution is told once, whatever
# rounds come later, so its notice hangs on the first round.
_DUE: Final = """
    WITH moments AS (
        SELECT r.id AS round, r.deliberation_id AS deliberation, 'vote' AS moment,
            a.created_at AS began
        FROM deliberation_round r JOIN deliberation_auditentry a
            ON a.deliberation_id = r.deliberation_id AND a.action = 'round.proposals_ended'
            AND a.subject = 'round ' || r.number
        WHERE r.phase = 'vote'
        UNION ALL
        SELECT id, deliberation_id, 'opened', opened_at
        FROM deliberation_round WHERE phase IN ('propose', 'vote')
        UNION ALL
        SELECT id, deliberation_id, 'closed', closed_at
        FROM deliberation_round WHERE phase = 'closed'
        UNION ALL
        SELECT r.id, r.deliberation_id, 'reopened', max(a.created_at)
        FROM deliberation_round r JOIN deliberation_amendment a
            ON a.round_id = r.id AND a.kind = 'reopened'
        WHERE r.phase = 'vote' GROUP BY r.id
        UNION ALL
        SELECT min(r.id), d.id, 'published', d.published_at
        FROM deliberation_deliberation d JOIN deliberation_round r ON r.deliberation_id = d.id
        WHERE d.published_at IS NOT NULL GROUP BY d.id
    )
    SELECT s.id, m.round, m.moment, COALESCE(n.tries, 0)
    FROM deliberation_subscription s
    JOIN deliberation_seat seat ON seat.id = s.seat_id
    JOIN deliberation_panel p ON p.id = seat.panel_id
    JOIN moments m ON m.deliberation = p.deliberation_id AND m.began > s.created_at
    LEFT JOIN deliberation_notice n
        ON n.subscription_id = s.id AND n.round_id = m.round AND n.moment = m.moment
    WHERE n.id IS NULL OR (n.state = 'sending' AND n.updated_at < %s)
    ORDER BY m.began, s.id LIMIT %s
"""


def mail_offered() -> bool:
    """Whether letters can be sent from here, with links that lead back."""
    return bool(settings.MAIL_OFFERED)


def subscribe(*, participant: Participant, email: str, language: str) -> Subscription:
    """Write to this address from now on; a new address replaces the one before.

    Raises NoSeat for someone who has left the panel.
    """
    with transaction.atomic():
        # Leaving deletes the subscription under the same lock.
        sitting = Participant.objects.select_for_update(no_key=True).filter(withdrawn_at=None)
        if sitting.filter(pk=participant.pk).first() is None:
            raise NoSeat(_("You have left this panel already."))
        subscription, _created = Subscription.objects.update_or_create(
            seat_id=participant.seat_id,
            defaults={
                "email": email,
                "language": language,
                "token_hash": token_hash(ending_token(participant.seat_id, email)),
            },
        )
    return subscription


def end_subscription(*, seat: Seat) -> None:
    """Forget the address."""
    Subscription.objects.filter(seat=seat).delete()


def find_subscription(token: str) -> Subscription | None:
    """The subscription that this link ends, if it has not ended."""
    found = Subscription.objects.select_related("seat__panel__deliberation")
    return found.filter(token_hash=token_hash(token)).first()


def ending_token(seat_id: int, email: str) -> str:
    """The secret in the link that ends a subscription: 128 bits, the same in every letter.

    It is computed, since the database keeps only its hash.
    """
    words = f"folkmoot.mail.{seat_id}.{email}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), words, hashlib.sha256)
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A letter to send. ``tries`` is the number of times that was tried before."""

    subscription: int
    round: int
    moment: str
    tries: int = 0


def due_notices(*, now: datetime | None = None) -> list[DueNotice]:
    """Letters that wait, about moments that began after their readers asked for letters."""
    stale = (now or timezone.now()) - TAKE_OVER_AFTER
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [stale, _AT_ONCE])
        return [DueNotice(*row) for row in cursor.fetchall()]


def send_notices(*, now: datetime | None = None) -> int:
    """Send what is due; returns how many letters went out. Any number of workers may call it."""
    if not mail_offered():
        return 0
    post = get_connection()
    try:
        claims = (_claim(due, now or timezone.now()) for due in due_notices(now=now))
        return sum(_send(notice, post) for notice in claims if notice is not None)
    finally:
        post.close()


def _claim(due: DueNotice, now: datetime) -> Notice | None:
    """The notice, if this worker is the one to send it."""
    place = {
        "subscription_id": due.subscription,
        "round_id": due.round,
        "moment": due.moment,
    }
    if due.tries == 0:
        return _first_claim(place)
    unfinished = Notice.objects.filter(
        **place, state=NoticeState.SENDING, tries=due.tries, updated_at__lt=now - TAKE_OVER_AFTER
    )
    if due.tries >= MOST_TRIES:
        unfinished.update(state=NoticeState.FAILED, updated_at=now)
        return None
    if not unfinished.update(tries=due.tries + 1, updated_at=now):
        return None
    return Notice.objects.filter(**place).first()


def _first_claim(place: dict[str, Any]) -> Notice | None:
    try:
        with transaction.atomic():
            wanted = Subscription.objects.select_for_update(no_key=True)
            if wanted.filter(pk=place["subscription_id"]).first() is None:
                return None  # it has ended
            return Notice.objects.create(**place)
    except IntegrityError:  # another worker was first
        return None


def _send(notice: Notice, post: BaseEmailBackend) -> bool:
    """Hand the letter over and say so. What fails waits for the next try."""
    subscription = Subscription.objects.filter(pk=notice.subscription_id).first()
    if subscription is None:
        return False
    token = ending_token(subscription.seat_id, subscription.email)
    try:
        message = letter(notice, subscription, token)
        post.open()
        post.send_messages([message])
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
        post.close()
        last = notice.tries >= MOST_TRIES
        # The words of the error can hold the address; its name cannot.
        log.warning("notice.not_sent", notice=notice.pk, last=last, error=type(error).__name__)
        if last:
            _mark(notice, NoticeState.FAILED)
        return False
    return _mark(notice, NoticeState.SENT)


def _mark(notice: Notice, state: str) -> bool:
    """Only whoever holds the claim may say how it ended."""
    held = Notice.objects.filter(pk=notice.pk, tries=notice.tries)
    return bool(held.update(state=state, updated_at=timezone.now()))
