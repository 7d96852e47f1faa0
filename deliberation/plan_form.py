"""The plan as a form: how statements are shown and checked, and how the votes are counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aggregation.engine import RULES, Plan, PlanError, shipped, shipped_names
from deliberation.engine_words import engine_words
from deliberation.models import ProfileQuestion, Round
from deliberation.plan_check import problems_of_plan, problems_of_round
from deliberation.plan_field_words import rule_setting_words, setting_words
from deliberation.plan_fields import PercentField, SharesField, field_name, field_of
from deliberation.plan_form_data import (
    MOST_RULES,
    RANGES,
    SECTIONS,
    SWITCHED,
    TOP,
    asked,
    flat,
    nested,
    rules_in,
)
from deliberation.plan_form_weights import ShareFields
from deliberation.plan_words import offered_plans
from deliberation.rule_words import guarantee_in_words, rule_in_words, rule_name
from deliberation.set_up_round import RoundFields, of_round

_SWITCHES: Final = {
    "stability": gettext_lazy("Say how firm the result is"),
    "sensitivity": gettext_lazy("Show what other choices would have selected"),
    "properties": gettext_lazy("Check whether the selection is fair to groups of every size"),
    "weights": gettext_lazy("Weight people so that the panel is like the population"),
}
_FINE: Final = (
    "title",
    "thresholds",
    "confidence",
    "seed",
    "space__dimensions",
    "grouping__starts",
    "grouping__base_clusters",
    "ranges__participants",
    "name",
    "version",
)
_PLACE: Final = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class RuleShown:
    """One rule of the list. ``number`` counts from 0; ``idea`` is a sentence or two."""

    number: int
    id: str
    name: str
    idea: str
    promises: list[str]
    fields: list[forms.BoundField]

    @property
    def has_errors(self) -> bool:
        return any(field.errors for field in self.fields)


class PlanForm(ShareFields, RoundFields):
    """All that belongs to the plan. ``cleaned_data["plan"]`` is a Plan once the form is valid."""

    grouping__how = forms.ChoiceField(
        label=gettext_lazy("How many opinion groups?"),
        choices=[
            ("range", gettext_lazy("As many as separate people best (recommended)")),
            ("fixed", gettext_lazy("Always the same number")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how many groups there are.")},
    )
    thresholds = SharesField(
        label=gettext_lazy("Shares above which statements are counted, in percent"),
        help_text=gettext_lazy(
            "The report says how many statements each group agrees on by more than these shares."
        ),
        error_messages={"required": gettext_lazy("Write at least one share, such as 60.")},
    )

    def __init__(
        self, data: QueryDict | None = None, *, round: Round, plan: Plan | None = None, **more: Any
    ) -> None:
        """plan : what to begin with, instead of the plan that the round has."""
        self.round = round
        self.questions = list(ProfileQuestion.objects.filter(panel=round.deliberation.panel))
        begin = plan.to_dict() if plan else round.plan
        super().__init__(data, initial=of_round(round) | flat(begin, self.questions), **more)
        given = begin["rules"] if data is None else rules_in(data)
        self._rules = [rule["id"] for rule in given]
        self._add_settings()
        self._add_rules()
        self.add_shares(self.questions)

    # --- fields

    def _add_settings(self) -> None:
        for param in TOP:
            if param.name == "confidence":
                label, hint = setting_words("confidence")
                self.fields["confidence"] = PercentField(label=label, help_text=hint)
            else:
                self.fields[param.name] = field_of(param, setting_words(param.name))
        for section, params in SECTIONS.items():
            for param in params:
                path = f"{section}.{param.name}"
                needed = section not in SWITCHED and param.name not in ("k", "k_min", "k_max")
                self.fields[field_name(path)] = field_of(
                    param, setting_words(path), required=needed
                )
        for section, label in _SWITCHES.items():
            self.fields[f"{section}__on"] = forms.BooleanField(label=label, required=False)
        people = RANGES[0]
        self.fields["ranges__participants"] = field_of(
            people, setting_words("ranges.participants"), required=False
        )

    def _add_rules(self) -> None:
        for number, rule in enumerate(self._rules):
            for param in asked(rule):
                self.fields[f"rules__{number}__{param.name}"] = field_of(
                    param, rule_setting_words(rule, param.name)
                )

    # --- what templates read

    @property
    def rules(self) -> list[RuleShown]:
        """The rules with their fields, in order; the first one drafts."""
        return [self._shown(number, rule) for number, rule in enumerate(self._rules)]

    @property
    def rules_left(self) -> list[tuple[str, str]]:
        """What can be added: ids and names. Empty once there are as many as a report can show."""
        if len(self._rules) >= MOST_RULES:
            return []
        return [(rule, rule_name(rule)) for rule in RULES]

    @property
    def fine_errors(self) -> bool:
        """Whether something is wrong with what stands in the part that is folded away."""
        return any(name in self.errors for name in _FINE)

    @property
    def beginnings(self) -> list[tuple[str, str]]:
        """The shipped plans to begin with."""
        return [(plan.name, plan.title) for plan in offered_plans()]

    def _shown(self, number: int, rule: str) -> RuleShown:
        fields = [self[f"rules__{number}__{param.name}"] for param in asked(rule)]
        values = {param.name: param.default for param in RULES[rule].params}
        for param, field in zip(asked(rule), fields, strict=True):
            try:
                values[param.name] = field.field.clean(field.value())
            except ValidationError:
                values[param.name] = "…"
        promises = [guarantee_in_words(promise) for promise in RULES[rule].guarantees]
        idea = rule_in_words(rule, values)
        return RuleShown(number, rule, rule_name(rule), idea, promises, fields)

    def quiet(self) -> Self:
        """The same form, showing what was typed without saying what is wrong with it."""
        self._errors = ErrorDict()
        return self

    # --- what was filled in

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._drop_what_is_off(cleaned)
        self._check_shares(cleaned)
        self._check_groups(cleaned)
        self._check_rules(cleaned)
        margins = self.margins(cleaned) if cleaned.get("weights__on") else {}
        if set(self.errors) - {"reason"}:
            return cleaned
        try:
            plan = Plan.from_dict(nested(cleaned, self._rules, margins))
        except PlanError as error:
            self._say(error.field, engine_words(error, path=False))
            return cleaned
        self._check_later_steps(plan, cleaned)
        cleaned["plan"] = _named(plan)
        return cleaned

    def _drop_what_is_off(self, cleaned: dict[str, Any]) -> None:
        """A mistake in a part that is switched off is nobody's business."""
        off = [f"{section}__" for section in SWITCHED if not cleaned.get(f"{section}__on")]
        for name in [name for name in self.errors if name.startswith(tuple(off) or "-")]:
            del self.errors[name]
        for section in SWITCHED:
            for param in SECTIONS[section]:
                name = field_name(f"{section}.{param.name}")
                if cleaned.get(f"{section}__on") and cleaned.get(name, 0) is None:
                    self.add_error(name, _("Write a number, or switch this part off."))

    def _check_shares(self, cleaned: dict[str, Any]) -> None:
        sure, above = cleaned.get("confidence"), cleaned.get("thresholds")
        if sure is not None and not 0 < sure < 1:
            self.add_error("confidence", _("Write a number between 0 and 100, such as 95."))
        if above is None:
            return
        if not all(0 < share < 1 for share in above):
            self.add_error("thresholds", _("Each of these must lie between 0 and 100."))
        elif any(low >= high for low, high in pairwise(above)):
            self.add_error("thresholds", _("Each of these must be higher than the one before it."))

    def _check_groups(self, cleaned: dict[str, Any]) -> None:
        fixed = cleaned.get("grouping__how") == "fixed"
        wanted = ("grouping__k",) if fixed else ("grouping__k_min", "grouping__k_max")
        for name in ("grouping__k", "grouping__k_min", "grouping__k_max"):
            if name not in wanted:
                self.errors.pop(name, None)
                initial = self.fields[name].initial
                cleaned[name] = cleaned.get(name) or self.initial.get(name) or initial
            elif name in cleaned and cleaned[name] is None:
                self.add_error(name, _("Write how many groups."))
        low, high = cleaned.get("grouping__k_min"), cleaned.get("grouping__k_max")
        if not fixed and low and high and low > high:
            self.add_error("grouping__k_max", _("This must not be less than the number before it."))

    def _check_rules(self, cleaned: dict[str, Any]) -> None:
        if not self._rules:
            self.add_error(None, _("Add at least one rule. The first one drafts."))
        seen: list[tuple[Any, ...]] = []
        for number, rule in enumerate(self._rules):
            settings = [cleaned.get(f"rules__{number}__{param.name}") for param in asked(rule)]
            if (rule, settings) in seen:
                name = f"rules__{number}__{asked(rule)[0].name}"
                self.add_error(name, _("This rule is there twice, with the same settings."))
            seen.append((rule, settings))
            if cleaned.get("weights__on") and not RULES[rule].fractions:
                said = _("“%(rule)s” counts whole people. It cannot be used with weights.")
                self.add_error("weights__on", said % {"rule": rule_name(rule)})

    def _check_later_steps(self, plan: Plan, cleaned: Mapping[str, Any]) -> None:
        planned = copy(self.round)
        for name in RoundFields.base_fields:
            setattr(planned, name, cleaned[name])
        planned.plan = plan.to_dict()
        found = problems_of_plan(plan, panel=self.round.deliberation.panel)
        for problem in found + problems_of_round(planned):
            self._say(problem.field, problem.words)

    def _say(self, path: str, words: str) -> None:
        """Beside the field that holds the setting, or above the form."""
        name = field_name(_PLACE.sub(r"__\1", path))
        near = name if name in self.fields else name.partition("__")[0]
        self.add_error(near if near in self.fields else None, words)

    def settings(self) -> dict[str, Any]:
        """Column of the round → what it is to be; "plan" is a Plan."""
        return {name: self.cleaned_data[name] for name in [*RoundFields.base_fields, "plan"]}

    def changes(self) -> dict[str, Any]:
        """Only what differs from what the round has."""
        given = self.settings()
        changed = {n: v for n, v in given.items() if n != "plan" and v != getattr(self.round, n)}
        if given["plan"].hash != self.round.plan_hash:
            changed["plan"] = given["plan"]
        return changed


