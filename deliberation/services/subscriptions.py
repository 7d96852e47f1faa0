"""People ask for letters about the next steps, and confirm that the address is theirs.

Anyone can type anybody's address. So the first letter only asks; whoever opens its link says yes
or no. An address that nobody confirmed within seven days is deleted. What the browser is told
never depends on whether an address is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.messages import hint_on_commit
from deliberation.models import Notice, Participant, Seat, Subscription
from deliberation.models.contacts import Moment, NoticeState

from . import limits
from .errors import Gone, NoSeat
from .tokens import computed_token, token_hash

SEND: Final = "deliberation.send_notices"
CONFIRM_WITHIN: Final = timedelta(days=7)
# Letters asked for from one network, where many may sit together.
LETTERS: Final = limits.Limit("letters-network", every=5, burst=60)


def mail_offered() -> bool:
    """Whether letters can be sent from here, with links that lead back."""
    return bool(settings.MAIL_OFFERED)


def subscribe(*, participant: Participant, email: str, language: str) -> Subscription:
    """Ask at this address whether to write to it; a new address replaces the one before.

    One that is confirmed already on this seat stays confirmed. Asked for again before that, the
    letter with the link goes out once more. Raises NoSeat for someone who has left the panel.
    """
    with transaction.atomic():
        # Leaving deletes the subscription under the same lock.
        sitting = Participant.objects.select_for_update(no_key=True).filter(withdrawn_at=None)
        if sitting.filter(pk=participant.pk).first() is None:
            raise NoSeat(_("You have left this panel already."))
        seat_id = participant.seat_id
        known = Subscription.objects.filter(seat=seat_id, email=email)
        if known.filter(confirmed_at__isnull=False).update(language=language):
            return known.get()
        asked_before = known.exists()
        subscription, _created = Subscription.objects.update_or_create(
            seat_id=seat_id,
            defaults={
                "email": email,
                "language": language,
                "token_hash": token_hash(ending_token(seat_id, email)),
                "confirm_hash": token_hash(confirming_token(seat_id, email)),
                "asked_at": timezone.now(),
                "confirmed_at": None,
            },
        )
        _ask(subscription, but_not=NoticeState.SENDING if asked_before else "")
    return subscription


def ask_again(*, seat: Seat) -> bool:
    """Send the letter with the link once more. False if there is no address to be confirmed."""
    with transaction.atomic():
        locked = Subscription.objects.select_for_update(no_key=True)
        subscription = locked.filter(seat=seat, confirmed_at=None).first()
        if subscription is None:
            return False
        subscription.asked_at = timezone.now()
        subscription.save(update_fields=["asked_at"])
        # A letter that is on its way need not go twice.
        _ask(subscription, but_not=NoticeState.SENDING)
    return True


def _ask(subscription: Subscription, *, but_not: str = "") -> None:
    """Without its row the letter is due again."""
    told = Notice.objects.filter(subscription=subscription, moment=Moment.CONFIRM)
    told.exclude(state=but_not).delete()
    hint_on_commit(SEND)


def confirm(*, subscription: Subscription) -> None:
    """The owner of the address says yes: from now on news goes there. Twice does no harm.

    Raises Gone if it has changed, ended or become too old since the link was opened.
    """
    same = Subscription.objects.filter(
        pk=subscription.pk, confirm_hash=bytes(subscription.confirm_hash or b"")
    )
    fresh = same.filter(confirmed_at=None, asked_at__gt=expiry())
    confirmed = fresh.update(confirmed_at=timezone.now())
    if not confirmed and not same.filter(confirmed_at__isnull=False).exists():
        raise Gone(not_there())


def end_subscription(*, seat: Seat) -> None:
    """Forget the address."""
    Subscription.objects.filter(seat=seat).delete()


def delete_unconfirmed(*, now: datetime | None = None) -> int:
    """Forget the addresses that nobody confirmed in time. Returns how many."""
    late = Subscription.objects.filter(confirmed_at=None, asked_at__lte=expiry(now))
    _rows, by_table = late.delete()
    return by_table.get(Subscription._meta.label, 0)


def subscription_of(seat_id: int) -> Subscription | None:
    """Where letters to this seat go or are to go, if the time to confirm is not over."""
    found = Subscription.objects.filter(seat=seat_id).first()
    late = found is not None and found.confirmed_at is None and found.asked_at <= expiry()
    return None if late else found


def asking_failed(subscription: Subscription) -> bool:
    """Whether the letter that asks for the confirmation could not be sent."""
    asked = subscription.notices.filter(moment=Moment.CONFIRM, state=NoticeState.FAILED)
    return subscription.confirmed_at is None and asked.exists()


def find_subscription(token: str) -> Subscription | None:
    """The subscription that this link ends, if it has not ended."""
    found = Subscription.objects.select_related("seat__panel__deliberation")
    return found.filter(token_hash=token_hash(token)).first()


def to_confirm(slug: str, token: str) -> Subscription:
    """The subscription that this link confirms, or has confirmed.

    Raises Gone for an unknown link, and for one that is older than seven days.
    """
    found = Subscription.objects.select_related("seat__panel__deliberation").filter(
        seat__panel__deliberation__slug=slug, confirm_hash=token_hash(token)
    )
    subscription = found.first()
    if subscription is None:
        raise Gone(not_there())
    if subscription.confirmed_at is None and subscription.asked_at <= expiry():
        raise Gone(not_there())
    return subscription


def not_there() -> str:
    """Why a link to confirm an address leads nowhere."""
    return _(
        "This link is not valid any more. It works for seven days, and only for the address that "
        "was typed last. If you want the letters, ask for them again on the page “Your part”."
    )


def expiry(now: datetime | None = None) -> datetime:
    """Links sent up to then have expired."""
    return (now or timezone.now()) - CONFIRM_WITHIN


def ending_token(seat_id: int, email: str) -> str:
    """The secret in the link that ends a subscription: 128 bits, the same in every letter.

    It is computed, since the database keeps only its hash.
    """
    return computed_token("mail", seat_id, email)


def confirming_token(seat_id: int, email: str) -> str:
    """The secret in the link that confirms an address. Only a letter to that address has it."""
    return computed_token("mail-confirm", seat_id, email)
