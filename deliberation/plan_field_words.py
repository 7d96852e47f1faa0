"""What the settings of a plan are called, and what they do, for people who have never seen one.

Keys are the paths of the engine's settings, as in ``grouping.k_max``. The settings of rules are
found by their name, or as ``rule.name`` where one word means two things.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliberation.rule_words import MEASURE_NAMES

Words = tuple[Any, Any]  # label and hint: texts, or lazy ones

SETTINGS: Final[dict[str, Words]] = {
    "title": (
        _("What the plan does, in one line"),
        _("Stands above the results. Whoever compares two plans tells them apart by it."),
    ),
    "name": (_("Short name of the plan"), _("For file names and command lines.")),
    "version": (_("Version"), _("Raise it when you publish a changed plan under the same name.")),
    "confidence": (
        _("How sure the ranges should be, in percent"),
        _(
            "Beside many numbers stands a range. With 95 it would hold the true value in 95 of "
            "100 panels like this one."
        ),
    ),
    "seed": (
        _("Start of all random draws"),
        _("Any whole number. The same number gives everyone the same result."),
    ),
    "participants.min_votes": (
        _("Votes it takes to be counted"),
        _(
            "With 1 everyone counts who voted at all. A higher number leaves out people who only "
            "looked in."
        ),
    ),
    "space.dimensions": (
        _("Axes of the map of opinions"),
        _("2 is what can be drawn on paper. Groups are found on these axes."),
    ),
    "grouping.k": (_("Number of groups"), ""),
    "grouping.k_min": (_("Fewest groups"), ""),
    "grouping.k_max": (_("Most groups"), ""),
    "grouping.min_votes": (
        _("Votes it takes to be in a group"),
        _("People with fewer votes still count, but belong to no group. 7 is usual."),
    ),
    "grouping.base_clusters": (
        _("Points that sum up a crowd"),
        _("Very large panels are summed up at so many points of the map first. 100 is usual."),
    ),
    "grouping.starts": (
        _("Attempts for each number of groups"),
        _("The best of so many attempts is taken. 10 is usual."),
    ),
    "stability.resamples": (
        _("Recounts with people picked at random"),
        _("200 is usual. More makes the run slower and the answer a little finer."),
    ),
    "stability.refit_groups": (
        _("Find the groups anew each time"),
        _("More honest, and slower: groups can come out differently, too."),
    ),
    "stability.flips": (
        _("Count how few votes would change the result"),
        _("For each statement: how many people would have had to vote differently."),
    ),
    "sensitivity.threshold_step": (
        _("How far thresholds are moved"),
        _("Up and down. With 0.05 a threshold of 0.50 is also tried at 0.45 and 0.55."),
    ),
    "sensitivity.groups": (
        _("Try every number of groups that the plan allows"),
        _("Shows whether the result hangs on how many groups were found."),
    ),
    "properties.jr": (
        _("Nobody large enough is left out"),
        _(
            "Whether every group that is large enough for a place, and agrees on something, has "
            "something in the selection."
        ),
    ),
    "properties.ejr_plus": (
        _("Everyone gets what their number deserves"),
        _("The strongest form of the same question, for groups large enough for several places."),
    ),
    "ranges.participants": (
        _("People in one part of a very large run"),
        _("Leave it empty unless hundreds of thousands take part."),
    ),
    "weights.low": (_("Nobody counts less than"), _("1 is one person. 0.2 is a fifth of one.")),
    "weights.high": (_("Nobody counts more than"), _("5 lets one person stand for five.")),
}

RULE_SETTINGS: Final[dict[str, Words]] = {
    "seats": (
        _("Places in the selection"),
        _("How many statements may be selected. Fewer are, if nobody agrees with the rest."),
    ),
    "unseen": (
        _("People who were not shown a statement"),
        _("Nobody sees all statements. This says what that means for the others."),
    ),
    "measure": (_("How agreement of the groups is put together"), ""),
    "threshold.above": (
        _("Threshold"),
        _("A number between 0 and 1. Selected is what lies above it, not what is level with it."),
    ),
    "bridging.above": (
        _("Threshold"),
        _("A number between −1 and 1. Community Notes, which invented the rule, uses 0.4."),
    ),
    "min_group_votes": (
        _("Votes it takes from each group"),
        _("With fewer votes from some group the answer is “not enough evidence”."),
    ),
    "min_votes": (
        _("Votes a statement needs"),
        _("With fewer votes the answer is “not enough evidence”."),
    ),
    "completion": (
        _("Places that nobody can pay for any more"),
        _("Some money is usually left over. This says what happens with it."),
    ),
    "strength": (_("What makes a win clear"), ""),
    "variant": (_("What is counted"), ""),
    "most": (
        _("Most statements in a circle"),
        _(
            "Statements can beat each other in a circle. With more in it than this, the exact "
            "order takes too long and there is no result."
        ),
    ),
    "penalty": (
        _("Pull towards the middle"),
        _("Keeps a statement with few comparisons from looking very strong. 0.1 is usual."),
    ),
    "level": (_("People who vote alike on both statements"), ""),
}

CHOICES: Final[dict[str, dict[str, Promise | str]]] = {
    "measure": dict(MEASURE_NAMES),
    "unseen": {
        "not_approved": _("count as not agreeing"),
        "share_among_viewers": _("are taken to be like those who saw it"),
        "inverse_propensity": _("are stood for by those who were unlikely to see it"),
    },
    "completion": {
        "phragmen": _("go to the statements that burden their supporters least"),
        "add1": _("everyone gets a little more money until they are filled"),
        "add1u": _("everyone gets a little more money, and what is left goes by agree votes"),
        "utilitarian": _("go to the statements with the most agree votes"),
        "none": _("stay empty"),
    },
    "strength": {
        "margins": _("how many more people are for it than against it"),
        "winning_votes": _("how many people are for it"),
    },
    "variant": {
        "share": _("the share of comparisons that are won"),
        "symmetric": _("wins less losses, which favours what many people saw"),
    },
    "level": {
        "half": _("count as half a win for each"),
        "left_out": _("are left out"),
    },
}


def setting_words(path: str) -> Words:
    """Label and hint of a setting that is not one of a rule."""
    return SETTINGS[path]


def rule_setting_words(rule: str, name: str) -> Words:
    """Label and hint of one setting of a rule."""
    return RULE_SETTINGS.get(f"{rule}.{name}") or RULE_SETTINGS[name]