def begun_with(data: QueryDict, name: str, round: Round) -> QueryDict:
    """The same form with the counting of a shipped plan; weights stay as they were filled in."""
    fresh = PlanForm(round=round, plan=shipped(name))
    kept = {*RoundFields.base_fields, *(n for n in fresh.fields if n.startswith("weights__"))}
    changed = data.copy()
    rules = [{"id": rule.id} for rule in fresh.rules]
    for key in [key for key in changed if key.startswith("rules__")]:
        del changed[key]
    for number, rule in enumerate(rules):
        changed[f"rules__{number}__id"] = rule["id"]
    for field_key, field in fresh.fields.items():
        if field_key not in kept:
            _write(changed, field_key, field, fresh.get_initial_for_field(field, field_key))
    return changed


def _write(data: QueryDict, name: str, field: forms.Field, value: Any) -> None:
    data.pop(name, None)
    if value is None or value is False:
        return
    data[name] = "on" if value is True else str(field.prepare_value(value))


def is_offered(name: str) -> bool:
    """Whether a plan can be begun with this shipped one."""
    return any(plan.name == name for plan in offered_plans())


def _named(plan: Plan) -> Plan:
    """A shipped plan that was changed no longer goes by the shipped one's name."""
    known: Sequence[str] = shipped_names()
    if plan.name not in known or shipped(plan.name).hash == plan.hash:
        return plan
    told = plan.to_dict() | {"name": "own"}
    if plan.title == shipped(plan.name).title:
        told["title"] = _("A plan of our own, begun from “%(name)s”") % {"name": plan.name}
    return Plan.from_dict(told)
