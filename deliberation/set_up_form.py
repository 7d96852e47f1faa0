"""The form that prepares a deliberation: question, people, rules, and the plan of analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from aggregation.engine import Plan, PlanError, shipped
from deliberation.consent_template import CONSENT_TEMPLATE
from deliberation.models import Deliberation, Round
from deliberation.models.deliberations import Visibility
from deliberation.plan_words import (
    RECOMMENDED,
    PlanChoice,
    describe,
    needs_declared_groups,
    offered_plans,
    shows_small_groups,
)
from deliberation.set_up_people import PeopleFields, of_panel
from deliberation.set_up_round import RoundFields, of_round
from deliberation.texts import clean

OWN = "own"
KEEP = "keep"
_PLAN_BYTES = 64 * 1024


class SetUpForm(PeopleFields, RoundFields):
    """Everything that freezes when the round opens, and a little that does not.

    ``cleaned_data["plan"]`` is a Plan; None means the plan stays as it is. ``plans`` are the
    choices with their explanations.
    """

    title = forms.CharField(
        label=_("Title"),
        help_text=_("Short, as it would stand on a poster."),
        max_length=120,
        error_messages={"required": _("Write a title.")},
    )
    question = forms.CharField(
        label=_("The question to the panel"),
        help_text=_("Every statement answers it. It stands above each of them."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the question.")},
    )
    description = forms.CharField(
        label=_("What people should know (optional)"),
        help_text=_(
            "Who asks, why, and what the result will be used for. "
            "You may use Markdown: **bold**, *italic*, lists and links."
        ),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    language = forms.ChoiceField(
        label=_("Language of the deliberation"),
        help_text=_(
            "The language of your question, your texts and most statements. "
            "Buttons and menus follow each person’s own browser."
        ),
        choices=settings.LANGUAGES,
        error_messages={"required": _("Choose a language.")},
    )
    visibility = forms.ChoiceField(
        label=_("Who finds it?"),
        choices=Visibility,
        initial=Visibility.PUBLIC,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who finds it.")},
    )
    consent_text = forms.CharField(
        label=_("What people agree to when they join"),
        help_text=_(
            "They read this before their first vote. "
            "Replace what stands in [square brackets]. Markdown works here, too."
        ),
        max_length=20_000,
        initial=CONSENT_TEMPLATE,
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": _("Write what people agree to.")},
    )
    plan_choice = forms.ChoiceField(
        label=_("How the votes are analysed"),
        help_text=_(
            "The plan is fixed before anyone votes and is published with the results, "
            "so that nobody can pick the analysis that suits them."
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the votes are analysed.")},
    )
    plan_text = forms.CharField(
        label=_("Your own plan, as TOML"),
        required=False,
        max_length=_PLAN_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
    )
    plan_file = forms.FileField(
        label=_("Or a plan from a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".toml,text/plain"}),
    )

    def __init__(self, *args: Any, round: Round | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_languages()
        self.plans = offered_plans()
        choice = self.fields["plan_choice"]
        choice.initial = RECOMMENDED if round is None else plan_name(round)
        if round is not None and choice.initial == KEEP:
            kept = PlanChoice(
                KEEP, str(_("The plan it has now")), round.plan["title"], describe(round.plan)
            )
            self.plans.insert(0, kept)
        choice.choices = [  # type: ignore[attr-defined]
            *((plan.name, plan.title) for plan in self.plans),
            (OWN, _("A plan of my own")),
        ]

    def _offer_languages(self) -> None:
        """The organiser's own language first; a stored one that we do not speak stays."""
        language = self.fields["language"]
        known, stored = dict(settings.LANGUAGES), self.initial.get("language")
        mine = (get_language() or "en").split("-")[0]
        language.initial = mine if mine in known else "en"
        if stored and stored not in known:
            language.choices = [*settings.LANGUAGES, (stored, stored)]  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        return clean(self.cleaned_data["title"])

    def clean_question(self) -> str:
        return clean(self.cleaned_data["question"])

    def clean_description(self) -> str:
        return _lines(self.cleaned_data["description"])

    def clean_consent_text(self) -> str:
        return _lines(self.cleaned_data["consent_text"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        choice = cleaned.get("plan_choice")
        if choice == OWN:
            self._read_own(cleaned)
        elif choice is not None:
            cleaned["plan"] = None if choice == KEEP else shipped(choice)
        return cleaned

    def _read_own(self, cleaned: dict[str, Any]) -> None:
        text = self._own_text(cleaned)
        if text is None:
            return
        try:
            cleaned["plan"] = _readable_plan(text)
        except ValidationError as error:
            self.add_error("plan_text", error)

    def _own_text(self, cleaned: Mapping[str, Any]) -> str | None:
        """What the plan says; an uploaded file replaces the field, so that its text is kept."""
        upload = cleaned.get("plan_file")
        if upload is None:
            if not (cleaned.get("plan_text") or "").strip():
                self.add_error("plan_text", _("Paste your plan here, or choose a file."))
                return None
            return str(cleaned["plan_text"])
        try:
            text = _decoded(upload)
        except ValidationError as error:
            self.add_error("plan_file", error)
            return None
        self.data = {**self.data.dict(), "plan_text": text}  # type: ignore[attr-defined]
        return text

    def settings(self) -> dict[str, Any]:
        """The keyword arguments of create_once."""
        left_out = {"plan_choice", "plan_text", "plan_file"}
        kept = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        return {name: value for name, value in kept.items() if value is not None}

    def changes(self, deliberation: Deliberation, round: Round) -> dict[str, Any]:
        """The keyword arguments of update_draft: only what differs from what is stored."""
        stored = as_initial(deliberation, round) | of_panel(deliberation.panel)
        given = self.settings()
        plan = given.pop("plan", None)
        changed = {name: value for name, value in given.items() if value != stored[name]}
        if plan is not None and plan.hash != round.plan_hash:
            changed["plan"] = plan
        return changed


def _readable_plan(text: str) -> Plan:
    """The plan that the text describes. Raises ValidationError in the engine's words."""
    try:
        plan = Plan.from_toml(text)
    except PlanError as error:
        raise ValidationError(str(error)) from error
    except RecursionError as error:
        raise ValidationError(_("This plan is nested too deeply.")) from error
    if r"\u0000" in plan.canonical_json:
        raise ValidationError(_("This plan contains a character that cannot be stored."))
    if needs_declared_groups(plan):
        raise ValidationError(
            _(
                "This plan takes groups that come with imported votes. "
                "People who join here bring none; use the method “kmeans”."
            )
        )
    if shows_small_groups(plan):
        raise ValidationError(
            _(
                "This plan makes groups of the answers to a question about oneself. Its report "
                "would publish votes of very few people of one kind; use the method “kmeans”, or "
                "weights."
            )
        )
    return plan


def _lines(text: str) -> str:
    """Browsers send line ends as CR LF; stored texts have LF, so that hashes compare."""
    return text.replace("\r\n", "\n")


def _decoded(upload: Any) -> str:
    if upload.size > _PLAN_BYTES:
        raise ValidationError(_("This file is too large for a plan."))
    try:
        return str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValidationError(_("This file is not text in UTF-8.")) from error


def plan_name(round: Round) -> str:
    """The name of the shipped plan that this round has, or KEEP."""
    return next((p.name for p in offered_plans() if shipped(p.name).hash == round.plan_hash), KEEP)


def as_initial(deliberation: Deliberation, round: Round) -> dict[str, Any]:
    """What the form shows of a deliberation that exists."""
    return {
        "title": deliberation.title,
        "question": round.question,
        "description": deliberation.description,
        "language": deliberation.language,
        **of_panel(deliberation.panel),
        "open_link": "yes" if deliberation.panel.open_link else "no",
        "visibility": deliberation.visibility,
        "consent_text": round.consent_text,
        **of_round(round),
        "plan_choice": plan_name(round),
    }
