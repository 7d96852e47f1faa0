"""Does a selection give every group its due? Four properties, each refuted by people one can count.

A group *deserves* l statements if it is at least l / seats of everyone by weight and agrees on
enough statements. Each property implies those before it:

    jr        no group that deserves one, all agreeing on a statement, is left with nothing
    pjr       a group that agrees on l statements and deserves l agrees, taken together, with l of
              the selection
    ejr       in every such group somebody agrees with l selected statements
    ejr_plus  the same for every group that agrees on just one statement that was left out

``jr`` and ``ejr_plus`` are decided in one pass over the approvals. ``pjr`` and ``ejr`` are hard;
most cases are settled by the other two, the rest by a solver that is loaded only then.
Aziz et al. 2017, doi:10.1007/s00355-016-1019-3; Sánchez-Fernández et al. 2017, arXiv:1604.01529;
Brill & Peters 2023, arXiv:2302.01989.
"""

from aggregation.engine.properties.checks import (
    PROPERTIES,
    check,
    ejr,
    ejr_plus,
    justified_representation,
    pjr,
)
from aggregation.engine.properties.verdicts import Counterexample, Verdict

__all__ = [
    "PROPERTIES",
    "Counterexample",
    "Verdict",
    "check",
    "ejr",
    "ejr_plus",
    "justified_representation",
    "pjr",
]
