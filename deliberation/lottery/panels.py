"""Panels as integer points: one count per kind, within the quotas. Solved by HiGHS."""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from .errors import LotteryError
from .kinds import Floats, Ints, Kinds

OPTIMAL, INFEASIBLE = 0, 2


class Panels:
    """All panels of ``seats`` people that meet the quotas; finds the heaviest one."""

    def __init__(self, kinds: Kinds, seats: int) -> None:
        self.kinds = kinds
        self.seats = seats
        everyone = np.ones((1, len(kinds)))
        self.matrix = vstack([csr_array(everyone), csr_array(kinds.member.astype(float))]).tocsr()
        self.lowest = np.concatenate([[seats], kinds.lowest]).astype(float)
        self.highest = np.concatenate([[seats], kinds.highest]).astype(float)

    def heaviest(
        self,
        weights: Floats,
        *,
        within: tuple[Floats, Floats] | None = None,
        sums: tuple[Floats, Floats] | None = None,
        gap: float = 0.0,
    ) -> Ints | None:
        """The panel with the largest total weight, or None if there is no panel.

        weights : shape (kinds,). within : lowest and highest count of each kind, instead of 0 and
        everyone. sums : lowest and highest of (seats, *cells), instead of the quotas.
        gap : a panel this close (relative) to the heaviest will do.
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
        return np.rint(answer.x).astype(np.int64)

    def meets(self, panel: Ints) -> bool:
        """Whether this is a panel."""
        sums = self.matrix @ panel
        within = (panel >= 0).all() and (panel <= self.kinds.people).all()
        return bool(within and (sums >= self.lowest).all() and (sums <= self.highest).all())
