"""What organisers fill in. Forms check and translate; services decide."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from deliberation.models import Round, User
from deliberation.models.moderation import Decision, ReasonCode
from deliberation.models.rounds import OPEN_PHASES, Phase
from deliberation.services.errors import Invalid
from deliberation.services.moderation import reasons_of


def put_beside_field(form: forms.Form, error: Invalid) -> None:
    """Show what a service refused beside the field it names, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


class SignInForm(forms.Form):
    """E-mail and password. ``user`` is set once the form is valid."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={"required": _("Write your e-mail address.")},
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Write your password.")},
    )

    user: User

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        user = authenticate(self._request, username=cleaned["email"], password=cleaned["password"])
        if not isinstance(user, User):
            # Which of the two was wrong is nobody's business.
            raise ValidationError(_("This address and this password do not belong together."))
        self.user = user
        return cleaned


class LinkByMailForm(forms.Form):
    """Where a sign-in link is to be sent."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={"required": _("Write your e-mail address.")},
    )


class PasswordForm(forms.Form):
    """A new password, with the old one where the session did not begin with a link."""

    old = forms.CharField(
        label=_("Present password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Write your password.")},
    )
    password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Write a new password.")},
    )

    def __init__(self, user: User, *args: Any, ask_old: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self.fields["password"].help_text = " ".join(password_validators_help_texts())
        if not ask_old:
            del self.fields["old"]

    def clean_old(self) -> str:
        if not self._user.check_password(self.cleaned_data["old"]):
            raise ValidationError(_("This is not your present password."))
        return str(self.cleaned_data["old"])

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self._user)
        return password


class SeedsForm(forms.Form):
    """Seed statements, one a line. Empty lines are skipped."""

    texts = forms.CharField(
        label=_("New seed statements"),
        help_text=_("One statement a line. Say one thing in each, so that people can judge it."),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write at least one statement.")},
    )

    def clean_texts(self) -> str:
        text = str(self.cleaned_data["texts"])
        if not text.strip():
            raise ValidationError(_("Write at least one statement."))
        return text


class SeatsForm(forms.Form):
    """How many seats to issue. ``after`` is the highest seat number when the page was made."""

    # The page shows a link for each, so it asks for less than the service would give.
    count = forms.IntegerField(
        label=_("How many new seats?"),
        min_value=1,
        max_value=1000,
        error_messages={
            "required": _("Write how many seats you need."),
            "min_value": _("Issue at least one seat."),
            "max_value": _("Issue at most %(limit_value)s seats at a time."),
        },
    )
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class OpenForm(forms.Form):
    """With which phase the round begins."""

    phase = forms.ChoiceField(
        label=_("What may people do from now on?"),
        choices=[
            (Phase.PROPOSE, _("Vote, and propose statements of their own")),
            (Phase.VOTE, _("Vote only, on the statements that are here now")),
        ],
        initial=Phase.PROPOSE,
        widget=forms.RadioSelect,
    )

    def clean_phase(self) -> str:
        phase = str(self.cleaned_data["phase"])
        if phase not in OPEN_PHASES:
            raise ValidationError(_("Choose one of the two."))
        return phase


class ModerationForm(forms.Form):
    """One decision on one statement. A reason alone rejects.

    ``seen`` is the state on which it is based, ``back`` the query of the list it was made in.
    """

    decision = forms.ChoiceField(
        required=False,
        choices=[(Decision.ACCEPT, ""), (Decision.REJECT, "")],
        error_messages={"invalid_choice": _("Choose accept or reject.")},
    )
    reason = forms.ChoiceField(label=_("Why not?"), required=False)
    note = forms.CharField(
        label=_("Note for the author and the public log (optional)"), required=False, max_length=500
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=10)
    back = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)

    def __init__(self, round: Round, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = [(code.value, code.label) for code in reasons_of(round)]
        cast(forms.ChoiceField, self.fields["reason"]).choices = reasons

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "decision" in self.errors or "reason" in self.errors:
            return cleaned
        if not cleaned.get("decision"):
            cleaned["decision"] = Decision.REJECT if cleaned.get("reason") else ""
        if cleaned["decision"] == Decision.ACCEPT:
            cleaned["reason"] = ReasonCode.FITS
        elif not cleaned["decision"]:
            self.add_error("decision", _("Choose accept or reject."))
        elif not cleaned.get("reason"):
            self.add_error("reason", _("Choose why it is not shown. The author will read it."))
        return cleaned


class BulkForm(ModerationForm):
    """One decision on many statements. ``seen`` names the list and the states it was seen in."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=32)
