"""What the letters say, and the organisers' own words in them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from deliberation.access import Managed, managed_deliberation
from deliberation.letter_forms import LetterTextForm
from deliberation.letter_samples import sample_letter
from deliberation.letter_texts import languages_of, wording
from deliberation.models import LetterText
from deliberation.models.recruiting import MailKind
from deliberation.organiser_forms import put_beside_field
from deliberation.selectors.letter_texts import letter_kinds
from deliberation.services import letter_texts as services
from deliberation.services import limits
from deliberation.services.errors import Invalid, TooMany
from deliberation.services.subscriptions import mail_offered
from deliberation.views.organising import readable, signed_in


@login_required
@never_cache
@require_safe
def letter_texts(request: HttpRequest, slug: str) -> HttpResponse:
    """The four kinds of letters: what each says now, and whose words those are."""
    managed = readable(request, slug, "recruit")
    context = {
        "managed": managed,
        "kinds": letter_kinds(managed.round),
        "may_recruit": managed.may("recruit"),
    }
    return render(request, "organise/letter_texts.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def letter_text(request: HttpRequest, slug: str, kind: str, language: str) -> HttpResponse:
    """One letter in one language: write, look, send it to oneself, go back to ours."""
    managed = _managed(request, slug)
    if kind not in LetterText.KINDS or language not in languages_of(managed.deliberation):
        raise Http404
    direction = "rtl" if _right_to_left(language) else "ltr"
    if request.method == "GET":
        words = wording(managed.deliberation, kind, language)
        begun = {"subject": words.subject, "text": words.text}
        form = LetterTextForm(initial=begun, language=language, direction=direction)
        return _page(request, managed, kind, language, form)
    if request.POST.get("do") == "standard":
        return _reset(request, managed, kind, language)
    form = LetterTextForm(request.POST, language=language, direction=direction)
    if form.is_valid() and request.POST.get("do") == "save":
        return _save(request, managed, kind, language, form)
    if form.is_valid() and request.POST.get("do") == "send":
        return _send(request, managed, kind, language, form)
    return _page(request, managed, kind, language, form)


def _managed(request: HttpRequest, slug: str) -> Managed:
    """For reading in any phase, for writing while people can be invited."""
    if request.method == "GET":
        return readable(request, slug, "recruit")
    return managed_deliberation(request, slug, "recruit")


def _save(
    request: HttpRequest, managed: Managed, kind: str, language: str, form: LetterTextForm
) -> HttpResponse:
    try:
        changed = services.save_letter_text(
            deliberation=managed.deliberation,
            kind=kind,
            language=language,
            actor=signed_in(request),
            **form.cleaned_data,
        )
    except Invalid as error:
        put_beside_field(form, error)
        return _page(request, managed, kind, language, form)
    if changed:
        messages.success(request, _("Saved. Letters that are sent from now on say this."))
    else:
        messages.info(request, _("Nothing had changed."))
    return redirect("letter_texts", managed.deliberation.slug)


def _reset(request: HttpRequest, managed: Managed, kind: str, language: str) -> HttpResponse:
    services.reset_letter_text(
        deliberation=managed.deliberation, kind=kind, language=language, actor=signed_in(request)
    )
    messages.success(request, _("This letter has the standard words again."))
    return redirect("letter_texts", managed.deliberation.slug)


def _send(
    request: HttpRequest, managed: Managed, kind: str, language: str, form: LetterTextForm
) -> HttpResponse:
    """What is typed, stored or not, to whoever asks, so that nobody else can be written to."""
    if not mail_offered():
        raise Http404
    reader = signed_in(request)
    try:
        limits.take(limits.SAMPLE, f"letter.{reader.pk}")
    except TooMany as error:
        messages.error(request, error.message)
        answer = _page(request, managed, kind, language, form)
        answer.status_code, answer["Retry-After"] = error.status, str(error.retry_after)
        return answer
    sent = services.ask_for_sample(
        round=managed.round, kind=kind, language=language, reader=reader, **form.cleaned_data
    )
    if sent:
        words = _("A letter to look at is on its way to %(email)s.")
        messages.success(request, words % {"email": reader.email})
    else:
        messages.error(request, _("The letter could not be sent. Try again later."))
    return _page(request, managed, kind, language, form)


def _page(
    request: HttpRequest, managed: Managed, kind: str, language: str, form: LetterTextForm
) -> HttpResponse:
    holds = not form.is_bound or form.is_valid()
    words = form.words() if form.is_bound and holds else None
    own = LetterText.objects.filter(
        deliberation=managed.deliberation, kind=kind, language=language
    ).exists()
    context = {
        "managed": managed,
        "kind": kind,
        "label": MailKind(kind).label,
        "code": language,  # "language" is what base.html calls the reader's
        "language_name": languages_of(managed.deliberation)[language],
        "form": form,
        "letter": sample_letter(managed.round, kind, language, words) if holds else None,
        "own": own,
        "may_recruit": managed.may("recruit"),
        "mail_offered": mail_offered(),
        "reader": signed_in(request).email,
    }
    return render(request, "organise/letter_text.html", context, status=200 if holds else 422)


def _right_to_left(language: str) -> bool:
    try:
        return bool(get_language_info(language)["bidi"])
    except KeyError:
        return False
