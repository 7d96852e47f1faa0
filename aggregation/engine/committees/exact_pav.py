"""Proportional approval voting, exactly: the best selection of all, not seat by seat."""

from __future__ import annotations

from collections.abc import Mapping

from aggregation.engine.committees.approvals import Approvals
from aggregation.engine.committees.thiele import Optimum, optimum, told
from aggregation.engine.params import ParamValue
from aggregation.engine.selection import Evidence, Selection
from aggregation.engine.ties import TieBreaker


def exact_pav(approved: Approvals, seats: int, *, ties: TieBreaker) -> Optimum:
    """The selection with the highest sum of 1 + 1/2 + ... + 1/s, s being what a person agrees with.

    Proven best unless it is too large for the solver: then ``proven`` is False, and no swap of two
    statements betters the selection. Satisfies EJR+ either way.
    Thiele 1895; Aziz et al. 2017, doi:10.1007/s00355-016-1019-3.
    """
    return optimum(approved, seats, seats, ties=ties)


def select(evidence: Evidence, params: Mapping[str, ParamValue]) -> Selection:
    """The rule as plans use it. params : seats, unseen ("not_approved")."""
    return told("exact_pav", evidence, params, lambda a, k, ties: exact_pav(a, k, ties=ties))
