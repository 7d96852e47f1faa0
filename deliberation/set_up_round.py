"""The part of the plan about statements, cards, moderation and who is left out."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from deliberation.models import Round
from deliberation.models.moderation import NOT_BY_A_PERSON, ReasonCode
from deliberation.models.rounds import (
    ExclusionRule,
    ModerationMode,
    Routing,
    default_reason_codes,
)

# In the words of someone who has never heard of routing; the formulas are in routing.py.
ROUTING_WORDS: Final = {
    Routing.BALANCED: _(
        "Balanced (recommended): every statement gets its share; those that few have seen, that "
        "divide people or that are still undecided come a little more often"
    ),
    Routing.POLIS: _("As Polis does it: what divides people or is new comes more often"),
    Routing.UNIFORM: _("All alike: every statement is equally likely"),
}

# What a moderator can say to an author; the others are said by what was done.
_SAID_BY_WHAT_WAS_DONE: Final = (
    ReasonCode.FITS,
    ReasonCode.REPLACED,
    ReasonCode.MISTAKE,
    *NOT_BY_A_PERSON,
)
REASONS: Final = [
    (code.value, code.label) for code in ReasonCode if code not in _SAID_BY_WHAT_WAS_DONE
]


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

    moderation_hours = forms.IntegerField(
        label=_("Hours until a statement is looked at"),
        help_text=_(
            "A promise that everyone can read. Moderators get a letter when a statement has "
            "waited longer."
        ),
        min_value=1,
        max_value=24 * 30,
        initial=24,
        error_messages={
            "required": _("Write within how many hours you look at a statement."),
            "min_value": _("Allow at least one hour."),
            "max_value": _("Thirty days are the most: %(limit_value)s hours."),
        },
    )
    reason_codes = forms.MultipleChoiceField(
        label=_("For which reasons may a statement be turned down?"),
        help_text=_("Its author reads the reason, and it stands in the public log."),
        choices=REASONS,
        initial=default_reason_codes,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one reason.")},
    )
    moderation_policy = forms.CharField(
        label=_("More about how you moderate (optional)"),
        help_text=_(
            "Stands on the public page about moderation, below the reasons and what they mean. "
            "Markdown works here."
        ),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    show_results = forms.BooleanField(
        label=_("Show results to everybody while voting is open"),
        help_text=_(
            "Without it nobody sees how people vote before the round has closed, you included, "
            "and nobody is swayed by those who came first."
        ),
        required=False,
    )
    seed_source = forms.CharField(
        label=_("Where your seed statements come from (optional)"),
        help_text=_("For example: from three interviews and the letters to the library of 2024."),
        required=False,
        max_length=500,
        error_messages={"max_length": _("This may have at most 500 characters.")},
    )
    exclusion_rule = forms.ChoiceField(
        label=_("Whose votes may be left out?"),
        help_text=_(
            "The rule is applied to everyone whom it meets, or to nobody, and the report shows "
            "the result with and without these votes. Answering everything alike is nobody’s "
            "fault: it is never enough on its own."
        ),
        choices=ExclusionRule,
        initial=ExclusionRule.NONE,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whose votes may be left out.")},
    )
    straight_votes = forms.IntegerField(
        label=_("Votes all alike, at least"),
        help_text=_("Only from so many votes on does answering everything alike mean anything."),
        min_value=2,
        max_value=1000,
        initial=10,
        error_messages={
            "required": _("Write a number; 10 is usual."),
            "min_value": _("Write %(limit_value)s or more."),
            "max_value": _("Write %(limit_value)s or less."),
        },
    )

    def clean(self) -> dict[str, Any]:
        """The number of a rule that is not used is nobody's business."""
        cleaned = super().clean() or {}
        if cleaned.get("exclusion_rule") == ExclusionRule.NONE and "straight_votes" in self.errors:
            del self.errors["straight_votes"]
            cleaned["straight_votes"] = self.fields["straight_votes"].initial
        return cleaned

    def clean_reason_codes(self) -> list[str]:
        """In the order of our list, so that the same choice has the same fingerprint."""
        return [code for code, _words in REASONS if code in self.cleaned_data["reason_codes"]]

    def clean_moderation_policy(self) -> str:
        return str(self.cleaned_data["moderation_policy"]).replace("\r\n", "\n").strip()


def of_round(round: Round) -> dict[str, Any]:
    """What is stored, by the names of the fields."""
    return {name: getattr(round, name) for name in RoundFields.base_fields}


def recommended() -> dict[str, Any]:
    """What the form begins with, by the names of the fields."""
    form = RoundFields()
    first = {name: form.get_initial_for_field(f, name) for name, f in form.fields.items()}
    return {name: "" if value is None else value for name, value in first.items()}
