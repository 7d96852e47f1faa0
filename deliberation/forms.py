"""What participants send. Forms check and translate; services decide."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from deliberation.models import Appeal, Round
from deliberation.models.votes import VALUES
from deliberation.services.errors import Invalid
from deliberation.services.statements import checked_text

_VALUES = {str(value) for value in VALUES}


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


@dataclass(frozen=True, slots=True)
class SentVote:
    """A vote as it was sent. ``sealed`` carries the card that comes next."""

    statement: int
    value: int
    key: UUID
    important: bool
    sealed: str


def sent_vote(sent: QueryDict) -> SentVote | None:
    """The vote in a request; None if it did not arrive in one piece.

    Not a Form, since one costs more than storing the vote does.
    """
    number, value, key = sent.get("statement", ""), sent.get("value", ""), sent.get("key", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and value in _VALUES):
        return None
    try:
        parsed = UUID(key)
    except ValueError:
        return None
    return SentVote(
        statement=int(number),
        value=int(value),
        key=parsed,
        important=sent.get("important", "") == "on",
        sealed=sent.get("next", "")[:200],
    )


class UndoForm(forms.Form):
    """Take back the vote on one statement."""

    statement = forms.IntegerField(min_value=0, max_value=2_147_483_647)
    key = forms.UUIDField()


class ProposeForm(forms.Form):
    """A statement in the participant's words, held to the round's own limit.

    ``confirmed`` is sent by who was asked to check once more and sends it as it is.
    """

    # Far above every round's limit: only there to refuse a flood.
    text = forms.CharField(
        max_length=20_000,
        strip=False,
        error_messages={"required": _("Write your statement first.")},
    )
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: object, round: Round, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._round = round

    def clean_text(self) -> str:
        try:
            return checked_text(str(self.cleaned_data["text"]), self._round)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class AppealForm(forms.Form):
    """Why a statement that was turned down should be shown."""

    text = forms.CharField(
        max_length=Appeal._meta.get_field("text").max_length,
        error_messages={"required": _("Say why it should be shown.")},
    )


class SubscriptionForm(forms.Form):
    """The address to which letters about the next step go."""

    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": _("Type your e-mail address first."),
            "invalid": _("This is not an e-mail address. It looks like name@example.org."),
        },
    )
