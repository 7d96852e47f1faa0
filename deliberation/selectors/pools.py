"""The pool in numbers: whom it holds, by source and by value, beside the quotas.

Small counts say who someone is. So counts below ten are shown to those only who may see the
people themselves, and a count that could be worked out from the others is held back with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from deliberation.lottery import Contradiction, Quotas, check
from deliberation.models import Panel, Pool, PoolMember
from deliberation.models.recruiting import PoolSource
from deliberation.services.pools import eligible
from deliberation.services.quotas import Balance, balances, the_pool

SMALLEST_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value: how many people have it, beside its quota. ``people`` None: kept back.

    share, of_pool : of the population and of the pool, 0 to 1, where known and shown.
    short          : there are fewer people than the quota asks for at least.
    """

    value: str
    minimum: int
    maximum: int
    share: float | None
    people: int | None
    of_pool: float | None
    short: bool


@dataclass(frozen=True, slots=True)
class StratumTable:
    """One stratum with a row for each value."""

    name: str
    rows: list[ValueRow]

    @property
    def kept_back(self) -> list[str]:
        """Values whose counts are not shown."""
        return [row.value for row in self.rows if row.people is None]


@dataclass(frozen=True)
class PoolState:
    """What the pool page shows."""

    pool: Pool
    people: int
    by_source: dict[str, int]
    unconfirmed: int
    withdrawn: int
    strata: list[StratumTable]
    sign_up_open: bool

    @property
    def frozen(self) -> datetime | None:
        return self.pool.frozen_at


def pool_state(panel: Panel, *, exact: bool) -> PoolState:
    """exact : counts below ten, too, for whoever may see the people anyway."""
    pool = the_pool(panel)
    there = PoolMember.objects.filter(pool=pool, withdrawn_at=None, confirmed_at__isnull=False)
    people = list(there.values_list("source", "values"))
    by_source = Counter(source for source, _values in people)
    return PoolState(
        pool=pool,
        people=len(people),
        by_source={source: by_source[source] for source in PoolSource.values},
        unconfirmed=pool.members.filter(confirmed_at=None).count(),
        withdrawn=pool.members.filter(withdrawn_at__isnull=False).count(),
        strata=strata_tables(balances(panel), [values for _s, values in people], exact=exact),
        sign_up_open=pool.sign_up and not _over(pool),
    )


def strata_tables(
    strata: Sequence[Balance], people: Sequence[Mapping[str, str]], *, exact: bool
) -> list[StratumTable]:
    """For each stratum how many of ``people`` have each value, beside the quotas."""
    tables = []
    for stratum in strata:
        found = Counter(values.get(stratum.name, "") for values in people)
        counts = {quota.value: found[quota.value] for quota in stratum.quotas}
        shown = dict(counts) if exact else shielded(counts)
        rows = [
            ValueRow(
                value=quota.value,
                minimum=quota.minimum,
                maximum=quota.maximum,
                share=quota.share,
                people=shown[quota.value],
                of_pool=_share(shown[quota.value], len(people)),
                short=counts[quota.value] < quota.minimum,
            )
            for quota in stratum.quotas
        ]
        tables.append(StratumTable(stratum.name, rows))
    return tables


def shielded(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Counts below ten become None; and one more, if the only one missing could be worked out."""
    shown: dict[str, int | None] = {
        value: count if count >= SMALLEST_SHOWN else None for value, count in counts.items()
    }
    hidden = [value for value, count in shown.items() if count is None]
    if len(hidden) == 1 and len(counts) > 1:
        rest = {value: count for value, count in counts.items() if value != hidden[0]}
        shown[min(rest, key=lambda value: (rest[value], value))] = None
    return shown


def people_words(panel: Panel, *, exact: bool) -> dict[tuple[str, str], str]:
    """(stratum, value) → how many people in the pool have it, in words; empty without a pool."""
    state = pool_state(panel, exact=exact)
    if not state.people:
        return {}
    return {
        (table.name, row.value): _("not shown") if row.people is None else str(row.people)
        for table in state.strata
        for row in table.rows
    }


def contradictions(
    pool: Pool, quotas: Sequence[Mapping[str, Any]], seats: int
) -> list[Contradiction]:
    """Why no panel can be drawn from the pool as it stands; empty if one can.

    quotas : as a draw keeps them (``services.quotas.as_json``).
    Without anyone in the pool only arithmetic can be checked, so nobody is missing then.
    """
    people = [dict(values) for values in eligible(pool).values_list("values", flat=True)]
    found = check(people, Quotas.from_json(quotas), seats)
    return found if people else [one for one in found if one.code in _ARITHMETIC]


_ARITHMETIC: Final = frozenset({"minimums_above_seats", "maximums_below_seats", "quota_reversed"})


def _share(people: int | None, total: int) -> float | None:
    return people / total if people is not None and total else None


def _over(pool: Pool) -> bool:
    return pool.sign_up_ends_at is not None and pool.sign_up_ends_at <= timezone.now()
