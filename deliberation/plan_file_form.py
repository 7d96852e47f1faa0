"""Bring in a plan from a file, or pasted."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliberation import plan_toml
from deliberation.models import Round, User
from deliberation.plan_check import problems_of_plan, problems_of_round
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import Invalid


class PlanFileForm(forms.Form):
    """``cleaned_data["found"]`` is a PlanFile. An uploaded file is kept as text when it fails."""

    plan_file = forms.FileField(
        label=gettext_lazy("Choose a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".toml,text/plain"}),
    )
    plan_text = forms.CharField(
        label=gettext_lazy("Or paste its text"),
        required=False,
        max_length=plan_toml.LARGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "dir": "ltr"}),
    )

    def clean_plan_file(self) -> str | None:
        upload = self.cleaned_data["plan_file"]
        if upload is None:
            return None
        if upload.size > plan_toml.LARGEST:
            raise ValidationError(_("This file is too large for a plan."))
        try:
            text = str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValidationError(_("This file is not text in UTF-8.")) from error
        self.data = {**self.data.dict(), "plan_text": text}  # type: ignore[attr-defined]
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        text = cleaned["plan_file"] if cleaned["plan_file"] is not None else cleaned["plan_text"]
        if not text.strip():
            self.add_error("plan_text", _("Choose a file, or paste the plan here."))
            return cleaned
        try:
            cleaned["found"] = plan_toml.read(text)
        except Invalid as error:
            self.add_error("plan_text", error.message)
        return cleaned

    def store(self, round: Round, actor: User) -> None:
        """Put what the file says in place of what the round has. Raises Invalid."""
        found: plan_toml.PlanFile = self.cleaned_data["found"]
        planned = copy(round)
        for name, value in found.columns.items():
            setattr(planned, name, value)
        planned.plan = found.plan.to_dict()
        problems = problems_of_plan(found.plan, panel=round.deliberation.panel)
        if problems := problems + problems_of_round(planned):
            raise Invalid(" ".join(problem.words for problem in problems), field="plan_text")
        changed = {n: v for n, v in found.columns.items() if v != getattr(round, n)}
        if found.plan.hash != round.plan_hash:
            changed["plan"] = found.plan
        if changed:
            update_draft(deliberation=round.deliberation, actor=actor, **changed)
