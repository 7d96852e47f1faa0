"""What to take over into a copy, and which file to bring along."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_MOST_BYTES: Final = 64 * 1024 * 1024


class CopyForm(forms.Form):
    """The title of the copy, and which parts it begins with."""

    title = forms.CharField(
        label=_("Title of the new deliberation"),
        max_length=120,
        error_messages={"required": _("Write a title.")},
    )
    parts = forms.MultipleChoiceField(
        label=_("Besides texts and plan, take over"),
        choices=[
            ("questions", _("questions to people about themselves")),
            ("strata", _("features and quotas of the lottery")),
            ("letters", _("your own words in letters")),
        ],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    seeds = forms.MultipleChoiceField(
        label=_("Seed statements to take over"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, set_up: dict[str, Any], **kwargs: Any) -> None:
        self._set_up = set_up
        seeds = [(str(i), seed["text"]) for i, seed in enumerate(set_up["seeds"])]
        kwargs["initial"] = {
            "title": set_up["deliberation"]["title"],
            "parts": ["questions", "strata", "letters"],
            "seeds": [name for name, _text in seeds],
        }
        super().__init__(*args, **kwargs)
        self.fields["seeds"].choices = seeds  # type: ignore[attr-defined]
        if not seeds:
            del self.fields["seeds"]

    def chosen(self) -> dict[str, Any]:
        """The set-up of the copy."""
        parts = self.cleaned_data["parts"]
        wanted = {int(number) for number in self.cleaned_data.get("seeds", [])}
        return self._set_up | {
            "questions": self._set_up["questions"] if "questions" in parts else [],
            "strata": self._set_up["strata"] if "strata" in parts else [],
            "letters": self._set_up["letters"] if "letters" in parts else [],
            "seeds": [one for i, one in enumerate(self._set_up["seeds"]) if i in wanted],
        }


class ImportForm(forms.Form):
    """A bundle, and under which address it comes in."""

    file = forms.FileField(
        label=_("The bundle"),
        help_text=_("A ZIP file that was made under “Take it along” here or on another site."),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
        },
    )
    slug = forms.SlugField(
        label=_("Address (optional)"),
        help_text=_("The last part of its address. Left empty, it is made from the title."),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
    )

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > _MOST_BYTES:
            raise ValidationError(
                _(
                    "This file is larger than 64 MB. Whoever runs the site can import it: "
                    "manage.py import_bundle"
                )
            )
        return self.cleaned_data["file"]
