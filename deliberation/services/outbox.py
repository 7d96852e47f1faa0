"""The outbox: one row for each e-mail to one person. A worker sends it; nobody gets it twice.

The row is the truth, a Celery message only a hint. A worker claims a row by raising its number
of tries; a claim that was never finished is taken over after ten minutes, three tries in all.
What the recipient's mail server refuses for good has come back ("bounced"); any other fault is
tried again and then given up ("failed"). A worker that dies between handing a letter over and
saying so causes a second copy; both carry one Message-ID.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

import structlog
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from deliberation.messages import hint, hint_on_commit
from deliberation.models import Contact, Deliberation, MemberInvitation, Outgoing, User
from deliberation.models.recruiting import MailKind, MailState

from .subscriptions import mail_offered

SEND: Final = "deliberation.send_mail"
MOST_TRIES: Final = 3
TRY_AGAIN_AFTER: Final = timedelta(minutes=10)
_AT_ONCE: Final = 500  # letters of one task; it asks for the next task itself

Composer = Callable[[Outgoing], EmailMessage | None]

# Who writes which letter. None from a composer means that the letter is no longer wanted: its
# row is deleted. Looked up when a letter is sent, as composers stand above this module.
COMPOSERS: Final[dict[str, str]] = {
    MailKind.SEAT: "deliberation.seat_letters.seat_letter",
    MailKind.REMINDER: "deliberation.seat_letters.reminder",
    MailKind.DRAWN: "deliberation.draw_letters.drawn",
    MailKind.NOT_DRAWN: "deliberation.draw_letters.not_drawn",
    MailKind.CONFIRM: "deliberation.draw_letters.confirm",
    MailKind.MEMBER: "deliberation.member_letters.invitation",
    MailKind.QUEUE: "deliberation.moderation_letters.waiting",
}

log = structlog.get_logger(__name__)


def enqueue(
    *,
    kind: str,
    deliberation: Deliberation,
    contact: Contact | None = None,
    user: User | None = None,
    member_invitation: MemberInvitation | None = None,
) -> Outgoing:
    """One more letter of this kind to this one person. Call it inside your transaction."""
    to = {"contact": contact, "user": user, "member_invitation": member_invitation}
    before = Outgoing.objects.filter(deliberation=deliberation, kind=kind, **to)
    highest = before.aggregate(highest=Max("number"))["highest"]
    row = Outgoing.objects.create(
        deliberation=deliberation,
        kind=kind,
        number=(highest or 0) + 1,
        contact=contact,
        user=user,
        member_invitation=member_invitation,
    )
    hint_on_commit(SEND)
    return row


# The how-manieth letter of its kind to each of these contacts is found by the database.
_MANY: Final = """
    INSERT INTO deliberation_outgoing (deliberation_id, kind, contact_id, number, state, tries,
        problem, created_at, updated_at)
    SELECT %(deliberation)s, %(kind)s, wanted.id,
        1 + COALESCE((SELECT max(before.number) FROM deliberation_outgoing before
            WHERE before.kind = %(kind)s AND before.contact_id = wanted.id), 0),
        'queued', 0, '', %(now)s, %(now)s
    FROM unnest(%(contacts)s::bigint[]) WITH ORDINALITY AS wanted(id, place) ORDER BY place
