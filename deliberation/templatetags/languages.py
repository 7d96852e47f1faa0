"""Template tags for more than one language: the menu, moments in time, texts that people wrote."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi

from deliberation import figures, texts
from deliberation.models import Deliberation

register = template.Library()

register.filter("direction", texts.direction)
register.filter("whole_percent", figures.percent)
register.filter("decimal", figures.decimal)
register.filter("fixed", figures.fixed)
register.filter("in_zone", figures.announced)


@register.inclusion_tag("deliberation/tags/language_menu.html", takes_context=True)
def language_menu(context: template.Context) -> dict[str, object]:
    """One button per language, each in its own words. Empty without a request."""
    request = context.get("request")
    if request is None:
        return {}
    current = get_language()
    names = dict(settings.LANGUAGES)
    return {
        "address": reverse("choose_language"),
        "languages": settings.LANGUAGES,
        "current": current,
        "current_name": names.get(current or "", current),
        "next": _way_back(request),
    }


@register.filter
def isolated(text: str) -> str:
    """What people wrote, to stand inside a sentence of ours."""
    return texts.isolated(str(text), "rtl" if get_language_bidi() else "ltr")


@register.simple_tag
def moment(when: datetime) -> SafeString:
    """A date and a time of day as the language writes them, in UTC and saying so."""
    return format_html('<time datetime="{}">{}</time>', when.isoformat(), figures.moment(when))


@register.simple_tag
def announced(when: datetime, deliberation: Deliberation) -> SafeString:
    """A date that participants were told, in the time zone of the deliberation and naming it."""
    words = figures.announced(when, deliberation.time_zone)
    return format_html('<time datetime="{}">{}</time>', when.isoformat(), words)


@register.simple_tag
def day(when: datetime) -> SafeString:
    """A date as the language writes it, the day in UTC."""
    return format_html('<time datetime="{}">{}</time>', when.isoformat(), figures.day(when))


def _way_back(request: HttpRequest) -> str:
    """This page with its query. After a form was sent, the page with the form: it can be read."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    before = request.headers.get("Referer")
    ours = url_has_allowed_host_and_scheme(
        before, {request.get_host()}, require_https=request.is_secure()
    )
    return before if before and ours else "/"
