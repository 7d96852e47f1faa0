"""Letters to people who asked for them: one for each step, and none twice.

The row is the truth. A notice is claimed by inserting its row, which is unique, before the letter
goes out; so two workers never both send it. A claim that was never finished (its worker was
killed, or the mail server refused) is taken over after ten minutes, three times at most.
A worker that dies between handing the letter over and saying so causes a second copy; both carry
one Message-ID, by which mail programs know them for the same.
News goes to confirmed addresses only; the others get one letter that asks whether it is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from deliberation.letters import letter, question
from deliberation.models import Notice, Subscription
from deliberation.models.contacts import Moment, NoticeState

from . import limits
from .errors import TooMany
from .subscriptions import CONFIRM_WITHIN, confirming_token, ending_token, expiry, mail_offered

MOST_TRIES: Final = 3
TAKE_OVER_AFTER: Final = timedelta(minutes=10)
_AT_ONCE: Final = 1000  # letters of one call; the next call sends the rest

log = structlog.get_logger(__name__)

# So many letters that ask for a confirmation go to one address, whoever types it, wherever.
_TO_ONE_ADDRESS: Final = limits.Limit("confirm-address", every=4 * 3600, burst=6)

# When each moment began, and who asked before it and was not told yet. The end of proposing is
# in the audit trail; it is told while people vote only. The constitution is told once, whatever
# rounds come later, so its notice hangs on the first round; so does the question whether an
# address is right, which goes first, as somebody waits for it.
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
    ), wanted AS (
        SELECT s.id AS subscription, m.round, m.moment, m.began
        FROM deliberation_subscription s
        JOIN deliberation_seat seat ON seat.id = s.seat_id
        JOIN deliberation_panel p ON p.id = seat.panel_id
        JOIN moments m ON m.deliberation = p.deliberation_id AND m.began > s.created_at
        WHERE s.confirmed_at IS NOT NULL
        UNION ALL
        SELECT s.id, min(r.id), 'confirm', s.asked_at
        FROM deliberation_subscription s
        JOIN deliberation_seat seat ON seat.id = s.seat_id
        JOIN deliberation_panel p ON p.id = seat.panel_id
        JOIN deliberation_round r ON r.deliberation_id = p.deliberation_id
        WHERE s.confirmed_at IS NULL AND s.asked_at > %s GROUP BY s.id
    )
    SELECT w.subscription, w.round, w.moment, COALESCE(n.tries, 0)
    FROM wanted w
    LEFT JOIN deliberation_notice n
        ON n.subscription_id = w.subscription AND n.round_id = w.round AND n.moment = w.moment
    WHERE n.id IS NULL OR (n.state = 'sending' AND n.updated_at < %s)
    ORDER BY w.moment <> 'confirm', w.began, w.subscription LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A letter to send. ``tries`` is the number of times that was tried before."""

    subscription: int
    round: int
    moment: str
    tries: int = 0


def due_notices(*, now: datetime | None = None) -> list[DueNotice]:
    """Letters that wait, about moments that began after their readers asked for letters.

    News for addresses that are confirmed, the question whether it is theirs for the others.
    """
    stale = (now or timezone.now()) - TAKE_OVER_AFTER
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [expiry(now), stale, _AT_ONCE])
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
    subscription = _reader(notice)
    if subscription is None:
        return False
    if _asks_too_often(notice, subscription):
        log.warning("notice.not_sent", notice=notice.pk, last=True, error="TooMany")
        _mark(notice, NoticeState.FAILED)
        return False
    try:
        message = _letter(notice, subscription)
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


def _letter(notice: Notice, subscription: Subscription) -> EmailMessage:
    ending = ending_token(subscription.seat_id, subscription.email)
    if notice.moment != Moment.CONFIRM:
        return letter(notice, subscription, ending)
    confirming = confirming_token(subscription.seat_id, subscription.email)
    until = subscription.asked_at + CONFIRM_WITHIN
    return question(notice, subscription, ending=ending, confirming=confirming, until=until)


def _reader(notice: Notice) -> Subscription | None:
    """Whom it is for, unless the address has changed, ended or been confirmed since the claim."""
    asks = notice.moment == Moment.CONFIRM
    waiting = Subscription.objects.filter(notices=notice.pk, confirmed_at__isnull=asks)
    return waiting.first()


def _asks_too_often(notice: Notice, subscription: Subscription) -> bool:
    """Whether this address was asked many times already.

    Said by nobody but the letter that does not come: a page that refused would tell that
    somebody else has typed the address.
    """
    if notice.moment != Moment.CONFIRM or notice.tries > 1:
        return False
    try:
        limits.take(_TO_ONE_ADDRESS, subscription.email.lower())
    except TooMany:
        return True
    return False


def _mark(notice: Notice, state: str) -> bool:
    """Only whoever holds the claim may say how it ended."""
    held = Notice.objects.filter(pk=notice.pk, tries=notice.tries)
    return bool(held.update(state=state, updated_at=timezone.now()))
