"""Form fields made from the engine's own table of settings, so that the two cannot drift apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.engine.params import Param
from deliberation.plan_field_words import CHOICES, Words

# Each names its field: the summary above the form lists them without it.
_TOO_LOW = gettext_lazy("{label}: write %(limit_value)s or more.")
_TOO_HIGH = gettext_lazy("{label}: write %(limit_value)s or less.")
_NUMBER = gettext_lazy("{label}: write a number, such as 0.5.")
_WHOLE = gettext_lazy("{label}: write a whole number, such as 20.")
_WORDS = gettext_lazy("{label}: write a few words.")
# The longest list that a person would write.
_MOST_SHARES: Final = 40


def field_name(path: str) -> str:
    """The form field for a setting: ``grouping.k_max`` is ``grouping__k_max``."""
    return path.replace(".", "__")


def field_of(param: Param, words: Words, *, required: bool = True) -> forms.Field:
    """A form field that takes what the engine takes, with its bounds and its default."""
    label, hint = words
    common: dict[str, Any] = {"label": label, "help_text": hint, "required": required}
    if param.kind == "flag":
        return forms.BooleanField(**common | {"required": False}, initial=param.default)
    if param.kind == "choice":
        known = CHOICES.get(param.name, {})
        choices = [(choice, known.get(choice, choice)) for choice in param.choices]
        return forms.ChoiceField(**common, choices=choices, initial=param.default)
    if param.kind == "text":
        needed = {"required": format_lazy(_WORDS, label=label)}
        return forms.CharField(
            **common, max_length=200, initial=param.default, error_messages=needed
        )
    return _number_field(param, common)


def _number_field(param: Param, common: dict[str, Any]) -> forms.Field:
    whole = param.kind == "int"
    low, high = param.minimum, param.maximum
    bounds = {"min_value": low, "max_value": high} if not param.open_ended else {}
    label = common["label"]
    said = format_lazy(_WHOLE if whole else _NUMBER, label=label)
    kind: Callable[..., forms.Field] = forms.IntegerField if whole else NumberField
    if whole:
        bounds = {name: None if edge is None else int(edge) for name, edge in bounds.items()}
    return kind(
        **common,
        **bounds,
        initial=param.default,
        error_messages={
            "required": said,
            "invalid": said,
            "min_value": format_lazy(_TOO_LOW, label=label),
            "max_value": format_lazy(_TOO_HIGH, label=label),
        },
    )


class NumberField(forms.FloatField):
    """A number with a point or a comma: people write 0,5 as often as 0.5."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


class PercentField(NumberField):
    """A share, written in percent. ``cleaned_data`` has it as a number from 0 to 1.

    Written and read in decimal, so that 72.3 is 0.723 and back, to the last digit.
    """

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]
        number = super().to_python(value)
        return None if number is None else from_percent(str(value).strip().replace(",", "."))

    def prepare_value(self, value: Any) -> Any:
        return as_percent(value) if isinstance(value, float) else value


class SharesField(forms.CharField):
    """Several shares in percent, separated by spaces or semicolons."""

    def to_python(self, value: Any) -> Any:
        given = str(value or "").replace(";", " ").replace(",", ".").split()
        if len(given) > _MOST_SHARES:
            raise ValidationError(_("At most %(n)d shares.") % {"n": _MOST_SHARES})
        try:
            return [from_percent(one.rstrip("%")) for one in given if one != "%"]
        except (ArithmeticError, ValueError) as error:
            said = _("Write numbers in percent, separated by spaces: 60 70 80")
            raise ValidationError(said) from error

    def prepare_value(self, value: Any) -> Any:
        return " ".join(map(as_percent, value)) if isinstance(value, (list, tuple)) else value


def from_percent(written: str) -> float:
    """72.3 is 0.723. Raises ArithmeticError or ValueError for what is no finite number."""
    number = float(Decimal(written) / 100)
    if not math.isfinite(number):
        raise ValueError(written)
    return number


def as_percent(share: float) -> str:
    """0.723 is “72.3”, with no more digits than the number has."""
    return format((Decimal(repr(share)) * 100).normalize(), "f")
