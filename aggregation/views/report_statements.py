"""Every statement of a run: to search, to sort, one by one, and rule by rule."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from aggregation.models import SelectionStatus
from aggregation.report import finding, rules
from aggregation.report.fairness import proven
from aggregation.report.groups import alike, beside, groups
from aggregation.report.lines import Line, lines
from aggregation.report.page import opinion_map
from aggregation.report.statement import statement_page
from aggregation.report.steadiness import resampling
from aggregation.views.reading import number_in, one_of, page, reader, run_to_read
from deliberation.selectors.lineage import family_of
from deliberation.views.organising import by_htmx

_PER_PAGE = 50
_LONGEST_SEARCH = 200
_SHOWS = ("any", "contested", "all")
_GROUP_SORTS = ("apart", "shared", "number")
_SHARED_SHOWN = 5


@require_safe
@vary_on_headers("HX-Request")
def report_statements(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """All statements of a run, searched, sorted and filtered; one form, no script needed."""
    run = run_to_read(request, slug, run_id)
    columns = run.plan["rules"]
    measure = finding.measure_of(run)
    steady = resampling(run) is not None
    sorts = [sort for sort in finding.SORTS if steady or sort != "steady"]
    asked: dict[str, Any] = {
        "q": request.GET.get("q", "").strip()[:_LONGEST_SEARCH],
        "show": one_of(request.GET.get("show"), SelectionStatus.values, ""),
        "rule": number_in(request.GET.get("rule"), len(columns)),
        "sort": one_of(request.GET.get("sort"), sorts, "common"),
    }
    found = _asked_for(lines(run), asked)
    ordered = finding.in_order(found, asked["sort"], measure, asked["rule"])
    everything = rules.columns(run, []) if len(columns) > 1 else []
    context = asked | {
        "measure": measure,
        "steady": steady,
        "sorts": sorts,
        "statuses": SelectionStatus.choices,
        "rules": everything,
        "keep": _query(asked),
        "keep_sort": _query({k: v for k, v in asked.items() if k != "sort"}),
        "page": Paginator(ordered, _PER_PAGE).get_page(request.GET.get("page")),
    }
    part = "#found" if by_htmx(request) else ""
    return page(request, run, f"aggregation/statements.html{part}", "report_statements", context)


def _asked_for(statements: list[Line], asked: dict[str, Any]) -> list[Line]:
    found = finding.containing(statements, asked["q"])
    if not asked["show"]:
        return found
    return finding.chosen(found, asked["rule"], asked["show"])


def _query(asked: dict[str, Any]) -> str:
    """What was asked for, as it stands in an address before a last parameter."""
    known = {name: value for name, value in asked.items() if value not in ("", 0)}
    return f"{urlencode(known)}&" if known else ""


@require_safe
def report_statement(request: HttpRequest, slug: str, run_id: int, number: int) -> HttpResponse:
    """One statement: votes by group, what every rule says of it, and how steady that is."""
    run = run_to_read(request, slug, run_id)
    statements = lines(run)
    found = statement_page(run, statements, groups(run, statements), number)
    if found is None:
        raise Http404
    context = {
        "found": found,
        "line": found.line,
        "measure": finding.measure_of(run),
        "family": family_of(run.round, number),
    }
    return page(request, run, "aggregation/statement.html", "report_statements", context)


@require_safe
def report_group(request: HttpRequest, slug: str, run_id: int, letter: str) -> HttpResponse:
    """One opinion group: what it stands for, what it shares, how it voted on everything."""
    run = run_to_read(request, slug, run_id)
    statements = lines(run)
    known = groups(run, statements)
    group = next((one for one in known if one.letter == letter.upper()), None)
    if group is None:
        raise Http404
    sort = one_of(request.GET.get("sort"), _GROUP_SORTS, "apart")
    needed = finding.votes_needed(run)
    enough = [one for one in beside(statements, group.label) if one.line.enough(needed)]
    me = reader(request, run)
    drawn = opinion_map(run, known, mine=me.pk if me else None)
    context = {
        "group": group,
        "map": drawn,
        "on_map": any(layer.label == group.label for layer in drawn.layers),
        "others": [one for one in known if one.label != group.label],
        "alike": alike(group, known, [one.line for one in enough]),
        "shared": sorted(enough, key=lambda one: (-(one.shared or 0), one.line.number))[
            :_SHARED_SHOWN
        ],
        "sort": sort,
        "keep": f"sort={sort}&",
        "votes_needed": needed,
        "page": Paginator(_beside(statements, group.label, sort), _PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "mine": drawn.own is not None and drawn.own.label == group.label,
    }
    return page(request, run, "aggregation/group.html", "report_run", context)


def _beside(statements: list[Line], label: int, sort: str) -> list[object]:
    found = beside(statements, label)
    if sort == "apart":
        found = sorted(found, key=lambda one: (-abs(one.gap or 0), one.line.number))
    elif sort == "shared":
        found = sorted(found, key=lambda one: (-(one.shared or 0), one.line.number))
    return list(found)


@require_safe
def report_rules(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """The selection, rule by rule side by side, and how far the rules agree."""
    run = run_to_read(request, slug, run_id)
    statements = lines(run)
    columns = rules.columns(run, statements)
    show = one_of(request.GET.get("show"), _SHOWS, "any")
    found = rules.rows(statements, len(columns), show)
    table = rules.overlap(statements, len(columns))
    context = {
        "columns": columns,
        "overlap": list(zip(columns, table, strict=True)),
        "proven": proven(run, statements),
        "show": show,
        "contested": len(rules.rows(statements, len(columns), "contested")),
        "keep": f"show={show}&",
        "page": Paginator(found, _PER_PAGE).get_page(request.GET.get("page")),
    }
    return page(request, run, "aggregation/rules.html", "report_rules", context)
