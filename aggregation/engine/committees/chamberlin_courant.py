"""Chamberlin-Courant: as many people as possible agree with something that is selected."""

from __future__ import annotations

from collections.abc import Mapping

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.committees.thiele import Optimum, optimum, told
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker


def chamberlin_courant(approved: Approvals, seats: int, *, ties: TieBreaker) -> Optimum:
    """The selection with something in it for most people.

    Often many selections reach everyone who can be reached; of these the one is taken whose
    statements come first in the order of ties, see ``thiele``. Proven best unless it is too large
    for the solver: then ``proven`` is False, and no swap of two statements betters the selection.
    Satisfies JR either way.
    Chamberlin & Courant 1983, doi:10.2307/1957270; Thiele 1895.
    """
    return optimum(approved, seats, 1, ties=ties)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen ("not_approved")."""
    return told(
        "chamberlin_courant",
        evidence,
        params,
        lambda a, k, ties: chamberlin_courant(a, k, ties=ties),
    )
