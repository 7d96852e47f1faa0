"""What everyone has left to spend, as floats for searching and as exact fractions for deciding."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from operator import mul

import numpy as np
from numpy.typing import NDArray

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.ties import CLOSE

Rows = NDArray[np.intp]


class Budgets:
    """Budgets of people who started alike and paid alike, per unit of weight.

    left : float64[n]; exactly 0 for whoever has nothing left, and for nobody else.

    Someone with something left has paid the full price of all they took part in, so their exact
    budget follows from which prices they paid: one bit per person and purchase. Prices are kept as
    whole numbers over one denominator.
    """

    def __init__(self, approved: Approvals, share: Fraction, purchases: int) -> None:
        n = approved.n_participants
        self.left = np.full(n, float(share))
        self._weights = approved.weights
        self._paid = np.zeros((n, purchases), dtype=np.uint8)
        self._share, self._unit = share.numerator, share.denominator
        self._prices: list[int] = []

    def weight(self, rows: Rows) -> int:
        return len(rows) if self._weights is None else int(self._weights[rows].sum())

    def money(self, rows: Rows) -> Fraction:
        """What these people have left together, exactly."""
        return Fraction(self._money(rows[self.left[rows] > 0]), self._unit)

    def price(self, rows: Rows, guess: float) -> Fraction | None:
        """The lowest p such that these people pay for one seat if nobody pays more than p per unit
        of weight, exactly; None if they cannot. guess : p as floats found it, inf for None.
        """
        holding = self.left.take(rows)
        limit = guess * (1 - CLOSE)
        below = holding < limit
        poor = int(np.count_nonzero(below))
        # Someone whose budget may lie on either side of p, or a group that can barely pay?
        unsure = guess == np.inf or np.count_nonzero(holding < guess * (1 + CLOSE)) > poor
        if unsure:
            return self._price_by_pattern(rows)
        if not poor:
            return Fraction(1, self.weight(rows))
        spent = self._money(rows[below & (holding > 0)])
        return Fraction(self._unit - spent, self._unit * self.weight(rows[~below]))

    def pay(self, rows: Rows, price: Fraction) -> int:
        """Take the price, or all they have left, from each of these people.

        Returns how many had something left, by weight.
        """
        holding, limit = self.left.take(rows), float(price)
        paying = holding > 0
        payers = int(np.count_nonzero(paying))
        if self._weights is not None:
            payers = int(self._weights[rows[paying]].sum())
        rest = holding - limit
        close = np.abs(rest) <= CLOSE * limit
        np.maximum(rest, 0.0, out=rest)
        if close.any():
            rest[close] = self._rest(rows[close], price)
        self._paid[rows, len(self._prices)] = 1
        self._remember(price)
        self.left[rows] = rest
        return payers

    def _remember(self, price: Fraction) -> None:
        grow = price.denominator // gcd(self._unit, price.denominator)
        if grow > 1:
            self._unit *= grow
            self._share *= grow
            self._prices = [known * grow for known in self._prices]
        self._prices.append(price.numerator * (self._unit // price.denominator))

    def _money(self, rows: Rows) -> int:
        """Whole units of 1 / unit that people with something left hold together."""
        bought = len(self._prices)
        paid = self._paid.take(rows, axis=0)
        if self._weights is None:
            times = np.add.reduce(paid, axis=0, dtype=np.int64)
        else:
            times = self._weights[rows] @ paid.astype(np.int64)
        spent = sum(map(mul, times[:bought].tolist(), self._prices))
        return self.weight(rows) * self._share - int(spent)

    def _patterns(self, rows: Rows) -> list[tuple[int, Rows]]:
        """(budget in units, people), for people who paid for the same and have something left."""
        packed = np.packbits(self._paid[rows], axis=1)
        keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
        result = []
        for members in np.split(rows[order], cuts):
            paid = np.flatnonzero(self._paid[members[0]]).tolist()
            result.append((self._share - sum(self._prices[at] for at in paid), members))
        return result

    def _price_by_pattern(self, rows: Rows) -> Fraction | None:
        holders = rows[self.left[rows] > 0]
        if not len(holders):
            return None
        poorest_first = sorted(
            ((budget, self.weight(members)) for budget, members in self._patterns(holders)),
        )
        missing, rich = self._unit, self.weight(holders)
        for budget, weight in poorest_first:
            if budget * rich >= missing:
                return Fraction(missing, self._unit * rich)
            missing -= budget * weight
            rich -= weight
        return None

    def _rest(self, rows: Rows, price: Fraction) -> NDArray[np.float64]:
        """What is left after paying, where floats cannot tell whether anything is."""
        result = np.zeros(len(rows))
        holders = np.flatnonzero(self.left[rows] > 0)
        if len(holders):
            place = {int(row): at for at, row in zip(holders, rows[holders], strict=True)}
            for budget, members in self._patterns(rows[holders]):
                rest = max(Fraction(budget, self._unit) - price, Fraction(0))
                result[[place[int(row)] for row in members]] = float(rest)
        return result
