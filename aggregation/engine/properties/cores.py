"""What groups deserve, and the part of the votes in which a group with too little could hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.properties.verdicts import Counterexample

WORK = 10**8
"""Approvals times statements up to which statements are looked at one by one."""


class Due:
    """A committee beside the approvals it is measured against.

    satisfied : int64[n], selected statements that each participant agrees with.
    everyone  : weight of all. A group deserves l if its weight · seats >= l · everyone.
    """

    def __init__(self, approved: Approvals, committee: Sequence[int], seats: int) -> None:
        self.approved = approved
        self.seats = seats
        self.chosen = np.zeros(approved.n_statements, dtype=bool)
        self.chosen[list(committee)] = True
        hits = self.chosen[approved.indices]
        self.satisfied = np.bincount(
            approved.rows, weights=hits, minlength=approved.n_participants
        ).astype(np.int64)
        self.everyone = int(self.weights.sum())

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """int64[n], ones if people carry none."""
        if self.approved.weights is not None:
            return self.approved.weights
        return np.ones(self.approved.n_participants, dtype=np.int64)

    def supporters_by_satisfaction(self, most: int) -> NDArray[np.int64]:
        """int64[m, most]: weight of those who agree with a statement left out and with at most
        0, 1, ... selected ones; 0 for selected statements."""
        approved, m = self.approved, self.approved.n_statements
        satisfied = np.minimum(self.satisfied, most)[approved.rows]
        key = approved.indices.astype(np.int64) * (most + 1) + satisfied
        # Floats below 2^53 hold sums of whole weights exactly.
        sums = np.bincount(key, weights=self.weights[approved.rows], minlength=m * (most + 1))
        table = np.cumsum(sums.reshape(m, most + 1)[:, :most], axis=1).astype(np.int64)
        table[self.chosen] = 0
        return table

    def deserves(self, weight: int, deserved: int) -> bool:
        return weight > 0 and weight * self.seats >= deserved * self.everyone

    def story(
        self, name: str, members: NDArray[np.integer], statements: tuple[int, ...], deserved: int
    ) -> Counterexample:
        """The counterexample that these people are."""
        rows: NDArray[np.int64] = np.asarray(members, dtype=np.int64)
        weight, unit = int(self.weights[rows].sum()), self.approved.unit
        got = int(self.satisfied[rows].max())
        if name == "pjr":
            agreed = np.isin(self.approved.rows, rows)
            got = int(self.chosen[np.unique(self.approved.indices[agreed])].sum())
        people = weight / unit if weight % unit else weight // unit
        return Counterexample(name, rows, people, statements, deserved, got, self.seats)


@dataclass(frozen=True, eq=False)
class Core:
    """People and statements among which a group with too little could be found.

    rows, columns : ascending. who, what : the approvals, as positions in these. weights : of rows.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    who: NDArray[np.int64]
    what: NDArray[np.int64]
    weights: NDArray[np.int64]

    def likes(self) -> NDArray[np.bool_]:
        """bool[len(rows), len(columns)]."""
        result = np.zeros((len(self.rows), len(self.columns)), dtype=bool)
        result[self.who, self.what] = True
        return result

    def within(self, people: NDArray[np.bool_], statements: NDArray[np.bool_]) -> Core:
        """The part of these people and statements."""
        kept = people[self.who] & statements[self.what]
        return Core(
            self.rows[people],
            self.columns[statements],
            (np.cumsum(people) - 1)[self.who[kept]],
            (np.cumsum(statements) - 1)[self.what[kept]],
            self.weights[people],
        )


def core(due: Due, deserved: int) -> Core | None:
    """All who could be in a group that deserves ``deserved`` and has less; None if nobody could.

    Members have fewer selected statements than the group deserves, agree with as many statements of
    the core, and each of these statements has enough members among those who agree with it. The
    last is also asked within the supporters of every single statement, which ends most searches;
    above WORK it is not, and the core is larger than need be.
    """
    if not due.everyone:
        return None
    approved = due.approved
    everything = Core(
        np.arange(approved.n_participants),
        np.arange(approved.n_statements),
        approved.rows.astype(np.int64),
        approved.indices.astype(np.int64),
        due.weights,
    )
    lacking = due.satisfied < deserved
    found = _settled(due, everything.within(lacking, due.approved.totals > 0), deserved)
    if len(found.columns) < deserved:
        return None
    while len(found.columns) >= deserved and len(found.who) * len(found.columns) <= WORK:
        possible = np.array(
            [_possible(due, found, at, deserved) for at in range(len(found.columns))]
        )
        if possible.all():
            return found
        everyone = np.ones(len(found.rows), dtype=bool)
        found = _settled(due, found.within(everyone, possible), deserved)
    return found if len(found.columns) >= deserved else None


def _possible(due: Due, found: Core, at: int, deserved: int) -> bool:
    """Is there a core among the supporters of this one statement?"""
    fans = np.zeros(len(found.rows), dtype=bool)
    fans[found.who[found.what == at]] = True
    everything = np.ones(len(found.columns), dtype=bool)
    return len(_settled(due, found.within(fans, everything), deserved).columns) >= deserved


def _settled(due: Due, found: Core, deserved: int) -> Core:
    """The largest part in which everybody likes enough and everything has supporters enough."""
    while True:
        counts = np.bincount(found.who, minlength=len(found.rows))
        # Floats below 2^53 hold sums of whole weights exactly.
        support = np.bincount(
            found.what, weights=found.weights[found.who], minlength=len(found.columns)
        ).astype(np.int64)
        people = counts >= deserved
        enough = (support > 0) & (support * due.seats >= deserved * due.everyone)
        if people.all() and enough.all():
            return found
        found = found.within(people, enough)
