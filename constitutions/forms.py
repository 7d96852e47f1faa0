"""What organisers fill in while they draft, edit and compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .editing import MAX_PREAMBLE, MAX_PRINCIPLE
from .models import BaselineItem
from .models.comparisons import ItemKind

_NONE = "none"


class PrincipleForm(forms.Form):
    """A wording and why. ``seen`` is the text on which it was based."""

    text = forms.CharField(
        label=_("Wording"),
        max_length=MAX_PRINCIPLE,
        widget=forms.Textarea(attrs={"rows": 4, "data-focus": True}),
        error_messages={"required": _("Write the principle.")},
    )
    reason = forms.CharField(
        label=_("Why this change? (optional)"),
        help_text=_("Everyone can read it beside the change."),
        max_length=300,
        required=False,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class RemoveForm(forms.Form):
    """Why a principle is taken out."""

    reason = forms.CharField(
        label=_("Why is it taken out?"),
        help_text=_("Everyone can read it on the page of the constitution."),
        max_length=300,
        error_messages={"required": _("Say why. Everyone will be able to read it.")},
    )


class PreambleForm(forms.Form):
    """The words in front of the principles."""

    text = forms.CharField(
        label=_("Preamble (optional)"),
        help_text=_("A few words in front of the principles. Markdown is allowed."),
        max_length=MAX_PREAMBLE,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)


class DraftForm(forms.Form):
    """Draft from the official run; ``anew`` replaces the draft that is there."""

    anew = forms.BooleanField(
        label=_("Yes, replace the draft. Its wordings and its order are lost."), required=False
    )


class PublishForm(forms.Form):
    """The last question before a version is frozen. ``principles`` is the number that was shown."""

    sure = forms.BooleanField(
        label=_("I have read every principle."),
        error_messages={"required": _("Tick the box when you have read every principle.")},
    )


class PlaceForm(forms.Form):
    """Where one principle stands: an item of the baseline, or none."""

    item = forms.ChoiceField(label=_("Where does it belong?"))

    def __init__(self, items: Iterable[BaselineItem], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._items = {str(item.pk): item for item in items}
        field = self.fields["item"]
        if isinstance(field, forms.ChoiceField):
            field.choices = place_choices(self._items.values())

    def chosen(self) -> BaselineItem | None:
        """The item, or None for “nowhere”."""
        return self._items.get(self.cleaned_data["item"])


def place_choices(items: Iterable[BaselineItem]) -> list[Any]:
    """Options by pillar and direction, then the areas beyond, then nowhere."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in items:
        name = f"{item.pillar}: {item.get_kind_display()}".lower() if item.pillar else ""
        heading = name.capitalize() or str(ItemKind.BEYOND.label)
        groups.setdefault(heading, []).append((str(item.pk), item.label))
    return [
        ("", _("Choose a place")),
        *groups.items(),
        (_NONE, _("Nowhere in this list")),
    ]
