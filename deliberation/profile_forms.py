"""Questions about oneself: the organiser's form, and the one that people fill in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deliberation.models import ProfileQuestion
from deliberation.services.errors import Invalid
from deliberation.services.profiles import read_options


class QuestionForm(forms.Form):
    """One question with its answers, one on each line."""

    text = forms.CharField(
        label=_("Question"),
        help_text=_("For example: How old are you? Where do you live?"),
        max_length=200,
        error_messages={
            "required": _("Write the question."),
            "max_length": _("A question may have at most 200 characters."),
        },
    )
    options = forms.CharField(
        label=_("Answers to choose from"),
        help_text=_(
            "One on each line, 2 to 30. “Prefer not to say” is always offered, too; leave it out."
        ),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write 2 to 30 answers, one on each line.")},
    )

    def clean_options(self) -> list[str]:
        try:
            return read_options(self.cleaned_data["options"])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class AboutYouForm(forms.Form):
    """Every question with its answers and “Prefer not to say”, which is chosen at first."""

    def __init__(
        self, questions: Sequence[ProfileQuestion], *args: Any, answers: dict[int, str], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        for question in questions:
            kept = answers.get(question.pk, "")
            self.fields[f"question-{question.pk}"] = forms.ChoiceField(
                label=question.text,
                required=False,
                choices=[*((o, o) for o in question.options), ("", _("Prefer not to say"))],
                initial=kept if kept in question.options else "",
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("Choose one of these answers.")},
            )

    def answers(self) -> dict[int, str]:
        """Chosen option by id of question; empty for what someone prefers not to say."""
        sent = self.cleaned_data.items()
        return {int(name.removeprefix("question-")): option for name, option in sent}
