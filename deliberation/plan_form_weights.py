"""The part of the plan's form about weights: shares of the population, answer by answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliberation.models import ProfileQuestion
from deliberation.plan_fields import PercentField, as_percent
from deliberation.plan_form_data import share_name


@dataclass(frozen=True)
class Shares:
    """The fields of one question about oneself."""

    question: ProfileQuestion
    fields: list[forms.BoundField]


class ShareFields(forms.Form):
    """One field for each answer to each question; a question without any share is not used."""

    questions: list[ProfileQuestion]

    def add_shares(self, questions: Sequence[ProfileQuestion]) -> None:
        for question in questions:
            for place, option in enumerate(question.options):
                self.fields[share_name(question, place)] = PercentField(
                    label=option,
                    required=False,
                    min_value=0,
                    max_value=1,
                    error_messages={
                        "min_value": gettext_lazy("A share is 0 percent or more."),
                        "max_value": gettext_lazy("A share is 100 percent or less."),
                        "invalid": gettext_lazy("Write a number, such as 12.5."),
                    },
                )

    @property
    def shares(self) -> list[Shares]:
        """Questions with their fields, in the order in which they are asked."""
        return [
            Shares(question, [self[share_name(question, n)] for n in range(len(question.options))])
            for question in self.questions
        ]

    def margins(self, cleaned: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        """Question → answer → share, of the questions that are used. Says what does not add up."""
        found: dict[str, dict[str, float]] = {}
        for question in self.questions:
            names = [share_name(question, place) for place in range(len(question.options))]
            given = {option: cleaned.get(n) for option, n in zip(question.options, names)}  # noqa: B905
            if all(share is None for share in given.values()):
                continue
            missing = [n for n in names if n in cleaned and cleaned[n] is None]
            for name in missing:
                self.add_error(name, _("Write a share for every answer, or for none. 0 is one."))
            if not missing and not any(name in self.errors for name in names):
                self._add_up(question, given, found)
        if not found and not self.errors:
            said = _("Write the shares of at least one question, or switch weights off.")
            self.add_error("weights__on", said)
        return found

    def _add_up(
        self,
        question: ProfileQuestion,
        given: Mapping[str, float | None],
        found: dict[str, dict[str, float]],
    ) -> None:
        shares = {option: share for option, share in given.items() if share is not None}
        total = float(sum(Decimal(repr(share)) for share in shares.values()))
        if abs(total - 1) > 1e-6:
            said = _("These shares add up to %(total)s percent, not to 100.")
            self.add_error(share_name(question, 0), said % {"total": as_percent(total)})
        found[question.text] = shares
