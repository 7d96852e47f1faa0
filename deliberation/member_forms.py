"""Forms about who works on a deliberation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from deliberation.models.deliberations import Role
from deliberation.role_words import role_summary


class RoleSelect(forms.RadioSelect):
    """One radio per role, each with what the role may do (see the templates of members)."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["attrs"]["aria-describedby"] = f"may-{option['value']}"
        return option


def _role_field(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=Role.choices,
        widget=RoleSelect,
        error_messages={
            "required": _("Choose a role."),
            "invalid_choice": _("Choose one of the roles."),
        },
    )


class InviteForm(forms.Form):
    """Whom to ask, for which role, in which language the letter is written."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Write the e-mail address of the person."),
            "invalid": _("This is no e-mail address. It should look like name@example.org."),
        },
    )
    role = _role_field(_("Role"))
    language = forms.ChoiceField(
        label=_("Language of the letter"), choices=settings.LANGUAGES, initial=get_language
    )


class RoleForm(forms.Form):
    """Another role for someone who works here."""

    role = _role_field(_("Role"))


def described_roles(form: forms.Form) -> list[dict[str, Any]]:
    """The radios of ``form`` with what each role may do, for templates."""
    return [
        {"radio": radio, "summary": role_summary(radio.data["value"])} for radio in form["role"]
    ]
