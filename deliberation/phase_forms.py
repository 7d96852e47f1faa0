"""What is asked when a round moves: dates, why it rests, why it opens again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from deliberation.models import Deliberation, Round
from deliberation.services.schedule import DATES

_AS_BROWSERS_SEND: Final = "%Y-%m-%dT%H:%M"
_FORMATS: Final = (_AS_BROWSERS_SEND, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")


class LocalTime(forms.DateTimeField):
    """A date and a time of day on somebody's clock. ``in_zone`` says on whose."""

    def __init__(self, **kwargs: Any) -> None:
        wrong = _("Write a date and a time, such as 2027-03-01 18:00.")
        super().__init__(
            input_formats=_FORMATS,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_AS_BROWSERS_SEND),
            error_messages={"invalid": wrong, "required": wrong},
            **kwargs,
        )


def in_zone(local: datetime | None, zone: str) -> datetime | None:
    """The moment at which clocks in ``zone`` show this time.

    local : as LocalTime gives it, its digits in UTC.
    Raises ValidationError for an hour that is left out when clocks go forward.
    """
    if local is None:
        return None
    there = local.astimezone(UTC).replace(tzinfo=ZoneInfo(zone))
    moment = there.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != there.replace(tzinfo=None):
        raise ValidationError(_("On this day clocks skip this hour. Choose another time."))
    return moment


def on_clock(moment: datetime | None, zone: str) -> datetime | None:
    """What clocks in ``zone`` show then, as LocalTime takes it."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC) if moment else None


class DatesForm(forms.Form):
    """When the round moves by itself. After opening a change needs a reason."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("The dates below are on clocks there, and are announced so."),
        error_messages={"required": _("Choose a time zone.")},
    )
    opens_at = LocalTime(
        label=_("Opens (optional)"),
        help_text=_("People can join, vote and propose from then on."),
        required=False,
    )
    proposals_end_at = LocalTime(
        label=_("Proposing ends (optional)"),
        help_text=_("From then on people vote only, so that late statements get their votes."),
        required=False,
    )
    closes_at = LocalTime(
        label=_("Closes (optional)"),
        help_text=_("No vote is taken from this moment on. Then the votes are counted."),
        required=False,
    )
    reason = forms.CharField(
        label=_("Why do the dates change?"),
        help_text=_("The change is public, with this reason. Participants planned with the dates."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, deliberation: Deliberation, round: Round, **kwargs: Any) -> None:
        zone = deliberation.time_zone
        stored = {name: on_clock(getattr(round, name), zone) for name in DATES}
        kwargs["initial"] = {"time_zone": zone, **stored}
        super().__init__(*args, **kwargs)
        zones = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
        self.fields["time_zone"].choices = [(name, name) for name in zones]  # type: ignore[attr-defined]
        if round.is_open:
            del self.fields["opens_at"]
            if round.phase != "propose":
                del self.fields["proposals_end_at"]
        else:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        zone = cleaned.get("time_zone")
        for name in DATES:
            if zone and cleaned.get(name):
                try:
                    cleaned[name] = in_zone(cleaned[name], zone)
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned

    def dates(self, round: Round) -> dict[str, Any]:
        """Keyword arguments of set_dates; what is not asked stays."""
        given = {name: self.cleaned_data.get(name, getattr(round, name)) for name in DATES}
        return given | {"reason": self.cleaned_data.get("reason", "")}


class PauseForm(forms.Form):
    """Why nobody can vote for a while."""

    reason = forms.CharField(
        label=_("Why is voting paused?"),
        help_text=_(
            "Everybody who comes to vote reads this. Say when you expect to go on, if you can."
        ),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why. Everybody who comes to vote reads it.")},
    )


class ReopenForm(forms.Form):
    """Why a closed round takes votes again, and until when."""

    reason = forms.CharField(
        label=_("Why is voting opened again?"),
        help_text=_("This is public, for ever, beside the result."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why voting is opened again. Everybody reads it.")},
    )
    closes_at = LocalTime(
        label=_("Closes again (optional)"),
        help_text=_("Without a date you close it by hand."),
        required=False,
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone

    def clean_closes_at(self) -> datetime | None:
        return in_zone(self.cleaned_data["closes_at"], self._zone)
