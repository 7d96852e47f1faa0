"""The form in which organisers write their own words for a letter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from deliberation.letter_texts import LONGEST, Wording, check_places, tidy
from deliberation.services.errors import Invalid
from deliberation.texts import clean


class _Lines(forms.CharField):
    """Text of several lines. It is tidied before it is measured: a line end is one character."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return tidy(str(value or ""))


class LetterTextForm(forms.Form):
    """The subject and the middle part of a letter."""

    subject = forms.CharField(
        label=_("Subject"),
        max_length=LONGEST["subject"],
        error_messages={"required": _("Write the subject of the letter.")},
    )
    text = _Lines(
        label=_("Your words"),
        help_text=_(
            "Plain text. {title} becomes the title of the deliberation, and {question} the "
            "question to the panel."
        ),
        max_length=LONGEST["text"],
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"required": _("Write what the letter is to say.")},
    )

    def __init__(self, *args: Any, direction: str = "ltr", language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"lang": language, "dir": direction}

    def clean_subject(self) -> str:
        return _checked(clean(self.cleaned_data["subject"]))

    def clean_text(self) -> str:
        return _checked(self.cleaned_data["text"])

    def words(self) -> Wording:
        """What is typed; call it once the form is valid."""
        return Wording(self.cleaned_data["subject"], self.cleaned_data["text"])


def _checked(words: str) -> str:
    try:
        check_places(words)
    except Invalid as error:
        raise ValidationError(error.message) from error
    return words
