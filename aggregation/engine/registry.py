"""The rules there are: one literal table, read by plans, pages, docs and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aggregation.engine.committees import sequential_pav, threshold
from aggregation.engine.consensus import MEASURES
from aggregation.engine.params import Param, ParamValue
from aggregation.engine.selection import Evidence, Selection


@dataclass(frozen=True)
class Rule:
    """One rule.

    id, label  : its name in plans, and for people.
    function   : computes it.
    inputs     : what it looks at, in words.
    params     : its settings.
    guarantees : what is proven of its outcome and checked by our tests.
    complexity : in votes stored (nnz), statements (m), groups (G) and seats.
    reference  : where it is defined.
    """

    id: str
    label: str
    function: Callable[[Evidence, Mapping[str, ParamValue]], Selection]
    inputs: tuple[str, ...]
    params: tuple[Param, ...]
    guarantees: tuple[str, ...]
    complexity: str
    reference: str


RULES: dict[str, Rule] = {
    "threshold": Rule(
        id="threshold",
        label="Agreement of all groups above a threshold",
        function=threshold.threshold,
        inputs=("votes by group and statement",),
        params=(
            Param(
                "measure",
                "choice",
                "How agreement over the groups is measured.",
                default="gac_polis",
                choices=MEASURES,
            ),
            Param(
                "above",
                "float",
                "A statement is selected if the measure is above this, not if it is level.",
                required=True,
                minimum=0,
                maximum=1,
            ),
            Param(
                "min_group_votes",
                "int",
                "With fewer votes from some group there is not enough evidence to decide.",
                default=5,
                minimum=0,
            ),
        ),
        guarantees=("the choice about one statement does not depend on the others",),
        complexity="O(G · m)",
        reference="Huang et al. 2024, Collective Constitutional AI, arXiv:2406.07814",
    ),
    "sequential_pav": Rule(
        id="sequential_pav",
        label="Proportional approval, seat by seat",
        function=sequential_pav.select,
        inputs=("agree votes",),
        params=(
            Param(
                "seats",
                "int",
                "How many statements are wanted; fewer are taken if nobody agrees with the rest.",
                required=True,
                minimum=1,
                maximum=10_000,
            ),
            Param(
                "unseen",
                "choice",
                "What a statement counts that a person was not shown.",
                default="not_approved",
                choices=("not_approved",),
            ),
        ),
        guarantees=("more seats only add statements and never drop one",),
        complexity="O(nnz + seats · m) and the votes of each winner's supporters",
        reference="Lackner & Skowron 2023, Multi-Winner Voting with Approval Preferences, ch. 2.3",
    ),
}
