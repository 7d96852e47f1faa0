"""The forms for rewording, splitting and merging statements."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from deliberation.models import Round
from deliberation.models.moderation import ReasonCode
from deliberation.services.errors import Invalid
from deliberation.services.lineage import MOST_PARTS

ADD = "add_field"  # the button that asks for one more field


class _WordsForm(forms.Form):
    """What rewriting and merging share: a note, and the question whether it is meant."""

    note = forms.CharField(
        label=_("Note for the public log (optional)"), required=False, max_length=500
    )
    confirmed = forms.BooleanField(label=_("Yes, I am sure"), required=False)

    @property
    def asks_for_confirmation(self) -> bool:
        """Whether the box is shown: only after someone was told why."""
        return bool(self.errors.get("confirmed")) or bool(self.data.get("confirmed"))

    def take(self, error: Invalid) -> None:
        """Show what the service refused beside its field, or above the form."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class RewriteForm(_WordsForm):
    """One field for each new statement. Empty ones are left out."""

    harmful = forms.ChoiceField(
        label=_("The original in the public log"),
        required=False,
        choices=[
            ("", _("Show its text")),
            (ReasonCode.PERSONAL_DATA.value, _("Do not repeat it: it is about a private person")),
            (ReasonCode.ABUSIVE.value, _("Do not repeat it: it insults or calls for harm")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, data: QueryDict | None, *, round: Round, original: str) -> None:
        super().__init__(data)
        shown = sum(name.startswith("text-") for name in data) if data else 2
        if data and ADD in data:
            shown += 1
        for at in range(max(1, min(shown, MOST_PARTS))):
            label = _("New statement %(n)d") % {"n": at + 1}
            self.fields[f"text-{at}"] = _text_field(label, round, "" if at else original)

    @property
    def parts(self) -> list[forms.BoundField]:
        """The fields of the new statements, in their order."""
        return [self[name] for name in self.fields if name.startswith("text-")]

    @property
    def may_grow(self) -> bool:
        return len(self.parts) < MOST_PARTS

    def filled(self) -> dict[str, str]:
        """Field → text, for those that say something; the first if none does."""
        texts = {part.name: self.cleaned_data.get(part.name, "") for part in self.parts}
        return {name: text for name, text in texts.items() if text.strip()} or {"text-0": ""}

    def take(self, error: Invalid) -> None:
        """The service counts filled fields only; find the one it means."""
        if error.field.startswith("text-"):
            error.field = list(self.filled())[int(error.field.removeprefix("text-"))]
        super().take(error)


class MergeForm(_WordsForm):
    """The one new statement. Which ones it comes from stands in the address."""

    def __init__(self, data: QueryDict | None, *, round: Round, suggestion: str) -> None:
        super().__init__(data)
        self.fields["text-0"] = _text_field(_("The new statement"), round, suggestion)

    @property
    def text(self) -> str:
        return str(self.cleaned_data["text-0"])


def _text_field(label: Any, round: Round, initial: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        initial=initial,
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "dir": "auto",
                "lang": round.deliberation.language,
                "spellcheck": "true",
            }
        ),
    )
