"""What the engine refuses, in the reader's language. Every code of the engine has words here.

The engine's own English (``str(error)``) is for shells and logs; it cannot be translated there,
since the engine is a library of its own. Pages say what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.engine import EngineError, PlanError
from deliberation.figures import decimal
from deliberation.plan_fault_words import PLAN_FAULTS, plan_fault
from deliberation.rule_words import rule_name

_REFUSALS: Final[dict[str, Promise]] = {
    "no_votes": gettext_lazy("There are no votes to aggregate."),
    "nobody_left": gettext_lazy(
        "Nobody who counts cast the %(min_votes)s votes that the plan asks for. "
        "The most anyone cast is %(most)s."
    ),
    "nobody_counts": gettext_lazy("The rules on who counts leave nobody."),
    "too_large": gettext_lazy(
        "%(participants)s participants by %(statements)s statements is more than fits into memory."
    ),
    "weights_not_whole": gettext_lazy(
        "“%(rule)s” counts whole people. It cannot be used with weights."
    ),
    "probabilities_missing": gettext_lazy(
        "Unseen statements are to count by the probability of being shown, "
        "but the votes carry no such probabilities."
    ),
    "kemeny_too_large": gettext_lazy(
        "%(statements)s statements hang together by circles and ties of comparisons. "
        "Kemeny's ranking is computed exactly for up to %(most)s."
    ),
    "kemeny_not_proven": gettext_lazy(
        "Kemeny's ranking of %(statements)s statements was not proven best "
        "within %(nodes)s steps of the search."
    ),
    "strengths_unbounded": gettext_lazy(
        "%(statements)s of %(total)s statements were never put below one of the others, "
        "so their strength has no bound. “Pull towards the middle” gives it one."
    ),
    "strengths_not_converged": gettext_lazy("The strengths did not settle within %(steps)s steps."),
    "bridging_not_converged": gettext_lazy("The bridging model did not settle in %(steps)s steps."),
    "space_not_converged": gettext_lazy("The map of opinions could not be computed."),
    "seed_out_of_range": gettext_lazy("The seed must be a whole number from 0 up, not %(seed)s."),
    "declared_groups_missing": gettext_lazy(
        "The plan uses the declared groups “%(source)s”, but the votes carry no such groups."
    ),
    "characteristic_missing": gettext_lazy(
        "The plan uses the answers to “%(name)s”, but no answers to it came with the votes."
    ),
    "too_few_points": gettext_lazy(
        "The plan asks for %(k)s opinion groups, "
        "but the participants stand at only %(points)s different places."
    ),
    "margin_without_people": gettext_lazy(
        "Nobody in the panel answered “%(value)s” to “%(name)s”, but the margins ask for some of "
        "them. Weights cannot stand in for people who did not come."
    ),
    "margins_do_not_add_up": gettext_lazy(
        "The shares of “%(name)s” must add up to 1, not to %(total)s."
    ),
    "plan_unknown": gettext_lazy("There is no plan called “%(name)s”. There are: %(known)s."),
}
# What no votes and no plan of this site can bring about: if it happens, the program is at fault.
FAULTS: Final = frozenset(
    {
        "lengths_differ", "id_not_whole", "id_repeated", "id_unknown", "ids_not_found",
        "mask_length", "value_out_of_range", "duplicate_vote", "contradictory_votes",
        "group_unknown_participant", "group_out_of_range", "matrix_malformed", "copy_malformed",
        "pairs_malformed", "resamples_do_not_fit", "gram_missing", "statistics_do_not_fit",
        "bounds_malformed",
    }
)  # fmt: skip
# Of files of votes, which only the engine's command line reads.
FILES: Final = frozenset(
    {
        "file_missing", "file_unreadable", "folder_without_votes", "file_empty", "file_utf16",
        "file_not_utf8", "file_not_json", "file_quotes", "file_kind_unknown",
        "file_column_missing", "file_column_twice", "file_no_statements", "file_no_people",
        "file_no_votes", "file_row_width", "file_cell", "file_cell_blank", "file_person_twice",
        "file_statement_twice", "file_statement_unknown", "file_votes_contradict",
    }
)  # fmt: skip
REFUSALS: Final = frozenset(_REFUSALS)


def engine_words(error: EngineError, *, path: bool = True) -> str:
    """Why the engine refuses, a sentence or two.

    path : for a plan, name the place in the file besides the setting.
    """
    if isinstance(error, PlanError) and error.code in PLAN_FAULTS:
        return plan_fault(error, path=path)
    return refusal_words(error.code, error.params)


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
    """The same of a code and parameters that were kept, for all but faults of plans."""
    if code in _REFUSALS:
        return str(_REFUSALS[code]) % _filled(params)
    if code in FILES:
        return _("A file of votes cannot be read (%(code)s).") % {"code": code}
    return _(
        "This should not happen: the program is at fault (%(code)s). Tell the people who run "
        "this site."
    ) % {"code": code}


def _filled(params: Mapping[str, Any]) -> dict[str, Any]:
    filled = {
        name: decimal(value) if isinstance(value, float) else value
        for name, value in params.items()
    }
    if "rule" in filled:
        filled["rule"] = rule_name(str(filled["rule"]))
    return filled
