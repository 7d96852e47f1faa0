"""Panels as integer points: one count per kind, within the quotas. Solved by HiGHS."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from .errors import LotteryError
from .kinds import Floats, Ints, Kinds

OPTIMAL, INFEASIBLE = 0, 2


class Found(NamedTuple):
    """A panel, and a proven bound: no panel weighs more than ``most``."""

    panel: Ints
    most: float


class Panels:
    """All panels of ``seats`` people that meet the quotas; finds the heaviest one."""

    def __init__(self, kinds: Kinds, seats: int) -> None:
        self.kinds = kinds
        self.seats = seats
        everyone = np.ones((1, len(kinds)))
        self.matrix = vstack([csr_array(everyone), csr_array(kinds.member.astype(float))]).tocsr()
        self.lowest = np.concatenate([[seats], kinds.lowest]).astype(float)
        self.highest = np.concatenate([[seats], kinds.highest]).astype(float)

    def search(
        self,
        weights: Floats,
        *,
        within: tuple[Floats, Floats] | None = None,
        sums: tuple[Floats, Floats] | None = None,
        gap: float = 0.0,
    ) -> Found | None:
        """A panel with the largest total weight, or None if there is no panel.

        weights : shape (kinds,). within : lowest and highest count of each kind, instead of 0 and
        everyone. sums : lowest and highest of (seats, *cells), instead of the quotas.
        gap : a panel proven to be this close (relative) to the heaviest will do.
        Raises LotteryError("unsolved").
        """
        low, high = within or (np.zeros(len(self.kinds)), self.kinds.people.astype(float))
        at_least, at_most = sums or (self.lowest, self.highest)
        scale = float(np.abs(weights).max(initial=0.0)) or 1.0
        answer = milp(
            -weights / scale,
            integrality=np.ones(len(weights)),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(self.matrix, at_least, at_most),
            options={"mip_rel_gap": gap},
        )
        if answer.status == INFEASIBLE:
            return None
        if answer.status != OPTIMAL:
            raise LotteryError("unsolved", status=int(answer.status))
        panel = np.rint(answer.x).astype(np.int64)
        return Found(panel, max(-float(answer.mip_dual_bound) * scale, float(weights @ panel)))

    def any(self, sums: tuple[Floats, Floats] | None = None) -> bool:
        """Whether there is a panel at all. sums : as in ``search``."""
        return self.search(np.zeros(len(self.kinds)), sums=sums) is not None

    def covering(self) -> list[Ints]:
        """Panels that have, between them, everyone of every kind that any panel has.

        Raises LotteryError("infeasible") if there is no panel.
        """
        seen = np.zeros(len(self.kinds), dtype=bool)
        found: list[Ints] = []
        gap = 0.2  # most steps need not be the best ones; the last one proves
        while not seen.all():
            new = self.search((~seen).astype(float), gap=gap)
            if new is None:
                raise LotteryError("infeasible")
            if new.panel[~seen].any():
                found.append(new.panel)
                seen |= new.panel > 0
            elif new.most < 0.5:
                break
            gap = gap if new.panel[~seen].any() else 0.0
        return found
