"""Strata and quotas: by what the panel is balanced, and how many of each it has to hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _

from deliberation.models import Draw, Panel, Pool, PoolMember, Stratum, StratumValue, User
from deliberation.models.recruiting import DrawState
from deliberation.texts import clean

from . import locks
from .audit import record
from .errors import Invalid, WrongPhase

MOST_STRATA: Final = 8
MOST_VALUES: Final = 30
# Columns that lists of people have anyway.
_TAKEN: Final = frozenset({"e-mail", "email", "name", "reference", "language"})


@dataclass(frozen=True, slots=True)
class Quota:
    """One value of a stratum. ``share`` is that of the population, 0 to 1, or unknown."""

    value: str
    minimum: int
    maximum: int
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """One stratum with its quotas, in the order in which people see them."""

    name: str
    quotas: Sequence[Quota]


def the_pool(panel: Panel) -> Pool:
    """The pool of a panel; made when it is first asked for."""
    pool, _made = Pool.objects.get_or_create(panel=panel)
    return pool


def balances(panel: Panel) -> list[Balance]:
    """All strata with their quotas."""
    strata = Stratum.objects.filter(panel=panel).prefetch_related("values").order_by("number")
    return [
        Balance(
            stratum.name,
            [Quota(v.value, v.minimum, v.maximum, v.share) for v in stratum.values.all()],
        )
        for stratum in strata
    ]


def as_json(strata: Iterable[Balance]) -> list[dict[str, Any]]:
    """Quotas as a draw keeps them, with shares: ``lottery.Quotas.from_json`` reads it, too.

    Lists, since the database forgets the order of names.
    """
    return [
        {
            "stratum": stratum.name,
            "values": [
                {"value": q.value, "minimum": q.minimum, "maximum": q.maximum, "share": q.share}
                for q in stratum.quotas
            ],
        }
        for stratum in strata
    ]


def from_json(kept: Iterable[dict[str, Any]]) -> list[Balance]:
    """The quotas of a draw."""
    return [
        Balance(
            one["stratum"],
            [Quota(q["value"], q["minimum"], q["maximum"], q.get("share")) for q in one["values"]],
        )
        for one in kept
    ]


def save_quotas(
    *, panel: Panel, seats: int, strata: Sequence[Balance], actor: User | None
) -> list[Balance]:
    """Replace all strata and quotas, and say how many people are drawn.

    Once people are in the pool they have answered by these names: then strata can go but not
    come, and a value that somebody has stays. Once the pool is fixed for a draw nothing changes;
    after the draw quotas may change for replacements. Raises Invalid or WrongPhase.
    """
    tidy = [_tidied(stratum) for stratum in strata]
    _sane(tidy, seats)
    with transaction.atomic():
        locks.hold(locks.PANEL, panel.deliberation_id)
        pool = Pool.objects.select_for_update().get(pk=the_pool(panel).pk)
        _may_change(pool)
        _nobody_loses_a_place(pool, tidy)
        Stratum.objects.filter(panel=panel).delete()
        for at, stratum in enumerate(tidy, start=1):
            _store(panel, at, stratum)
        pool.seats = seats
        pool.save(update_fields=["seats"])
        record(
            deliberation=panel.deliberation,
            actor=actor,
            action="quotas.saved",
            seats=seats,
            strata=[stratum.name for stratum in tidy],
        )
    return tidy


def suggest(
    shares: Sequence[float | None], *, seats: int, margin: int
) -> list[tuple[int, int] | None]:
    """Minimum and maximum for each share: seats by largest remainder, give or take ``margin``.

    shares : of the population, in any unit, as long as it is the same; None keeps its place free.
    Ties in the remainder go to the value that stands first.
    """
    known = [(at, share) for at, share in enumerate(shares) if share is not None]
    total = sum(share for _at, share in known)
    found: list[tuple[int, int] | None] = [None] * len(shares)
    if total <= 0:
        return found
    exact = {at: share / total * seats for at, share in known}
    given = {at: int(wanted) for at, wanted in exact.items()}
    left = seats - sum(given.values())
    by_remainder = sorted(exact, key=lambda at: (given[at] - exact[at], at))
    for at in by_remainder[:left]:
        given[at] += 1
    for at, count in given.items():
        # Whoever is one in a hundred of the population should not be left to chance.
        least = max(count - margin, 1 if count else 0)
        found[at] = (least, min(count + margin, seats))
    return found


def answer_to(stratum: str) -> Func:
    """What someone in the pool said, for a query; a name may be anything, a number too."""
    return Func(
        F("values"), Value(stratum), function="jsonb_extract_path_text", output_field=TextField()
    )


def _tidied(stratum: Balance) -> Balance:
    return Balance(
        clean(stratum.name),
        [Quota(clean(q.value), q.minimum, q.maximum, q.share) for q in stratum.quotas],
    )


def _sane(strata: Sequence[Balance], seats: int) -> None:
    if not 1 <= seats <= 10_000:
        raise Invalid(_("Choose a number of people from 1 to 10,000."), field="seats")
    if len(strata) > MOST_STRATA:
        raise Invalid(
            _("%(n)d features are the most. Each one makes people easier to recognise.")
            % {"n": MOST_STRATA}
        )
    _all_different([stratum.name for stratum in strata], _("Two features have the same name."))
    for stratum in strata:
        if stratum.name.casefold() in _TAKEN:
            raise Invalid(
                _("Lists have a column “%(name)s” already. Use two words, such as “Age group”.")
                % {"name": stratum.name}
            )
        if not 2 <= len(stratum.quotas) <= MOST_VALUES:
            raise Invalid(
                _("“%(name)s” needs from 2 to %(n)d values.")
                % {"name": stratum.name, "n": MOST_VALUES}
            )
        same = _("Two values of “%(name)s” are the same.") % {"name": stratum.name}
        _all_different([quota.value for quota in stratum.quotas], same)
        if any(not 0 <= q.minimum <= q.maximum <= 10_000 for q in stratum.quotas):
            raise Invalid(
                _("In “%(name)s” a smallest number is above the largest.") % {"name": stratum.name}
            )


def _all_different(names: Sequence[str], message: str) -> None:
    if "" in names:
        raise Invalid(_("A name is missing."))
    if len({name.casefold() for name in names}) < len(names):
        raise Invalid(message)


def _may_change(pool: Pool) -> None:
    if pool.frozen_at is None:
        return
    if not Draw.objects.filter(pool=pool, state=DrawState.DONE).exists():
        raise WrongPhase(
            _("The pool is fixed for the draw, and its quotas with it. Open the pool again first.")
        )
    if Draw.objects.filter(pool=pool, state__in=[DrawState.QUEUED, DrawState.RUNNING]).exists():
        raise WrongPhase(_("A draw is under way. Quotas can change when it is over."))


def _nobody_loses_a_place(pool: Pool, strata: Sequence[Balance]) -> None:
    """Everyone in the pool keeps a value for each stratum."""
    members = PoolMember.objects.filter(pool=pool, withdrawn_at=None)
    if not members.exists():
        return
    before = {one.name for one in balances(pool.panel)}
    for stratum in strata:
        if stratum.name not in before:
            raise Invalid(
                _(
                    "People in the pool were never asked about “%(name)s”. "
                    "Empty the pool to add or rename a feature."
                )
                % {"name": stratum.name}
            )
        kept = {quota.value for quota in stratum.quotas}
        used = members.values_list(answer_to(stratum.name), flat=True).distinct()
        lost = sorted(value for value in used if value is not None and value not in kept)
        if lost:
            raise Invalid(
                _("There are people with “%(value)s” in the pool. Keep that value as it is.")
                % {"value": lost[0]}
            )


def _store(panel: Panel, number: int, stratum: Balance) -> None:
    row = Stratum.objects.create(panel=panel, number=number, name=stratum.name)
    StratumValue.objects.bulk_create(
        StratumValue(
            stratum=row,
            number=at,
            value=quota.value,
            share=quota.share,
            minimum=quota.minimum,
            maximum=quota.maximum,
        )
        for at, quota in enumerate(stratum.quotas, start=1)
    )
