"""What a draw and a check answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Algorithm = Literal["leximin", "maximin"]
ALGORITHMS: tuple[Algorithm, ...] = ("leximin", "maximin")

# What ``progress`` is told, in this order; put into words by whoever shows it.
STEPS = ("checking", "chances", "panels", "proving", "lot")


@dataclass(frozen=True, slots=True)
class Count:
    """How one quota is met."""

    stratum: str
    value: str
    minimum: int
    maximum: int
    pool: int  # people in the pool with this value
    drawn: int  # people drawn with this value


@dataclass(frozen=True, slots=True)
class Lot:
    """The last step, which anyone can redo (``replay``).

    ``tickets[i]`` is how many of the ``sum(tickets)`` = 1,000,000,000 tickets panel i holds.
    SHA-256 of seed and pool digest, read as a fraction of 2**256, is ``number`` of all tickets,
    counted from 0; the panel that holds this ticket is ``panel``. ``panels[i]`` is the SHA-256 of
    what panel i is made of (how many people of which values) and of the whole pool, so that only
    those who know the pool can look inside; ``portfolio_digest`` is that of all with their tickets.
    """

    seed: str
    pool_digest: str
    number: int
    panel: int
    tickets: tuple[int, ...]
    panels: tuple[str, ...]
    portfolio_digest: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel, and how it came about.

    chosen        : row numbers of the people drawn, ascending
    probabilities : one per row: how likely this person was to be drawn, before the lot
    bound         : no way of drawing gives the least likely person, of all who can be on a panel,
                    more than this (linear programming); ``minimum`` is what they have here
    exact         : whether everyone has the chance the algorithm promises, to 1e-6
    kinds         : number of different combinations of values in the pool
    """

    chosen: tuple[int, ...]
    probabilities: tuple[float, ...]
    counts: tuple[Count, ...]
    lot: Lot
    bound: float
    exact: bool
    kinds: int
    algorithm: Algorithm

    @property
    def minimum(self) -> float:
        """The smallest probability of those who can be drawn at all."""
        return min(one for one in self.probabilities if one > 0)

    @property
    def unreachable(self) -> int:
        """How many people no panel within the quotas can have, so that they cannot be drawn."""
        return sum(one == 0 for one in self.probabilities)

    @property
    def panels(self) -> int:
        """How many different panels could have come up."""
        return len(self.lot.tickets)


@dataclass(frozen=True, slots=True)
class Change:
    """One quota that would have to give way: its ``side`` goes from ``now`` to ``then``."""

    stratum: str
    value: str
    side: Literal["minimum", "maximum"]
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Side:
    """One side of one quota that takes part in a contradiction, as it stands."""

    stratum: str
    value: str
    side: Literal["minimum", "maximum"]
    bound: int


@dataclass(frozen=True, slots=True)
class Recruits:
    """People who would have to be found: ``people`` more with all these values."""

    people: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why no panel meets the quotas. ``code`` and its ``params``:

    seats_above_pool       seats, people
    quota_reversed         stratum, value, minimum, maximum: more at least than at most
    minimums_above_seats   stratum, total, seats: the minimums add up to more than the seats
    maximums_below_seats   stratum, total, seats: the maximums add up to less than the seats
    too_few_people         stratum, value, minimum, people: the pool has fewer of this value
    too_few_for_seats      stratum, possible, seats: with the people there are and the maximums,
                           at most ``possible`` can be on the panel
    value_unknown          stratum, value, people: people in the pool have a value (perhaps an
                           empty one) without a quota
    together               seats: each quota can be met, but not all of them. ``conflict`` is a
                           set of sides that contradict each other, none of which can be left
                           out (a minimal one: any one of them eased enough resolves it, unless
                           there is another such set). ``changes`` is the smallest change of
                           quotas that makes a panel possible, and ``recruits`` the smallest
                           number of people to find instead (empty if people alone do not help).
    """

    code: str
    params: Mapping[str, str | int]
    conflict: tuple[Side, ...] = ()
    changes: tuple[Change, ...] = ()
    recruits: tuple[Recruits, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "code": self.code,
            "params": dict(self.params),
            "conflict": [asdict(one) for one in self.conflict],
            "changes": [asdict(one) for one in self.changes],
            "recruits": [{"people": r.people, "values": dict(r.values)} for r in self.recruits],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Contradiction:
        """The twin of ``to_json``."""
        return cls(
            found["code"],
            found["params"],
            tuple(Side(**one) for one in found["conflict"]),
            tuple(Change(**one) for one in found["changes"]),
            tuple(Recruits(**one) for one in found["recruits"]),
        )
