"""The forms with which a deliberation begins: its question and texts. The plan has its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from aggregation.engine import shipped
from deliberation.consent_template import CONSENT_TEMPLATE
from deliberation.models import Deliberation, Round
from deliberation.models.deliberations import Visibility
from deliberation.plan_words import RECOMMENDED
from deliberation.texts import clean


class QuestionForm(forms.Form):
    """What it takes to begin: columns of the deliberation and of its round, by their names."""

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_languages()

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
        return lines(self.cleaned_data["description"])


class TextsForm(QuestionForm):
    """The same, and what people agree to: everything that people read before they join."""

    consent_text = forms.CharField(
        label=_("What people agree to when they join"),
        help_text=_(
            "They read this before their first vote. "
            "Replace what stands in [square brackets]. Markdown works here, too."
        ),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": _("Write what people agree to.")},
    )

    def clean_consent_text(self) -> str:
        return lines(self.cleaned_data["consent_text"])

    def changes(self, deliberation: Deliberation, round: Round) -> dict[str, Any]:
        """The keyword arguments of update_draft: only what differs from what is stored."""
        stored = as_initial(deliberation, round)
        return {name: v for name, v in self.cleaned_data.items() if v != stored[name]}


def to_begin_with() -> dict[str, Any]:
    """What a new deliberation has besides its question, until its organisers say otherwise."""
    return {
        "consent_text": str(CONSENT_TEMPLATE),
        "plan": shipped(RECOMMENDED),
        "open_link": False,
    }


def lines(text: str) -> str:
    """Browsers send line ends as CR LF; stored texts have LF, so that hashes compare."""
    return text.replace("\r\n", "\n")


def as_initial(deliberation: Deliberation, round: Round) -> dict[str, Any]:
    """What the forms show of a deliberation that exists."""
    return {
        "title": deliberation.title,
        "question": round.question,
        "description": deliberation.description,
        "language": deliberation.language,
        "visibility": deliberation.visibility,
        "consent_text": round.consent_text,
    }
