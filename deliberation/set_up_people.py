"""Who may join, and by which way: the form of the panel page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deliberation.models import Panel
from deliberation.services.errors import Invalid
from deliberation.services.vendors import check_return_url


class PanelForm(forms.Form):
    """What may be set of a panel at any time, by the names of its columns."""

    size_wanted = forms.IntegerField(
        label=_("How many people should take part? (optional)"),
        help_text=_("Pages show how many are here against this number. Nobody is turned away."),
        required=False,
        min_value=1,
        max_value=1_000_000,
        error_messages={
            "invalid": _("Write a number."),
            "min_value": _("Write at least 1."),
            "max_value": _("Write at most 1,000,000."),
        },
    )
    open_link = forms.TypedChoiceField(
        label=_("Who may join?"),
        choices=[
            ("yes", _("Anyone who has the link")),
            ("no", _("Only people with a seat link of their own, which works once")),
        ],
        initial="yes",
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who may join.")},
    )
    proof_of_work = forms.BooleanField(
        label=_("Keep programs out of the open link"),
        help_text=_(
            "Each device works for about a second before it may join. People see one line about "
            "it and solve no puzzle. No other company is asked."
        ),
        required=False,
    )
    vendor_link = forms.BooleanField(
        label=_("A recruitment vendor sends people"),
        help_text=_(
            "The vendor puts its own name for each person at the end of the link, as “?xid=…”. "
            "Each of these names gets one seat. This works without the open link."
        ),
        required=False,
    )
    return_url = forms.CharField(
        label=_("Where people go when they are done (optional)"),
        help_text=_(
            "The vendor’s address, beginning with https://. "
            "{xid} and {code} in it are filled in for each person."
        ),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "url", "spellcheck": "false"}),
        error_messages={"max_length": _("The address may have at most 500 characters.")},
    )
    completion_code = forms.CharField(
        label=_("Completion code (optional)"),
        help_text=_("Shown to everyone who has cast the votes you ask for."),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
        error_messages={"max_length": _("The code may have at most 60 characters.")},
    )

    delete_contacts_on = forms.DateField(
        label=_("Delete names and addresses on"),
        help_text=_(
            "On this day every name, address and letter is deleted by itself. Seats and votes "
            "stay. Choose a day soon after the round has closed."
        ),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write a day, such as 2027-01-31.")},
    )

    def __init__(self, *args: Any, panel: Panel, **kwargs: Any) -> None:
        kept = of_panel(panel) | {"open_link": "yes" if panel.open_link else "no"}
        kept |= {name: getattr(panel, name) for name in ("size_wanted", "delete_contacts_on")}
        kwargs["initial"] = kept
        super().__init__(*args, **kwargs)
        self._before = panel.delete_contacts_on

    def clean_delete_contacts_on(self) -> date | None:
        day: date | None = self.cleaned_data["delete_contacts_on"]
        if day is not None and day != self._before and day <= timezone.localdate():
            raise ValidationError(_("Choose a day that is still to come."))
        return day

    def clean_return_url(self) -> str:
        address = str(self.cleaned_data["return_url"])
        if address:
            try:
                check_return_url(address)
            except Invalid as error:
                raise ValidationError(error.message) from error
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "{code}" in cleaned.get("return_url", "") and cleaned.get("completion_code") == "":
            self.add_error(
                "completion_code", _("The address above asks for a code. Write it here.")
            )
        return cleaned


def of_panel(panel: Panel) -> dict[str, Any]:
    """What is stored, by the names of the fields."""
    names = ("open_link", "proof_of_work", "vendor_link", "return_url", "completion_code")
    return {name: getattr(panel, name) for name in names}
