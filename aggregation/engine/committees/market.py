"""Statements bought by their supporters, the lowest price first, and Phragmén's loads after it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.committees.budgets import Budgets, Rows
from aggregation.engine.ties import CLOSE, TieBreaker


@dataclass(frozen=True)
class Purchase:
    """One seat.

    column     : the statement. filled_by : "shares", "phragmen" or "approvals".
    price      : the most that one person pays for it, in seats; if filled by "phragmen", what its
                 supporters have spent beyond their budgets; 0 if filled by "approvals".
    supporters : people who agree with it, by weight.
    payers     : those of them who had something left to pay with.
    """

    column: int
    filled_by: str
    price: Fraction
    supporters: int | float
    payers: int | float

    @property
    def score(self) -> float:
        """What the rule compared, higher first: the number of people the price is shared by, as if
        all paid alike; what supporters still had with "phragmen"; the supporters."""
        if self.filled_by == "shares":
            return float(1 / self.price)
        return float(-self.price if self.filled_by == "phragmen" else self.supporters)


class Market:
    """Budgets, what was bought, and for each statement left a price that its own cannot be below.

    Prices only rise, so most statements are looked at only now and then.
    """

    def __init__(self, approved: Approvals, endowment: Fraction, purchases: int) -> None:
        starts, rows = approved.by_statement
        places, people = starts.tolist(), rows.astype(np.intp)
        self.supporters: list[Rows] = [people[a:b] for a, b in pairwise(places)]
        self.unit, self.weights, totals = approved.unit, approved.weights, approved.totals
        self.totals = totals
        everyone = approved.n_participants if self.weights is None else int(self.weights.sum())
        self.budgets = Budgets(approved, endowment / everyone, purchases)
        affordable = totals * float(endowment / everyone) >= 1 - CLOSE
        self.lowest = np.where(affordable, 1 / np.maximum(totals, 1), inf)
        self.bought: list[Purchase] = []

    def trade(self, seats: int, ties: TieBreaker) -> None:
        """Buy until nothing more can be paid, or ``seats`` are filled."""
        while len(self.bought) < seats:
            found = self._next(f"seat {len(self.bought) + 1}", ties)
            if found is None:
                return
            column, price = found
            payers = self.budgets.pay(self.supporters[column], price)
            self.take(column, "shares", price, payers=payers)

    def take(self, column: int, filled_by: str, price: Fraction, *, payers: int) -> None:
        """Give a seat to a statement. price : per unit of weight; payers : by weight."""
        self.lowest[column] = inf
        supporters = int(self.totals[column])
        self.bought.append(
            Purchase(
                column,
                filled_by,
                price * self.unit if self.unit > 1 else price,
                supporters=self._people(supporters),
                payers=self._people(payers),
            )
        )

    def left(self) -> list[int]:
        """Statements without a seat that somebody agrees with."""
        taken = {purchase.column for purchase in self.bought}
        return [at for at in np.flatnonzero(self.totals).tolist() if at not in taken]

    def _people(self, weight: int) -> int | float:
        return weight / self.unit if weight % self.unit else weight // self.unit

    def _next(self, where: str, ties: TieBreaker) -> tuple[int, Fraction] | None:
        """The statement with the lowest price, and the price."""
        while True:
            first = int(self.lowest.argmin())
            if self.lowest[first] == inf:
                return None
            price = self.lowest[first] = self._price(first)
            if price == inf:
                self._drop_unaffordable()
                continue
            level = self._level(first, float(price))
            exact = {at: self.budgets.price(self.supporters[at], self.lowest[at]) for at in level}
            known = {at: price for at, price in exact.items() if price is not None}
            self.lowest[[at for at in exact if at not in known]] = inf
            if known:
                least = min(known.values())
                best = [at for at, price in known.items() if price == least]
                return ties.order(best, where)[0], least

    def _price(self, column: int) -> float:
        """The price in floats, from the lowest it can be upwards; inf if it cannot be paid."""
        rows, price, poor_before = self.supporters[column], float(self.lowest[column]), 0
        holding, total = self.budgets.left.take(rows), int(self.totals[column])
        weights = None if self.weights is None else self.weights[rows]
        while True:
            below = holding < price
            poor = int(np.count_nonzero(below))
            if not poor:
                return 1 / total
            if poor == poor_before:
                return price
            if weights is None:
                spent, rich = float(np.add.reduce(holding[below])), len(holding) - poor
            else:
                spent, rich = float(holding[below] @ weights[below]), int(weights[~below].sum())
            if not rich:
                exact = abs(spent - 1) <= CLOSE and self.budgets.price(rows, inf)
                return float(exact) if exact else inf
            price, poor_before = (1 - spent) / rich, poor

    def _level(self, first: int, price: float) -> list[int]:
        """All statements whose price floats cannot tell from the lowest."""
        limit = price * (1 + CLOSE)
        near = np.flatnonzero(self.lowest <= limit)
        if len(near) == 1:
            return [first]
        money = self.money(near, limit)
        short = money < 1 - CLOSE
        # Each unit of weight adds at most one to what a price higher by one brings in.
        poorer = near[short]
        self.lowest[poorer] = limit + (1 - money[short]) / self.totals[poorer]
        best = price
        for column in near[~short].tolist():
            if column != first:
                self.lowest[column] = self._price(column)
                best = min(best, float(self.lowest[column]))
        close = near[~short]
        return [int(at) for at in close[self.lowest[close] <= best * (1 + CLOSE)]]

    def money(self, columns: NDArray[np.intp], limit: float) -> NDArray[np.float64]:
        """What the supporters of each statement pay if nobody pays more than the limit."""
        payment = np.minimum(self.budgets.left, limit)
        if self.weights is not None:
            payment *= self.weights
        rows = [self.supporters[column] for column in columns.tolist()]
        return _sums(payment, rows)

    def _drop_unaffordable(self) -> None:
        """Budgets only shrink: what cannot be paid now is never looked at again."""
        left = np.flatnonzero(self.lowest < inf)
        if len(left):
            self.lowest[left[self.money(left, inf) < 1 - CLOSE]] = inf


def _sums(amounts: NDArray[np.float64], rows: list[Rows]) -> NDArray[np.float64]:
    """The amounts of each list of rows, summed. No list is empty."""
    ends = list(accumulate(map(len, rows), initial=0))
    return np.add.reduceat(amounts.take(np.concatenate(rows)), ends[:-1])


class Loads:
    """What each person carries once seats are shared out: minus their budget, at the start.

    A statement's load is what its supporters would all carry with it: (1 + sum) / supporters. Loads
    only rise, so a load computed earlier is a bound.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._loads = -market.budgets.left
        self._since = np.full(len(self._loads), -1, dtype=np.intp)
        self._given: list[Fraction] = []
        left = np.array(market.left(), dtype=np.intp)
        self._scale = float(market.budgets.left.max(initial=0.0))
        self._lowest = np.full(len(market.totals), inf)
        if len(left):
            self._lowest[left] = (1 - market.money(left, inf)) / market.totals[left]

    def next(self, ties: TieBreaker) -> tuple[int, Fraction] | None:
        """The statement with the lowest load, and the load; None if none is left."""
        first = np.array([self._lowest.argmin()])
        best = float(self._update(first).min())
        if best == inf:
            return None
        near = np.flatnonzero(self._lowest <= best + self._slack(best))
        best = float(self._update(near).min())
        level = near[self._lowest[near] <= best + self._slack(best)].tolist()
        exact = {at: self._exact(at) for at in level}
        least = min(exact.values())
        where = f"seat {len(self._market.bought) + 1}"
        return ties.order([at for at in level if exact[at] == least], where)[0], least

    def put(self, column: int, load: Fraction) -> None:
        """Lay the load on all supporters."""
        rows = self._market.supporters[column]
        self._loads[rows] = float(load)
        self._since[rows] = len(self._given)
        self._lowest[column] = inf
        self._given.append(load)

    def _slack(self, best: float) -> float:
        return CLOSE * max(self._scale, abs(best))

    def _update(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Look at what the supporters of these statements carry by now; the loads."""
        market, left = self._market, columns[self._lowest[columns] < inf]
        if len(left):
            carried = self._loads
            if market.weights is not None:
                carried = carried * market.weights.astype(np.float64)
            sums = _sums(carried, [market.supporters[column] for column in left.tolist()])
            self._lowest[left] = (1 + sums) / market.totals[left]
        return self._lowest[columns]

    def _exact(self, column: int) -> Fraction:
        rows, budgets = self._market.supporters[column], self._market.budgets
        since = self._since[rows]
        carried = -budgets.money(rows[since < 0])
        for at, load in enumerate(self._given):
            carried += budgets.weight(rows[since == at]) * load
        return (1 + carried) / int(self._market.totals[column])
