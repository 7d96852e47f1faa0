"""The four checks. All sums are of whole weights, so no rounding decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.properties.cores import Due, core
from aggregation.engine.properties.verdicts import Counterexample, Verdict

Check = Callable[[Approvals, Sequence[int], int], Verdict]


def justified_representation(approved: Approvals, committee: Sequence[int], seats: int) -> Verdict:
    """Is nobody left with nothing who is part of a group that deserves a seat?

    committee : columns selected; may be fewer than ``seats``, which is what they share out.
    O(nnz).
    """
    return _left_out(Due(approved, committee, seats), "jr", 1)


def ejr_plus(approved: Approvals, committee: Sequence[int], seats: int) -> Verdict:
    """Has every group that agrees on a statement left out somebody with all the group deserves?

    O(nnz + m · seats). Brill & Peters 2023, arXiv:2302.01989, proposition 2.
    """
    return _left_out(Due(approved, committee, seats), "ejr_plus", seats)


def ejr(approved: Approvals, committee: Sequence[int], seats: int) -> Verdict:
    """Has every group that agrees on l statements and deserves l somebody who has l?

    ``ejr_plus`` proves it, and a group refused by ``jr`` refutes it; between them a solver looks at
    each l. ``holds`` is None if some l was too large for it.
    """
    return _cohesive(Due(approved, committee, seats), "ejr")


def pjr(approved: Approvals, committee: Sequence[int], seats: int) -> Verdict:
    """Has every group that agrees on l statements and deserves l, taken together, l selected?

    Decided as ``ejr`` is.
    """
    return _cohesive(Due(approved, committee, seats), "pjr")


PROPERTIES: dict[str, Check] = {
    "jr": justified_representation,
    "pjr": pjr,
    "ejr": ejr,
    "ejr_plus": ejr_plus,
}
"""The checks by id, each implied by the next."""


def check(name: str, approved: Approvals, committee: Sequence[int], seats: int) -> Verdict:
    """The check of one of ``PROPERTIES``."""
    return PROPERTIES[name](approved, committee, seats)


def _left_out(due: Due, name: str, most: int) -> Verdict:
    """Look at the supporters of each statement left out who have less than l, for l up to most."""
    if not due.everyone or not most:
        return Verdict(name, True, most)
    lacking = due.supporters_by_satisfaction(most)
    deserved = np.arange(1, most + 1)
    enough = (lacking > 0) & (lacking * due.seats >= deserved * due.everyone)
    if not enough.any():
        return Verdict(name, True, most)
    least = int(np.argmax(enough.any(axis=0)))
    column = int(np.argmax(np.where(enough[:, least], lacking[:, least], -1)))
    rows = due.approved.supporters(column)
    rows = rows[due.satisfied[rows] <= least]
    return Verdict(name, False, least, due.story(name, rows, (column,), least + 1))


def _cohesive(due: Due, name: str) -> Verdict:
    if _left_out(due, "ejr_plus", due.seats).holds:
        return Verdict(name, True, due.seats)
    alone = _left_out(due, name, 1)
    if not alone.holds:
        return alone
    undecided: int | None = None
    for deserved in range(2, due.seats + 1):
        found = core(due, deserved)
        if found is None:
            continue
        # The solver takes longer to load than most checks take to run.
        solver = import_module("aggregation.engine.properties.solver")
        answer: Counterexample | bool | None = solver.refute(due, found, deserved, name)
        if isinstance(answer, Counterexample):
            return Verdict(name, False, deserved - 1, answer)
        if answer is None and undecided is None:
            undecided = deserved
    if undecided is None:
        return Verdict(name, True, due.seats)
    return Verdict(name, None, undecided - 1)
