"""The rules there are: one literal table, read by plans, pages, docs and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from aggregation.engine.consensus import MEASURES
from aggregation.engine.params import Param, ParamValue
from aggregation.engine.rule_params import (
    BEST,
    MIN_VOTES,
    SEATS,
    STRENGTH,
    UNSEEN,
    UNSEEN_COUNTS,
    UNSEEN_NOT_APPROVED,
)
from aggregation.engine.selection import Evidence, Selection

__all__ = ["GUARANTEES", "RULES", "UNSEEN", "Rule", "Select"]

Select = Callable[[Evidence, Mapping[str, ParamValue]], Selection]


@dataclass(frozen=True)
class Rule:
    """One rule.

    id, label  : its name in plans, and for people.
    function   : where it is, as "module:function" below ``aggregation.engine``. It is imported
                 when it is used: some rules need solvers that take longer to load than to run.
    inputs     : what it looks at, in words.
    params     : its settings.
    guarantees : what is proven of its outcome, as ids of GUARANTEES, each checked by our tests.
    complexity : in votes stored (nnz), people (n), statements (m), groups (G) and seats.
    reference  : where it is defined.
    from_counts: it needs the votes counted by group only, not each person's.
    resampled  : whether it is quick enough to be repeated on hundreds of resampled panels.
    fractions  : whether people may count for more or less than a whole one.
    """

    id: str
    label: str
    function: str
    inputs: tuple[str, ...]
    params: tuple[Param, ...]
    guarantees: tuple[str, ...]
    complexity: str
    reference: str
    from_counts: bool = False
    resampled: bool = True
    fractions: bool = True

    @property
    def select(self) -> Select:
        """The rule itself."""
        module, name = self.function.split(":")
        found: Select = getattr(import_module(f"aggregation.engine.{module}"), name)
        return found


# What may be promised of a rule, in words; ``tests/aggregation/engine/test_engine_guarantees.py``
# checks each on random votes for every rule that claims it.
GUARANTEES: dict[str, str] = {
    "independent": "The choice about one statement does not depend on the others.",
    "committee_monotone": "More seats only add statements and never drop one.",
    "jr": "No group large enough for a seat that agrees on a statement goes without any.",
    "pjr": "A group large enough for several seats that agrees on as many statements has as many.",
    "ejr": "In every such group somebody agrees with as many selected statements as it deserves.",
    "ejr_plus": "No statement left out has a large enough group of supporters who all got less.",
    "condorcet": "A statement that wins against every other one comes first.",
    "smith": "Statements that win against all others stand above these.",
    "clone_independent": "Near copies of a statement neither help nor hurt the others.",
    "optimal": "No other choice of as many statements has a higher score.",
}

COMPARED = ("agree, pass and disagree votes, statement against statement",)

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            id="threshold",
            label="Agreement of all groups above a threshold",
            function="committees.threshold:threshold",
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
            guarantees=("independent",),
            complexity="O(G · m)",
            reference="Huang et al. 2024, Collective Constitutional AI, arXiv:2406.07814",
            from_counts=True,
        ),
        Rule(
            id="approval",
            label="Most agree votes",
            function="committees.approval:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_COUNTS),
            guarantees=("committee_monotone",),
            complexity="O(nnz + m log m)",
            reference="Brams & Fishburn 1978, Approval voting, American Political Science Review",
        ),
        Rule(
            id="satisfaction_approval",
            label="Most agree votes, everyone's one vote split evenly",
            function="committees.satisfaction_approval:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_COUNTS),
            guarantees=("committee_monotone",),
            complexity="O(nnz + m log m)",
            reference="Brams & Kilgour 2014, Satisfaction approval voting, in Voting Power and "
            "Procedures, p. 323",
        ),
        Rule(
            id="sequential_pav",
            label="Proportional approval, place by place",
            function="committees.sequential_pav:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_COUNTS),
            guarantees=("committee_monotone",),
            complexity="O(nnz + seats · m) and the ballots of each winner's supporters",
            reference="Thiele 1895; Lackner & Skowron 2023, Multi-Winner Voting with Approval "
            "Preferences, ch. 2",
        ),
        Rule(
            id="reverse_sequential_pav",
            label="Proportional approval, dropping what is missed least",
            function="committees.reverse_sequential_pav:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_COUNTS),
            guarantees=("committee_monotone",),
            complexity="O(m²) and the sum of the squares of all ballots",
            reference="Thiele 1895; Lackner & Skowron 2023, Multi-Winner Voting with Approval "
            "Preferences, ch. 2",
        ),
        Rule(
            id="sequential_phragmen",
            label="Even load on those who carry the places (Phragmén)",
            function="committees.sequential_phragmen:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_NOT_APPROVED),
            guarantees=("committee_monotone", "jr", "pjr"),
            complexity="O(nnz + seats · (m + seats)) and the ballots of each winner's supporters",
            reference="Phragmén 1894; Brill, Freeman, Janson & Lackner 2024, Phragmén's voting "
            "methods and justified representation, Mathematical Programming 203",
        ),
        Rule(
            id="equal_shares",
            label="Equal shares: everyone has the same to spend",
            function="committees.equal_shares:select",
            inputs=("agree votes",),
            params=(
                SEATS,
                Param(
                    "completion",
                    "choice",
                    "What happens with seats that nobody can pay any more.",
                    default="phragmen",
                    choices=("phragmen", "add1", "add1u", "utilitarian", "none"),
                ),
                UNSEEN_NOT_APPROVED,
            ),
            guarantees=("jr", "pjr", "ejr", "ejr_plus"),
            complexity="O(nnz), then per seat the supporters of statements near the lowest price",
            reference="Peters & Skowron 2020, Proportionality and the Limits of Welfarism, "
            "arXiv:1911.11747; completions: Faliszewski et al. 2023, arXiv:2305.11035",
        ),
        Rule(
            id="greedy_monroe",
            label="Equal parts of the panel, one statement each (Monroe)",
            function="committees.greedy_monroe:select",
            inputs=("agree votes", "people of whole weight only"),
            params=(SEATS, UNSEEN_NOT_APPROVED),
            guarantees=("jr",),
            complexity="O(nnz + seats · m)",
            fractions=False,
            reference="Skowron, Faliszewski & Slinko 2015, Achieving fully proportional "
            "representation, Artificial Intelligence 222",
        ),
        Rule(
            id="maximin_support",
            label="The weakest place as strong as possible",
            function="committees.maximin_support:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_NOT_APPROVED),
            guarantees=("committee_monotone", "jr", "pjr"),
            complexity="O(seats · m), and a flow over n · seats for a few statements per seat",
            reference="Sánchez-Fernández, Fernández-García, Fisteus & Brill 2022, The maximin "
            "support method, Mathematical Programming, arXiv:1609.05370",
        ),
        Rule(
            id="exact_pav",
            label="Proportional approval, best of all selections",
            function="committees.exact_pav:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_NOT_APPROVED),
            guarantees=("jr", "pjr", "ejr", "ejr_plus", "optimal"),
            complexity="NP-hard; best found, with a bound, where the solver does not end",
            reference="Thiele 1895; Aziz et al. 2017, Justified representation in approval-based "
            "committee voting, Social Choice and Welfare 48",
            resampled=False,
        ),
        Rule(
            id="chamberlin_courant",
            label="Something in it for most people (Chamberlin and Courant)",
            function="committees.chamberlin_courant:select",
            inputs=("agree votes",),
            params=(SEATS, UNSEEN_NOT_APPROVED),
            guarantees=("jr", "optimal"),
            complexity="NP-hard; best found, with a bound, where the solver does not end",
            reference="Chamberlin & Courant 1983, Representative deliberations and "
            "representative decisions, American Political Science Review 77",
            resampled=False,
        ),
        Rule(
            id="bridging",
            label="Agreement that bridges the main divide",
            function="bridging:select",
            inputs=("all votes",),
            params=(
                Param(
                    "above",
                    "float",
                    "A statement is selected if its intercept is above this. Community Notes uses "
                    "0.40.",
                    default=0.4,
                    minimum=-1,
                    maximum=1,
                ),
                Param(
                    "min_votes",
                    "int",
                    "With fewer votes on a statement there is not enough evidence to decide.",
                    default=5,
                    minimum=1,
                ),
            ),
            guarantees=(),
            complexity="O(starts · steps · nnz), tens of steps",
            reference="Wojcik et al. 2022, Birdwatch, arXiv:2210.15723, ch. 3",
        ),
        Rule(
            id="schulze",
            label="Strongest paths of comparisons (Schulze)",
            function="rankings.schulze:select",
            inputs=COMPARED,
            params=(BEST, MIN_VOTES, STRENGTH),
            guarantees=("committee_monotone", "condorcet", "smith", "clone_independent"),
            complexity="O(m³), after counting pairs",
            reference="Schulze 2011, A new monotonic, clone-independent, reversal symmetric and "
            "Condorcet-consistent single-winner election method, Social Choice and Welfare 36",
        ),
        Rule(
            id="ranked_pairs",
            label="Strongest comparisons first (ranked pairs)",
            function="rankings.ranked_pairs:select",
            inputs=COMPARED,
            params=(BEST, MIN_VOTES, STRENGTH),
            guarantees=("committee_monotone", "condorcet", "smith", "clone_independent"),
            complexity="O(m² log m) and one pass over m bits per win, after counting pairs",
            reference="Tideman 1987, Independence of clones as a criterion for voting rules, "
            "Social Choice and Welfare 4",
        ),
        Rule(
            id="copeland",
            label="Most comparisons won (Copeland)",
            function="rankings.copeland:select",
            inputs=COMPARED,
            params=(BEST, MIN_VOTES),
            guarantees=("committee_monotone", "condorcet", "smith"),
            complexity="O(m²), after counting pairs",
            reference="Saari & Merlin 1996, The Copeland method, Economic Theory 8",
        ),
        Rule(
            id="minimax",
            label="Mildest worst defeat (minimax)",
            function="rankings.minimax:select",
            inputs=COMPARED,
            params=(BEST, MIN_VOTES, STRENGTH),
            guarantees=("committee_monotone", "condorcet"),
            complexity="O(m²), after counting pairs",
            reference="Levin & Nalebuff 1995, An introduction to vote-counting schemes, J. "
            "Economic Perspectives 9",
        ),
        Rule(
            id="borda",
            label="Share of comparisons won (Borda)",
            function="rankings.borda:select",
            inputs=COMPARED,
            params=(
                BEST,
                MIN_VOTES,
                Param(
                    "variant",
                    "choice",
                    "The share of comparisons won, or wins less losses, which favours what many "
                    "people saw.",
                    default="share",
                    choices=("share", "symmetric"),
                ),
            ),
            guarantees=("committee_monotone",),
            complexity="O(m²), after counting pairs",
            reference="Young 1974, An axiomatization of Borda's rule, J. Economic Theory 9",
        ),
        Rule(
            id="kemeny",
            label="Fewest disagreements with all ballots (Kemeny)",
            function="rankings.kemeny:select",
            inputs=COMPARED,
            params=(
                BEST,
                MIN_VOTES,
                Param(
                    "most",
                    "int",
                    "Up to how many statements that hang together by circles the ranking is "
                    "computed.",
                    default=100,
                    minimum=3,
                    maximum=200,
                ),
            ),
            guarantees=("committee_monotone", "condorcet", "smith"),
            complexity="NP-hard in statements that hang together by circles; else O(m²)",
            reference="Young & Levenglick 1978, A consistent extension of Condorcet's election "
            "principle, SIAM J. Appl. Math. 35",
            resampled=False,
        ),
        Rule(
            id="bradley_terry",
            label="Strength in comparisons, estimated (Bradley and Terry)",
            function="rankings.bradley_terry:select",
            inputs=COMPARED,
            params=(
                BEST,
                MIN_VOTES,
                Param(
                    "penalty",
                    "float",
                    "How much strengths are pulled to the middle: a normal prior of variance "
                    "1 / (2 penalty).",
                    default=0.1,
                    minimum=0,
                ),
                Param(
                    "level",
                    "choice",
                    "What a person counts who votes alike on both: half a win for each, or "
                    "nothing.",
                    default="half",
                    choices=("half", "left_out"),
                ),
            ),
            guarantees=("committee_monotone",),
            complexity="O(m³) per step, about six steps, after counting pairs",
            reference="Bradley & Terry 1952, Rank analysis of incomplete block designs, "
            "Biometrika 39",
        ),
    )
}
