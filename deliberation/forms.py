"""What participants send. Forms check and translate; services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from deliberation.models.votes import Choice


class ConsentForm(forms.Form):
    """Agreement to the consent text whose hash came with the page."""

    agree = forms.BooleanField(error_messages={"required": _("Tick the box if you agree.")})
    consent_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: object, current: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.current = current

    def clean_consent_hash(self) -> str:
        if self.cleaned_data["consent_hash"] != self.current:
            raise forms.ValidationError(
                _("The text was changed after you opened this page. Please read it again.")
            )
        return self.current


class VoteForm(forms.Form):
    """One vote on one statement. ``key`` makes a repeated request harmless."""

    statement = forms.IntegerField(min_value=0, max_value=2_147_483_647)
    key = forms.UUIDField()
    value = forms.TypedChoiceField(
        choices=Choice.choices,
        coerce=int,
        error_messages={
            "required": _("Choose agree, disagree or pass."),
            "invalid_choice": _("Choose agree, disagree or pass."),
        },
    )


class UndoForm(forms.Form):
    """Take back the vote on one statement."""

    statement = forms.IntegerField(min_value=0, max_value=2_147_483_647)
    key = forms.UUIDField()


class ProposeForm(forms.Form):
    """A statement in the participant's words. Its length is the round's business."""

    # Far above every round's limit: only there to refuse a flood. The service knows the rest.
    text = forms.CharField(
        max_length=20_000,
        strip=False,
        error_messages={"required": _("Write your statement first.")},
    )
