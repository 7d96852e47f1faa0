"""Addresses of runs and reports."""

from django.urls import URLPattern, URLResolver, path

from aggregation.views import organise, report

WORK = "organise/<slug:slug>/"
REPORT = "d/<slug:slug>/report/"
RUN = f"{REPORT}<int:run_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{WORK}close/", organise.close_round, name="close_round"),
    path(f"{WORK}runs/", organise.runs, name="runs"),
    path(f"{WORK}runs/start/", organise.start_run, name="start_run"),
    path(f"{WORK}runs/<int:run_id>/", organise.run, name="run"),
    path(REPORT, report.report, name="report"),
    path(RUN, report.report_run, name="report_run"),
    path(f"{RUN}statements/", report.report_statements, name="report_statements"),
    path(f"{RUN}outcome.json", report.outcome, name="report_outcome"),
]
