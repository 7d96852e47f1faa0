"""The part of the set-up form about statements and cards."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from deliberation.models import Round
from deliberation.models.rounds import ModerationMode, Routing

# In the words of someone who has never heard of routing; the formulas are in routing.py.
ROUTING_WORDS: Final = {
    Routing.BALANCED: _(
        "Balanced (recommended): every statement gets its share; those that few have seen, that "
        "divide people or that are still undecided come a little more often"
    ),
    Routing.POLIS: _("As Polis does it: what divides people or is new comes more often"),
    Routing.UNIFORM: _("All alike: every statement is equally likely"),
}


class RoundFields(forms.Form):
    """Columns of the round, by their names. All of them freeze when it opens."""

    moderation = forms.ChoiceField(
        label=_("When are proposed statements checked?"),
        choices=ModerationMode,
        initial=ModerationMode.BEFORE,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose when statements are checked.")},
    )
    statement_max_length = forms.IntegerField(
        label=_("Maximum length of a statement, in characters"),
        help_text=_("200 is about two lines on a phone."),
        min_value=20,
        max_value=1000,
        initial=200,
        error_messages={
            "required": _("Write how long a statement may be."),
            "min_value": _("A statement needs room for at least %(limit_value)s characters."),
            "max_value": _("A statement may have at most %(limit_value)s characters."),
        },
    )
    target_votes = forms.IntegerField(
        label=_("Votes asked of each person"),
        help_text=_("A goal, not a limit. 30 votes take about ten minutes."),
        min_value=1,
        max_value=1000,
        initial=30,
        error_messages={
            "required": _("Write how many votes you ask for."),
            "min_value": _("Ask each person for at least %(limit_value)s vote."),
            "max_value": _("Ask each person for at most %(limit_value)s votes."),
        },
    )
    min_votes_to_propose = forms.IntegerField(
        label=_("Votes before the first statement of one’s own"),
        help_text=_(
            "0 lets people write at once. With 5 or 10 they first see what others have written, "
            "and fewer statements say the same."
        ),
        min_value=0,
        max_value=200,
        initial=0,
        error_messages={
            "required": _("Write a number; 0 lets people write at once."),
            "min_value": _("This cannot be less than %(limit_value)s."),
            "max_value": _("Ask for at most %(limit_value)s votes before the first statement."),
        },
    )
    ask_importance = forms.BooleanField(
        label=_("People may mark what matters to them"),
        help_text=_("One more tick on each card: “This matters to me”. Nobody has to use it."),
        initial=True,
        required=False,
    )
    show_origin = forms.BooleanField(
        label=_("Say on each card who wrote it"),
        help_text=_(
            "“From a panel member” or “From the organiser”, never a name. "
            "Without it people judge the words alone."
        ),
        required=False,
    )
    routing = forms.ChoiceField(
        label=_("Which statement comes next?"),
        help_text=_("Chance decides. You choose how the chances are shared out."),
        choices=list(ROUTING_WORDS.items()),
        initial=Routing.BALANCED,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the next statement is drawn.")},
    )
    min_exposures = forms.IntegerField(
        label=_("Times each statement should be shown"),
        help_text=_(
            "A statement that was shown less often than this is moved forward. "
            "30 is enough to tell clear agreement from clear disagreement."
        ),
        min_value=1,
        max_value=10_000,
        initial=30,
        error_messages={
            "required": _("Write how often each statement should be shown."),
            "min_value": _("Write %(limit_value)s or more."),
            "max_value": _("Ask for at most %(limit_value)s showings."),
        },
    )


def of_round(round: Round) -> dict[str, Any]:
    """What is stored, by the names of the fields."""
    return {name: getattr(round, name) for name in RoundFields.base_fields}
