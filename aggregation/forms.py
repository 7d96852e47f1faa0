"""What organisers choose when they start a run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aggregation.engine import Plan, shipped, shipped_names
from deliberation.models import ImportedGroup, Round

OFFICIAL = "round"


class StartForm(forms.Form):
    """Which plan to run: that of the round, or a shipped one beside it."""

    plan = forms.ChoiceField(
        label=_("Plan"),
        widget=forms.RadioSelect,
        initial=OFFICIAL,
        error_messages={
            "required": _("Choose a plan."),
            "invalid_choice": _("Choose one of the plans listed."),
        },
    )

    def __init__(self, round: Round, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = set(
            ImportedGroup.objects.filter(participant__deliberation=round.deliberation_id)
            .values_list("source", flat=True)
            .distinct()
        )
        plans = {name: shipped(name) for name in shipped_names()}
        self.plans: dict[str, Plan | None] = {OFFICIAL: None} | {
            name: plan
            for name, plan in plans.items()
            if plan.hash != round.plan_hash and _works(plan, sources)
        }
        others = [(name, plan.title) for name, plan in self.plans.items() if plan is not None]
        official = _("The plan of the round: %(title)s") % {"title": round.plan["title"]}
        self.fields["plan"].choices = [(OFFICIAL, official), *others]  # type: ignore[attr-defined]

    def chosen(self) -> Plan | None:
        """None for the plan of the round."""
        return self.plans[self.cleaned_data["plan"]]


def _works(plan: Plan, sources: set[str]) -> bool:
    return plan.grouping.method != "declared" or plan.grouping.source in sources


class GroupNameForm(forms.Form):
    """What to call one opinion group. Left empty, it keeps its letter alone."""

    name = forms.CharField(
        max_length=60,
        required=False,
        help_text=_("A few words, as short as a headline. Leave it empty to use the letter only."),
    )
    text = forms.CharField(
        max_length=200,
        required=False,
        help_text=_("What these people have in common, judged by their votes."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("text") and not said.get("name"):
            self.add_error("name", _("Give the group a name before you write about it."))
        return said
