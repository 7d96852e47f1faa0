"""Addresses of runs and reports."""

from django.urls import URLPattern, URLResolver, path

from aggregation.views import (
    group_names,
    now,
    organise,
    report,
    report_data,
    report_statements,
    watch,
)

WORK = "organise/<slug:slug>/"
REPORT = "d/<slug:slug>/report/"
RUN = f"{REPORT}<int:run_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{WORK}close/", organise.close_round, name="close_round"),
    path(f"{WORK}runs/", organise.runs, name="runs"),
    path(f"{WORK}runs/start/", organise.start_run, name="start_run"),
    path(f"{WORK}runs/<int:run_id>/", organise.run, name="run"),
    path(f"{WORK}runs/<int:run_id>/groups/", group_names.name_groups, name="name_groups"),
    path(f"{WORK}watch/", watch.watch, name="watch"),
    path("d/<slug:slug>/now/", now.results_now, name="results_now"),
    path(REPORT, report.report, name="report"),
    path(RUN, report.report_run, name="report_run"),
    path(f"{RUN}groups/<slug:letter>/", report_statements.report_group, name="report_group"),
    path(f"{RUN}statements/", report_statements.report_statements, name="report_statements"),
    path(
        f"{RUN}statements/<int:number>/",
        report_statements.report_statement,
        name="report_statement",
    ),
    path(f"{RUN}rules/", report_statements.report_rules, name="report_rules"),
    path(f"{RUN}change/", report.report_change, name="report_change"),
    path(f"{RUN}moderation/", report.report_moderation, name="report_moderation"),
    path(f"{RUN}method/", report.report_method, name="report_method"),
    path(f"{RUN}data/", report_data.report_data, name="report_data"),
    path(f"{RUN}data/<str:name>", report_data.report_file, name="report_file"),
    path(
        f"{RUN}pictures/statement-<int:number>.svg",
        report_data.statement_picture,
        name="statement_picture",
    ),
    path(f"{RUN}pictures/<slug:name>.svg", report_data.report_picture, name="report_picture"),
    path(f"{RUN}outcome.json", report.outcome, name="report_outcome"),
]
