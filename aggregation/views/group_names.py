"""The organiser names the opinion groups of a run."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aggregation.forms import GroupNameForm
from aggregation.models import Run, RunStatus
from aggregation.naming import name_group
from aggregation.report.groups import Group, groups
from aggregation.report.lines import lines
from deliberation.access import Managed, managed_deliberation
from deliberation.views.organising import signed_in


@login_required
@require_http_methods(["GET", "POST"])
def name_groups(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """A name and a line for each group; what is left empty keeps its letter alone."""
    managed = managed_deliberation(request, slug, "run")
    run = _done_run(managed, run_id)
    known = groups(run, lines(run))
    sent = request.POST if request.method == "POST" else None
    rows = [(group, _form(group, sent)) for group in known]
    checked = [form.is_valid() for _group, form in rows]  # every one, to show all that is wrong
    if sent is not None and all(checked):
        with transaction.atomic():
            for group, form in rows:
                said, actor = form.cleaned_data, signed_in(request)
                name_group(run=run, label=group.label, actor=actor, **said)
        messages.success(request, _("The names stand in the report now."))
        return redirect("report_run", slug, run.pk)
    context = {"managed": managed, "run": run, "rows": rows}
    status = 200 if sent is None else 422
    return render(request, "aggregation/name_groups.html", context, status=status)


def _form(group: Group, sent: QueryDict | None) -> GroupNameForm:
    said = {"name": group.name, "text": group.named.text if group.named else ""}
    form = GroupNameForm(sent, prefix=f"group-{group.label}", initial=said)
    form.fields["name"].label = _("Name of group %(letter)s") % {"letter": group.letter}
    form.fields["text"].label = _("One line about group %(letter)s") % {"letter": group.letter}
    return form


def _done_run(managed: Managed, run_id: int) -> Run:
    runs = Run.objects.filter(
        pk=run_id, round__deliberation=managed.deliberation, status=RunStatus.DONE
    )
    run = runs.select_related("round__deliberation").first()
    if run is None:
        raise Http404
    return run
