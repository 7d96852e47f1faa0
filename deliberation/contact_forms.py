"""Forms about contacts. They check and translate; services decide."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deliberation import postal
from deliberation.models import Contact, Panel
from deliberation.selectors.contacts import STATES
from deliberation.services.list_uploads import LARGEST


class ListForm(forms.Form):
    """A list from a file, or pasted. ``data`` is what came, as bytes."""

    file = forms.FileField(
        label=_("A file from your spreadsheet"),
        help_text=_("Save the table as CSV. Any separator and any encoding will do."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    text = forms.CharField(
        label=_("Or paste the list here"),
        required=False,
        strip=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "dir": "ltr"}),
        error_messages={"max_length": _("This is very long. Send it as a file.")},
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload is not None and upload.size > LARGEST:
            raise ValidationError(_("This file is too large: at most 30 MB."))
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and cleaned.get("file") is None and not cleaned["text"].strip():
            self.add_error("file", _("Choose a file, or paste the list below."))
        return cleaned

    @property
    def data_sent(self) -> bytes:
        """The file, or what was pasted if there is none."""
        upload = self.cleaned_data["file"]
        return bytes(upload.read()) if upload else str(self.cleaned_data["text"]).encode()


class ImportForm(forms.Form):
    """Say yes to a list, and until when its addresses are kept where no day was set before."""

    delete_on = forms.DateField(
        label=_("Delete names and addresses on"),
        help_text=_("On this day every name, address and letter is deleted by itself."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose on which day the addresses are deleted."),
            "invalid": _("Write a day, such as 2027-01-31."),
        },
    )

    def __init__(self, *args: Any, panel: Panel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delete_on"].initial = timezone.localdate() + timedelta(days=180)
        if panel.delete_contacts_on is not None:
            del self.fields["delete_on"]

    def clean_delete_on(self) -> date:
        day: date = self.cleaned_data["delete_on"]
        if day <= timezone.localdate():
            raise ValidationError(_("Choose a day that is still to come."))
        return day


class ContactForm(forms.Form):
    """How to reach one person."""

    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        error_messages={"invalid": _("This is not an e-mail address.")},
    )
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=_("Reference"),
        help_text=_("Your own number or code for this person."),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    postal_address = forms.CharField(
        label=_("Postal address"),
        help_text=_("Line by line, as on an envelope, without the name."),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": postal.MOST_LINES, "dir": "auto", "autocomplete": "off"}
        ),
    )
    language = forms.ChoiceField(label=_("Language of the letters"), choices=settings.LANGUAGES)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = ("email", "name", "reference", "postal_address")
        if not self.errors and not any(cleaned.get(name) for name in names):
            self.add_error("email", _("Write an address, a name or a reference."))
        return cleaned

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_postal_address(self) -> str:
        address = postal.tidy(self.cleaned_data["postal_address"])
        if words := postal.problem(address):
            raise ValidationError(words)
        return address


def of_contact(contact: Contact) -> dict[str, str]:
    """What is stored, by the names of the fields."""
    return {
        "email": contact.email,
        "name": contact.name,
        "reference": contact.reference,
        "postal_address": contact.postal_address,
        "language": contact.language,
    }


class SearchForm(forms.Form):
    """Which contacts the list shows."""

    q = forms.CharField(label=_("Name, address or reference"), required=False, max_length=254)
    state = forms.ChoiceField(
        label=_("How far they are"),
        required=False,
        choices=[("", _("Everyone")), *STATES.items()],
    )
