"""Hints on a statement in plain words (see hints.py)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .hints import HintKind

_WORDS = {
    "email": _("This looks like an e-mail address."),
    "url": _("This looks like a link to a web page."),
    "handle": _("This looks like somebody’s name on a social network."),
    "phone": _("This looks like a telephone number."),
    "address": _("This looks like a postal address."),
    "name": _("This looks like the name of a person."),
    "several_ideas": _(
        "This may be more than one idea. People can vote more clearly on one idea at a time."
    ),
    "question": _(
        "This looks like a question. Say what you want, so that others can agree or disagree."
    ),
}


def hint_words(kind: HintKind) -> str:
    """What to tell the person who writes, in the language that is active now."""
    return str(_WORDS[kind])
