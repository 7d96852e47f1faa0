"""The pool of a lottery: people come in, the pool is fixed, people leave.

A person is a number with a value for each stratum; how to reach them is a Contact, kept apart.
Fixing the pool takes a fingerprint over numbers, values, quotas and seats. It is public before
the seed is known, so that nobody can choose one to suit the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.models import Contact, Draw, Panel, Pool, PoolMember, User
from deliberation.models.recruiting import DrawState, PoolSource

from . import locks
from .audit import record
from .errors import Invalid, WrongPhase
from .quotas import Balance, as_json, balances, from_json
from .subscriptions import mail_offered
from .tokens import computed_token, token_hash

FORMAT: Final = "folkmoot.pool/1"
_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Person:
    """One line of a list. ``values``: name of the stratum → value."""

    email: str
    name: str
    reference: str
    language: str
    values: Mapping[str, str]
    postal_address: str = ""


def eligible(pool: Pool) -> QuerySet[PoolMember]:
    """Who can be drawn now: confirmed, still there, and never drawn before; by number."""
    return PoolMember.objects.filter(
        pool=pool, confirmed_at__isnull=False, withdrawn_at=None, drawn__isnull=True
    ).order_by("number")


def member_token(pool_id: int, number: int) -> str:
    """The secret of a person's links in letters: 128 bits, the same in every letter.

    It is computed; the database keeps only its hash.
    """
    return computed_token("pool", pool_id, number)


def find_member(pool: Pool, token: str) -> PoolMember | None:
    """The person whose link this is."""
    found = PoolMember.objects.select_related("contact", "pool__panel__deliberation")
    return found.filter(pool=pool, token_hash=token_hash(token)).first()


def next_number(pool: Pool) -> int:
    """Numbers are given once. Call it while holding the lock of the panel."""
    return (pool.members.aggregate(highest=Max("number"))["highest"] or 0) + 1


def add_people(
    *, pool: Pool, people: Sequence[Person], actor: User | None, delete_on: date | None = None
) -> int:
    """Take a list into the pool, all or nothing; returns how many came in.

    delete_on : the day on which all contacts are deleted, where none was set before.
    Whoever put them on a list answers for it, so they need not confirm. People whose address is
    known already are the caller's to leave out. Raises Invalid or, once it is fixed, WrongPhase.
    """
    with transaction.atomic():
        locks.hold(locks.PANEL, pool.panel.deliberation_id)
        still_open(pool)
        _fits(pool, people)
        known = set(
            Contact.objects.filter(panel=pool.panel)
            .exclude(email="")
            .values_list("email", flat=True)
        )
        emails = [person.email for person in people if person.email]
        if known & set(emails) or len(set(emails)) < len(emails):
            raise Invalid(_("Some of these people came in meanwhile. Check the list again."))
        contacts = Contact.objects.bulk_create(
            [_contact(pool, person) for person in people], batch_size=_BATCH
        )
        first, now = next_number(pool), timezone.now()
        PoolMember.objects.bulk_create(
            [
                PoolMember(
                    pool=pool,
                    number=first + at,
                    contact=contact,
                    source=PoolSource.FILE,
                    values=dict(person.values),
                    confirmed_at=now,
                    token_hash=token_hash(member_token(pool.pk, first + at)),
                )
                for at, (contact, person) in enumerate(zip(contacts, people, strict=True))
            ],
            batch_size=_BATCH,
        )
        Panel.objects.filter(pk=pool.panel_id, delete_contacts_on=None).update(
            delete_contacts_on=delete_on
        )
        record(
            deliberation=pool.panel.deliberation,
            actor=actor,
            action="pool.list_added",
            people=len(people),
        )
    return len(people)


def known_emails(pool: Pool) -> set[str]:
    """Every address that the panel has, of people in the pool and of others."""
    contacts = Contact.objects.filter(panel=pool.panel).exclude(email="")
    return set(contacts.values_list("email", flat=True))


def empty_pool(*, pool: Pool, actor: User | None) -> int:
    """Everybody out, with their addresses, as long as nothing is fixed; returns how many."""
    with transaction.atomic():
        locks.hold(locks.PANEL, pool.panel.deliberation_id)
        still_open(pool)
        Contact.objects.filter(panel=pool.panel, pool_member__pool=pool, seat=None).delete()
        gone, _each = pool.members.all().delete()
        record(
            deliberation=pool.panel.deliberation, actor=actor, action="pool.emptied", people=gone
        )
    return gone


def set_sign_up(
    *, pool: Pool, offered: bool, text: str, ends_at: datetime | None, actor: User | None
) -> None:
    """Switch the sign-up page on or off. Raises Invalid where it could not work."""
    if offered and not mail_offered():
        raise Invalid(
            _("This site sends no e-mail, so nobody could confirm an address."), field="offered"
        )
    if offered and pool.panel.delete_contacts_on is None:
        raise Invalid(
            _("First choose on the page “Panel” on which day addresses are deleted."),
            field="offered",
        )
    with transaction.atomic():
        locks.hold(locks.PANEL, pool.panel.deliberation_id)
        pool = Pool.objects.select_for_update().get(pk=pool.pk)
        if offered and pool.frozen_at:
            raise WrongPhase(_("The pool is fixed for the draw. Nobody can sign up any more."))
        pool.sign_up, pool.sign_up_text, pool.sign_up_ends_at = offered, text, ends_at
        pool.save(update_fields=["sign_up", "sign_up_text", "sign_up_ends_at"])
        record(
            deliberation=pool.panel.deliberation,
            actor=actor,
            action="pool.sign_up_set",
            offered=offered,
        )


def fix_pool(*, pool: Pool, actor: User | None) -> str:
    """Nobody comes in any more; returns the fingerprint, which is public from now on.

    People who never confirmed their address are forgotten. Raises Invalid where nothing could be
    drawn, WrongPhase if it is fixed already.
    """
    deliberation = pool.panel.deliberation
    with transaction.atomic():
        locks.hold(locks.PANEL, deliberation.pk)
        pool = Pool.objects.select_for_update().get(pk=pool.pk)
        if pool.frozen_at:
            raise WrongPhase(_("The pool is fixed already."))
        forgotten = _forget_unconfirmed(pool)
        people = eligible(pool).count()
        if people < pool.seats:
            raise Invalid(
                _("There are %(people)d people in the pool and %(seats)d seats to draw.")
                % {"people": people, "seats": pool.seats}
            )
        pool.frozen_at, pool.sign_up = timezone.now(), False
        pool.digest = fingerprint(pool)
        pool.save(update_fields=["frozen_at", "digest", "sign_up"])
        record(
            deliberation=deliberation,
            actor=actor,
            action="pool.fixed",
            people=people,
            unconfirmed=forgotten,
            digest=pool.digest,
        )
    return pool.digest


def reopen_pool(*, pool: Pool, actor: User | None) -> None:
    """Let people come in again. Only before a draw was made: afterwards it stays as it was."""
    with transaction.atomic():
        locks.hold(locks.PANEL, pool.panel.deliberation_id)
        pool = Pool.objects.select_for_update().get(pk=pool.pk)
        if Draw.objects.filter(pool=pool).exclude(state=DrawState.FAILED).exists():
            raise WrongPhase(_("A draw was made from this pool. It stays as it is."))
        pool.frozen_at, digest, pool.digest = None, pool.digest, ""
        pool.save(update_fields=["frozen_at", "digest"])
        record(
            deliberation=pool.panel.deliberation,
            actor=actor,
            action="pool.reopened",
            digest=digest,
        )


def document(pool: Pool) -> str:
    """The pool as text, without names: what the fingerprint is taken over. Always the same bytes.

    JSON with the keys format, seats, strata and people; a person is [number, value, value, …] in
    the order of the strata.
    """
    strata, seats = _fixed(pool)
    names = [stratum.name for stratum in strata]
    people = pool.members.filter(confirmed_at__isnull=False).order_by("number")
    rows = people.values_list("number", "values")
    written = {
        "format": FORMAT,
        "seats": seats,
        "strata": as_json(strata),
        "people": [[number, *(values.get(n, "") for n in names)] for number, values in rows],
    }
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(pool: Pool) -> str:
    """SHA-256 of ``document``, as 64 hex digits."""
    return hashlib.sha256(document(pool).encode()).hexdigest()


def _fixed(pool: Pool) -> tuple[list[Balance], int]:
    """Quotas and seats as they were when the pool was fixed: later they may change."""
    first = pool.draws.filter(replacement=False, state=DrawState.DONE).first()
    if first is None:
        return balances(pool.panel), pool.seats
    return from_json(first.quotas), first.seats


def still_open(pool: Pool) -> None:
    """Raises WrongPhase once the pool is fixed. Call it while holding the lock of the panel."""
    if Pool.objects.filter(pk=pool.pk, frozen_at__isnull=False).exists():
        raise WrongPhase(_("The pool is fixed for the draw. Nobody can come in any more."))


def _fits(pool: Pool, people: Iterable[Person]) -> None:
    """Each person has one of the values of each stratum."""
    values = {one.name: {quota.value for quota in one.quotas} for one in balances(pool.panel)}
    for person in people:
        if any(person.values.get(name) not in allowed for name, allowed in values.items()):
            raise Invalid(_("The quotas were changed meanwhile. Check the list again."))


def _contact(pool: Pool, person: Person) -> Contact:
    return Contact(
        panel=pool.panel,
        email=person.email,
        name=person.name,
        reference=person.reference,
        postal_address=person.postal_address,
        language=person.language,
    )


def _forget_unconfirmed(pool: Pool) -> int:
    waiting = pool.members.filter(confirmed_at=None)
    Contact.objects.filter(pool_member__in=waiting, seat=None).delete()
    gone, _each = pool.members.filter(confirmed_at=None).delete()
    return gone
