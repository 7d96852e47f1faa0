"""Change what was fixed: the form of the plan with the texts, and a reason."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from aggregation.engine import Plan
from deliberation.models import Round
from deliberation.plan_form import PlanForm
from deliberation.services.amendments import LONGEST_REASON
from deliberation.set_up_form import TextsForm, lines
from deliberation.texts import clean

_TEXTS: Final = ("question", "consent_text")


class AmendForm(PlanForm):
    """Everything that froze when the round opened, and why it should be otherwise."""

    reason = forms.CharField(
        label=_("Why do you change it?"),
        help_text=_(
            "Everyone can read this, beside what stood before and what stands there now. Say what "
            "went wrong and why waiting for the next round is not enough."
        ),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": _("Say why. Everyone will read it."),
            "max_length": _("The reason may have at most %(limit_value)d characters."),
        },
    )

    def __init__(
        self, data: QueryDict | None = None, *, round: Round, plan: Plan | None = None, **more: Any
    ) -> None:
        super().__init__(data, round=round, plan=plan, **more)
        texts = TextsForm()
        for name in _TEXTS:
            self.fields[name] = texts.fields[name]
            self.initial[name] = getattr(round, name)

    def clean_question(self) -> str:
        return clean(self.cleaned_data["question"])

    def clean_consent_text(self) -> str:
        return lines(self.cleaned_data["consent_text"])

    def settings(self) -> dict[str, Any]:
        return super().settings() | {name: self.cleaned_data[name] for name in _TEXTS}

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Names and values to send once more, when what would change has been read."""
        data: Any = self.data
        left_out = {"csrfmiddlewaretoken", "do"}
        return [
            (name, value) for name, values in data.lists() if name not in left_out
            for value in values
        ]  # fmt: skip
