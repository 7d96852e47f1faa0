"""The rules of a plan in plain words, for people who have never seen one.

Every rule of the engine's registry has a name and a sentence here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from aggregation.engine import RULES
from deliberation.figures import decimal

MEASURE_NAMES: Final[dict[str, Promise]] = {
    "gac_polis": gettext_lazy("Common ground, smoothed"),
    "gac_raw": gettext_lazy("Common ground"),
    "min_group": gettext_lazy("Least agreeing group"),
    "bridging": gettext_lazy("Agreement across the divide"),
}
MEASURES: Final[dict[str, Promise]] = {
    "gac_polis": gettext_lazy("product over the groups of (agree + 1) / (votes + 2)"),
    "gac_raw": gettext_lazy("product over the groups of agree / votes"),
    "min_group": gettext_lazy("smallest share of agreement of any group"),
    "bridging": gettext_lazy("the part of agreement that does not hang on the side one is on"),
}
_NAMES: Final[dict[str, Promise]] = {
    "threshold": gettext_lazy("Agreement of all groups above a threshold"),
    "approval": gettext_lazy("Most agree votes"),
    "satisfaction_approval": gettext_lazy("Most agree votes, everyone's one vote split evenly"),
    "sequential_pav": gettext_lazy("Proportional approval, place by place"),
    "reverse_sequential_pav": gettext_lazy("Proportional approval, dropping what is missed least"),
    "exact_pav": gettext_lazy("Proportional approval, best of all selections"),
    "chamberlin_courant": gettext_lazy("Something in it for most people (Chamberlin and Courant)"),
    "sequential_phragmen": gettext_lazy("Even load on those who carry the places (Phragmén)"),
    "equal_shares": gettext_lazy("Equal shares: everyone has the same to spend"),
    "greedy_monroe": gettext_lazy("Equal parts of the panel, one statement each (Monroe)"),
    "maximin_support": gettext_lazy("The weakest place as strong as possible"),
    "bridging": gettext_lazy("Agreement that bridges the main divide"),
    "schulze": gettext_lazy("Strongest paths of comparisons (Schulze)"),
    "ranked_pairs": gettext_lazy("Strongest comparisons first (ranked pairs)"),
    "copeland": gettext_lazy("Most comparisons won (Copeland)"),
    "minimax": gettext_lazy("Mildest worst defeat (minimax)"),
    "borda": gettext_lazy("Share of comparisons won (Borda)"),
    "kemeny": gettext_lazy("Fewest disagreements with all ballots (Kemeny)"),
    "bradley_terry": gettext_lazy("Strength in comparisons, estimated (Bradley and Terry)"),
}
_SENTENCES: Final[dict[str, Promise]] = {
    "threshold": gettext_lazy(
        "Every statement is selected whose “%(name)s” (%(formula)s) is above %(above)s. "
        "With fewer than %(min_group_votes)s votes from some group there is not enough evidence."
    ),
    "approval": gettext_lazy(
        "The %(seats)s statements with the most agree votes are selected. A majority can take "
        "every place."
    ),
    "satisfaction_approval": gettext_lazy(
        "Everyone has one vote, split evenly over the statements they agree with. The %(seats)s "
        "statements that get the most are selected."
    ),
    "sequential_pav": gettext_lazy(
        "%(seats)s statements are selected one after another. Each time the statement wins "
        "that adds most for people who agree with few or none of those already selected."
    ),
    "reverse_sequential_pav": gettext_lazy(
        "All statements are selected at first. Again and again the one goes that people would "
        "miss least, until %(seats)s are left."
    ),
    "exact_pav": gettext_lazy(
        "Of all ways to choose %(seats)s statements, the one is taken that satisfies people most. "
        "A person's second statement counts half as much as the first, the third a third."
    ),
    "chamberlin_courant": gettext_lazy(
        "Of all ways to choose %(seats)s statements, the one is taken with which most people "
        "agree with at least one."
    ),
    "sequential_phragmen": gettext_lazy(
        "%(seats)s statements are selected one after another. Each is a load that its supporters "
        "carry together. The next is always the one that keeps the heaviest load lightest."
    ),
    "equal_shares": gettext_lazy(
        "%(seats)s statements can be bought, and everyone gets the same share of the money. "
        "People pay for statements they agree with, as evenly as they can. Groups of any kind get "
        "what their size pays for."
    ),
    "greedy_monroe": gettext_lazy(
        "The panel is cut into %(seats)s parts of equal size. One after another, the statement is "
        "selected that a part as large as this agrees with best, and that part is served."
    ),
    "maximin_support": gettext_lazy(
        "%(seats)s statements are selected one after another. People share out their support "
        "among the selected ones, so that the one with the least support has as much as possible."
    ),
    "bridging": gettext_lazy(
        "What people of unlike opinions agree on is told apart from what only one side likes. "
        "Statements are selected whose common part is above %(above)s."
    ),
    "schulze": gettext_lazy(
        "Statements are compared two by two: more people rate the one above the other. The "
        "%(seats)s statements are selected that beat the others by the strongest chains of wins."
    ),
    "ranked_pairs": gettext_lazy(
        "Statements are compared two by two. The clearest wins are settled first, and what would "
        "contradict them is left out. The first %(seats)s statements are selected."
    ),
    "copeland": gettext_lazy(
        "Statements are compared two by two. The %(seats)s statements that win most often are "
        "selected."
    ),
    "minimax": gettext_lazy(
        "Statements are compared two by two. The %(seats)s statements are selected whose worst "
        "defeat is smallest."
    ),
    "borda": gettext_lazy(
        "On every ballot, statements are compared two by two. The %(seats)s statements are "
        "selected that win the largest share of their own comparisons."
    ),
    "kemeny": gettext_lazy(
        "Of all orders of the statements, the one is taken that contradicts the ballots least. "
        "Its first %(seats)s statements are selected."
    ),
    "bradley_terry": gettext_lazy(
        "From all comparisons of two statements, each gets a strength that explains the wins "
        "best. The %(seats)s strongest statements are selected."
    ),
}


def rule_name(rule: str) -> str:
    """A short name for people; that of the registry for a rule without words here."""
    return str(_NAMES[rule]) if rule in _NAMES else RULES[rule].label if rule in RULES else rule


def measure_name(measure: str) -> str:
    """A short name for people."""
    return str(MEASURE_NAMES.get(measure, measure))


def measure_in_words(measure: str) -> str:
    """The formula, said aloud."""
    return str(MEASURES.get(measure, measure))


def rule_in_words(rule: str, params: Mapping[str, Any]) -> str:
    """What it takes to be selected, in a sentence or two; the name of a rule without words."""
    if rule not in _SENTENCES:
        return rule_name(rule)
    filled = {
        name: decimal(value) if isinstance(value, float) else value
        for name, value in params.items()
    }
    if "measure" in params:
        filled["name"] = measure_name(params["measure"])
        filled["formula"] = measure_in_words(params["measure"])
    said = str(_SENTENCES[rule]) % filled
    unseen = _UNSEEN.get(str(params.get("unseen")))
    return f"{said} {unseen}" if unseen else said


_UNSEEN: Final[dict[str, Promise]] = {
    "share_among_viewers": gettext_lazy(
        "A statement is judged by those who saw it, as if all others were like them."
    ),
    "inverse_propensity": gettext_lazy(
        "A statement is judged by those who saw it; people who were unlikely to be shown it "
        "count for more."
    ),
}


def guarantee_in_words(guarantee: str) -> str:
    """What is proven of a rule, said aloud."""
    return str(_GUARANTEES[guarantee]) if guarantee in _GUARANTEES else guarantee


_GUARANTEES: Final[dict[str, Promise]] = {
    "independent": gettext_lazy("The choice about one statement does not depend on the others."),
    "committee_monotone": gettext_lazy("More places only add statements and never drop one."),
    "jr": gettext_lazy(
        "In every group that is large enough for a place and agrees on a statement, somebody "
        "agrees with a selected statement."
    ),
    "pjr": gettext_lazy(
        "A group large enough for several places that agrees on as many statements has as many."
    ),
    "ejr": gettext_lazy(
        "In every group large enough for several places that agrees on as many statements, "
        "somebody agrees with that many of the selected ones."
    ),
    "ejr_plus": gettext_lazy(
        "Supporters of a statement that was left out, if they are enough for several places, "
        "have somebody among them who agrees with that many of the selected ones."
    ),
    "condorcet": gettext_lazy("A statement that wins against every other one comes first."),
    "smith": gettext_lazy(
        "A set of statements of which each wins against every statement outside it comes first."
    ),
    "clone_independent": gettext_lazy(
        "Near copies of a statement neither help nor hurt the others."
    ),
    "optimal": gettext_lazy("No other choice of as many statements has a higher score."),
}
