"""The maximin support method: keep the least supported statement as well supported as possible.

People may divide their support over the selected statements they agree with. The maximin support of
a set S is the largest v such that everybody's support can be divided so that each statement in S
gets v; it equals the lowest w(T) / |T| over parts T of S, where w(T) is the weight of all who agree
with something in T. It is therefore a fraction of whole numbers. Flows in floats find T; the
fraction is taken from T, and a flow that comes nearer to it than two such fractions can be to each
other proves it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from aggregation.engine.committees.approvals import Approvals, approval_ties, approvals
from aggregation.engine.committees.support_flow import SupportFlow
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated
from aggregation.engine.ties import TieBreaker


@dataclass(frozen=True)
class Supported:
    """One seat: the column, the maximin support of all seats so far, in people, and how many agree
    with the statement, by weight."""

    column: int
    support: Fraction
    supporters: int | float


def maximin_support(approved: Approvals, seats: int, *, ties: TieBreaker) -> tuple[Supported, ...]:
    """Add the statement with which the maximin support of the selection stays highest.

    Stops when the seats are filled or nobody agrees with anything left. Satisfies PJR; more seats
    only add statements.
    Raises EngineError("too_large") above support_flow.CELLS participants times seats.
    Supports only fall as seats are filled, so most statements are looked at now and then only. Of
    the statements level with a winner, the tie names the next one; there may be dozens.
    Sánchez-Fernández, Fernández-García, Fisteus & Brill 2022, arXiv:1609.05370.
    """
    totals = approved.totals.tolist()
    flow = SupportFlow(approved, min(seats, approved.n_statements))
    # Higher first; of level ones the one that the rule for ties prefers.
    places = ties.places().tolist()
    queue = [
        (Fraction(-total), places[column], column) for column, total in enumerate(totals) if total
    ]
    heapq.heapify(queue)
    filled: list[Supported] = []
    while queue and len(filled) < seats:
        bounded: set[int] = set()
        exact: set[int] = set()
        value = _settle_first(queue, flow, bounded, exact)
        _, _, winner = heapq.heappop(queue)
        division = flow.division_with(winner, value)
        # Is it level with another one?
        if queue and _settle_first(queue, flow, bounded, exact, floor=value) == value:
            ties.order([winner, queue[0][2]], f"seat {len(filled) + 1}")
        flow.add(winner, value, division)
        filled.append(
            Supported(winner, value / approved.unit, _people(totals[winner], approved.unit))
        )
    return tuple(filled)


def _settle_first(
    queue: list[tuple[Fraction, int, int]],
    flow: SupportFlow,
    bounded: set[int],
    exact: set[int],
    floor: Fraction | None = None,
) -> Fraction:
    """Look at the head of the queue until its value is exact, or below the floor; that value.

    queue : (minus a value that the statement does not exceed, place, column), a heap.
    bounded, exact : columns bounded anew for this seat, and those whose value is exact.
    """
    while queue[0][2] not in exact and (floor is None or -queue[0][0] >= floor):
        bound, place, column = queue[0]
        if column not in bounded:
            value = flow.bound_with(column, -bound)
            bounded.add(column)
        else:
            value = flow.support_with(column, -bound)
            exact.add(column)
        heapq.heapreplace(queue, (-value, place, column))
    return -queue[0][0]


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen ("not_approved")."""
    approved, ids = approvals(evidence.matrix), evidence.matrix.statement_ids
    ties = approval_ties(approved, ids)
    filled = maximin_support(approved, int(params["seats"] or 0), ties=ties)
    return seated(
        "maximin_support",
        evidence,
        params,
        columns=[seat.column for seat in filled],
        scores=[float(seat.support) for seat in filled],
        steps=[
            Step(int(ids[seat.column]), float(seat.support), (("supporters", seat.supporters),))
            for seat in filled
        ],
        ties=ties,
    )


def _people(weight: int, unit: int) -> int | float:
    return weight / unit if weight % unit else weight // unit
