"""The Method of Equal Shares: everyone holds the same part of the seats and pays with it.

All choices are made on exact fractions: floats only find who might be next, and whatever they
cannot tell apart is compared exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from aggregation.engine.committees.approvals import Approvals, approval_ties, approvals
from aggregation.engine.committees.market import Loads, Market, Purchase
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection, Step, seated
from aggregation.engine.ties import TieBreaker

COMPLETIONS = ("phragmen", "add1", "add1u", "utilitarian", "none")
RAISES = 1_000
"""``add1`` raises the endowment by one seat's worth at most so often."""


def equal_shares(
    approved: Approvals, seats: int, *, completion: str, ties: TieBreaker
) -> tuple[Purchase, ...]:
    """Select statements so that every group can buy its share of the seats.

    Each person gets ``seats / n`` by weight. Again and again the statement is bought for which its
    supporters can pay one seat with the lowest largest payment, until no statement left can be
    paid. What then happens with seats left over is the completion:

    none        : they stay empty.
    phragmen    : sequential Phragmén goes on from the budgets left.
    utilitarian : they go to the statements with most supporters.
    add1        : the endowment is raised by one seat's worth and all is bought anew, as long as no
                  more than ``seats`` are bought (at most RAISES times); seats may stay empty.
    add1u       : as ``add1``, then as ``utilitarian``.

    A statement nobody agrees with is never taken. Satisfies EJR+ with every completion.
    One pass over the approvals, then per seat the supporters of statements near the lowest price.
    Peters & Skowron 2020, arXiv:1911.11747, p. 7; completions: Faliszewski et al. 2023,
    arXiv:2305.11035, and abcvoting.
    """
    if seats < 1 or not approved.totals.any():
        return ()
    if completion in ("add1", "add1u"):
        market = _raised(approved, seats, ties)
    else:
        market = Market(approved, Fraction(seats), min(seats, approved.n_statements))
        market.trade(seats, ties)
    if completion == "phragmen":
        _fill_by_phragmen(market, seats, ties)
    elif completion in ("utilitarian", "add1u"):
        _fill_by_approvals(market, seats, ties)
    return tuple(market.bought)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, completion, unseen ("not_approved")."""
    approved, ids = approvals(evidence.matrix), evidence.matrix.statement_ids
    ties = approval_ties(approved, ids)
    seats, completion = int(params["seats"] or 0), str(params["completion"])
    bought = equal_shares(approved, seats, completion=completion, ties=ties)
    return seated(
        "equal_shares",
        evidence,
        params,
        columns=[purchase.column for purchase in bought],
        scores=[purchase.score for purchase in bought],
        steps=[_step(int(ids[purchase.column]), purchase) for purchase in bought],
        ties=ties,
        left="no_seat_left" if len(bought) == seats else "not_affordable",
    )


def _step(statement: int, purchase: Purchase) -> Step:
    detail: tuple[tuple[str, ParamValue], ...] = (
        ("filled_by", purchase.filled_by),
        ("price", float(purchase.price)),
        ("supporters", purchase.supporters),
        ("payers", purchase.payers),
    )
    return Step(statement, purchase.score, detail)


def _raised(approved: Approvals, seats: int, ties: TieBreaker) -> Market:
    """The last market that did not overspend while the endowment rose."""
    room = min(seats + 1, approved.n_statements)
    supported, before = int((approved.totals > 0).sum()), len(ties.found)
    market = Market(approved, Fraction(seats), room)
    market.trade(seats, ties)
    for extra in range(1, RAISES + 1):
        if len(market.bought) == min(seats, supported):
            break
        known, mark = len(ties.found), Market(approved, Fraction(seats + extra), room)
        mark.trade(seats + 1, ties)
        if len(mark.bought) > seats:
            del ties.found[known:]
            break
        market = mark
        del ties.found[before:known]
    return market


def _fill_by_approvals(market: Market, seats: int, ties: TieBreaker) -> None:
    while len(market.bought) < seats and (left := market.left()):
        most = max(market.totals[at] for at in left)
        level = [at for at in left if market.totals[at] == most]
        where = f"seat {len(market.bought) + 1}"
        market.take(ties.order(level, where)[0], "approvals", Fraction(0), payers=0)


def _fill_by_phragmen(market: Market, seats: int, ties: TieBreaker) -> None:
    """Sequential Phragmén: loads start below zero, by what each person still holds."""
    loads = Loads(market)
    while len(market.bought) < seats and (found := loads.next(ties)):
        column, load = found
        market.take(column, "phragmen", load, payers=int(market.totals[column]))
        loads.put(column, load)