"""


def enqueue_many(*, kind: str, deliberation: Deliberation, contacts: Sequence[Contact]) -> int:
    """One more letter of this kind to each of these contacts; returns how many."""
    if not contacts:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _MANY,
            {
                "deliberation": deliberation.pk,
                "kind": kind,
                "contacts": [contact.pk for contact in contacts],
                "now": timezone.now(),
            },
        )
    hint_on_commit(SEND)
    return len(contacts)


def send_failed_again(letters: QuerySet[Outgoing]) -> int:
    """Try those of these letters once more that were given up. Returns how many."""
    failed = letters.filter(state=MailState.FAILED)
    changed = failed.update(state=MailState.QUEUED, tries=0, problem="", updated_at=timezone.now())
    if changed:
        hint_on_commit(SEND)
    return changed


def counts(letters: QuerySet[Outgoing]) -> dict[str, int]:
    """How many letters are in each state; states without any are 0."""
    found = letters.order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(MailState.values, 0) | dict(found)


def due(now: datetime | None = None) -> QuerySet[Outgoing]:
    """Letters that wait: new ones at once, others ten minutes after the last try."""
    stale = (now or timezone.now()) - TRY_AGAIN_AFTER
    new = Q(state=MailState.QUEUED, tries=0)
    again = Q(state__in=[MailState.QUEUED, MailState.SENDING], tries__gt=0, updated_at__lt=stale)
    return Outgoing.objects.filter(new | again).order_by("updated_at", "pk")


def send_due(*, now: datetime | None = None) -> int:
    """Send what is due; returns how many letters went out. Any number of workers may call it."""
    if not mail_offered():
        return 0
    waiting = list(due(now)[:_AT_ONCE])
    post = get_connection()
    try:
        sent = sum(_send(row, post) for row in waiting if _claim(row, now or timezone.now()))
    finally:
        post.close()
    if len(waiting) == _AT_ONCE:
        hint(SEND)
    return sent


def take_back(*, pk: int, problem: str) -> bool:
    """A letter came back after it was sent. False for one that is not known as sent."""
    known = Outgoing.objects.filter(pk=pk, state__in=[MailState.SENT, MailState.SENDING])
    return bool(known.update(state=MailState.BOUNCED, problem=problem[:300]))


def _claim(row: Outgoing, now: datetime) -> bool:
    """Whether this worker is the one to send it. ``row.tries`` is the number of its claim."""
    held = Outgoing.objects.filter(pk=row.pk, tries=row.tries, state=row.state)
    if row.tries >= MOST_TRIES:
        held.update(state=MailState.FAILED, updated_at=now)
        return False
    claimed = held.update(state=MailState.SENDING, tries=F("tries") + 1, updated_at=now)
    row.tries += 1
    return bool(claimed)


def _send(row: Outgoing, post: BaseEmailBackend) -> bool:
    """Hand the letter over and say how that went."""
    try:
        message = cast(Composer, import_string(COMPOSERS[row.kind]))(row)
    except Exception as error:  # one letter that cannot be written holds up no other
        name = type(error).__name__
        log.error("letter.not_written", outgoing=row.pk, kind=row.kind, error=name)
        return _not_sent(row, name)
    if message is None:
        row.delete()
        return False
    try:
        post.open()
        post.send_messages([message])
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
        post.close()
        # The words of the error can hold the address; its name cannot.
        log.warning("letter.not_sent", outgoing=row.pk, error=type(error).__name__)
        refusal = _refusal(error)
        if refusal is not None:
            return _mark(row, MailState.BOUNCED, problem=refusal) and False
        return _not_sent(row, _words(error))
    return _mark(row, MailState.SENT, sent_at=timezone.now(), problem="")


def _not_sent(row: Outgoing, problem: str) -> bool:
    """Wait for the next try, or give up after the last."""
    last = row.tries >= MOST_TRIES
    _mark(row, MailState.FAILED if last else MailState.QUEUED, problem=problem)
    return False


def _mark(row: Outgoing, state: str, **changes: object) -> bool:
    """Only whoever holds the claim may say how it ended."""
    held = Outgoing.objects.filter(pk=row.pk, tries=row.tries, state=MailState.SENDING)
    changes |= {"problem": str(changes.get("problem", ""))[:300]}
    return bool(held.update(state=state, updated_at=timezone.now(), **changes))


def _refusal(error: Exception) -> str | None:
    """What the recipient's server said, if it refuses this letter for good (5xx)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()), (0, b""))
        return _said(code, words) if code >= 500 else None
    if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
        return _said(error.smtp_code, error.smtp_error)
    return None


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return type(error).__name__


def _said(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {text}".split()).replace("\0", "")
