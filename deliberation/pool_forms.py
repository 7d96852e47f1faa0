"""Forms of the lottery: the pool's list and sign-up page, signing up, and the draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deliberation.services.quotas import Balance


class SignUpPageForm(forms.Form):
    """The page on which people put their own name in."""

    offered = forms.BooleanField(
        label=_("People can put their own name in, on a public page"), required=False
    )
    text = forms.CharField(
        label=_("What people read there"),
        help_text=_(
            "Say who asks, what for, what is expected, and what people get for it. "
            "Markdown is possible. Empty: the description of the deliberation is shown."
        ),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    ends_at = forms.DateTimeField(
        label=_("Signing up ends (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("Write day and time like this: 2027-03-14 18:00")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ends = cleaned.get("ends_at")
        if cleaned.get("offered") and ends is not None and ends <= timezone.now():
            self.add_error("ends_at", _("This moment has passed. Choose a later one."))
        return cleaned


class SignUpForm(forms.Form):
    """What someone who signs up says about themselves, one question for each stratum.

    It does not ask for a postal address: whoever signs up here reads e-mail, so nothing would be
    sent there, and what is not needed is not kept.
    """

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("We write to you once to confirm it, and once more about the draw."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("This is not a whole e-mail address, such as name@example.org."),
        },
    )
    agree = forms.BooleanField(
        label=_(
            "I agree that you keep my address and these answers for the lottery, and write to me "
            "about it."
        ),
        error_messages={"required": _("Tick the box if you agree. Without it you cannot sign up.")},
    )

    def __init__(self, strata: Sequence[Balance], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._names = {f"stratum-{at}": one.name for at, one in enumerate(strata)}
        asked = {}
        for at, stratum in enumerate(strata):
            asked[f"stratum-{at}"] = forms.ChoiceField(
                label=stratum.name,
                choices=[(quota.value, quota.value) for quota in stratum.quotas],
                widget=forms.RadioSelect,
                error_messages={
                    "required": _("Choose an answer for “%(name)s”.") % {"name": stratum.name},
                    "invalid_choice": _("Choose one of these answers."),
                },
            )
        self.fields = {**asked, **self.fields}

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in self._names]

    def values(self) -> dict[str, str]:
        """Name of the stratum → value."""
        return {name: str(self.cleaned_data[field]) for field, name in self._names.items()}


class SeedForm(forms.Form):
    """The public seed of a draw."""

    seed = forms.CharField(
        label=_("Public seed"),
        help_text=_(
            "Something nobody could know when the pool was fixed, and everybody can look up: "
            "for example “National lottery, 14 March 2027: 7 11 23 32 38 41, bonus 5”."
        ),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("Write the public seed."),
            "max_length": _("A seed may have at most 200 characters."),
        },
    )


class SilenceForm(forms.Form):
    """From when on silence counts as a no."""

    before = forms.DateField(
        label=_("Invited before this day, and no answer yet"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": _("Choose a day."),
            "invalid": _("Write the day like this: 2027-03-14"),
        },
    )
