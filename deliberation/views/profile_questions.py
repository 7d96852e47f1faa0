"""The organiser's questions about people: add, edit, remove, put in order."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliberation.access import Managed, managed_deliberation
from deliberation.models import ProfileQuestion, User
from deliberation.profile_forms import QuestionForm
from deliberation.selectors.profiles import questions
from deliberation.services.errors import Invalid
from deliberation.services.profiles import (
    MOST_QUESTIONS,
    add_question,
    edit_question,
    move_question,
    remove_question,
)
from deliberation.views.organising import readable, signed_in


@login_required
@require_http_methods(["GET", "POST"])
def profile_questions(request: HttpRequest, slug: str) -> HttpResponse:
    """All questions, each with its buttons; ``?edit=`` opens one, otherwise one can be added."""
    if request.method == "GET":
        managed = readable(request, slug, "edit")
        editing = _named(managed, request.GET.get("edit", "")) if "edit" in request.GET else None
        return _page(request, managed, editing, QuestionForm(initial=_as_initial(editing)))
    managed = managed_deliberation(request, slug, "edit")
    do, named = request.POST.get("do", ""), request.POST.get("question", "")
    if do in ("up", "down", "remove"):
        return _arrange(_named(managed, named), do, request, slug)
    return _save(request, managed, _named(managed, named) if named else None)


def _arrange(question: ProfileQuestion, do: str, request: HttpRequest, slug: str) -> HttpResponse:
    actor = signed_in(request)
    if do == "remove":
        remove_question(question=question, actor=actor)
        messages.success(request, _("The question is removed."))
    else:
        move_question(question=question, way="up" if do == "up" else "down", actor=actor)
        messages.success(request, _("The order has changed."))
    return redirect("profile_questions", slug)


def _save(request: HttpRequest, managed: Managed, editing: ProfileQuestion | None) -> HttpResponse:
    form = QuestionForm(request.POST)
    if form.is_valid():
        try:
            _store(managed, editing, form, signed_in(request))
        except Invalid as error:
            form.add_error(error.field or None, error.message)
    if not form.is_valid():
        return _page(request, managed, editing, form, status=422)
    messages.success(request, _("Saved."))
    return redirect("profile_questions", managed.deliberation.slug)


def _store(
    managed: Managed, editing: ProfileQuestion | None, form: QuestionForm, actor: User
) -> None:
    text, options = form.cleaned_data["text"], form.cleaned_data["options"]
    if editing is None:
        add_question(deliberation=managed.deliberation, text=text, options=options, actor=actor)
    else:
        edit_question(question=editing, text=text, options=options, actor=actor)


def _named(managed: Managed, pk: str) -> ProfileQuestion:
    known = ProfileQuestion.objects.filter(panel__deliberation=managed.deliberation)
    safe = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 10 else 0
    return get_object_or_404(known, pk=safe)


def _as_initial(question: ProfileQuestion | None) -> dict[str, str]:
    if question is None:
        return {}
    return {"text": question.text, "options": "\n".join(question.options)}


def _page(
    request: HttpRequest,
    managed: Managed,
    editing: ProfileQuestion | None,
    form: QuestionForm,
    status: int = 200,
) -> HttpResponse:
    asked = questions(managed.deliberation)
    opened = managed.deliberation.rounds.exclude(phase="draft").exists()
    context = {
        "managed": managed,
        "questions": asked,
        "editing": editing,
        "form": form,
        "frozen": opened or not managed.may("edit"),
        "full": len(asked) >= MOST_QUESTIONS,
    }
    return render(request, "organise/profile_questions.html", context, status=status)
