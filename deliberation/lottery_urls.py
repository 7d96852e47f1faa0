"""Addresses of the lottery: what anyone may read, and the pages of those who make it."""

from django.urls import URLPattern, URLResolver, path

from deliberation.views import answer, draw_report, draws, pool, quotas, sign_up

urlpatterns: list[URLPattern | URLResolver] = [
    path("d/<slug:slug>/draws/", draw_report.lottery, name="lottery"),
    path("d/<slug:slug>/draws/<int:number>/", draw_report.draw_report, name="draw_report"),
    path("d/<slug:slug>/draws/<int:number>.json", draw_report.draw_file, name="draw_file"),
    path("d/<slug:slug>/sign-up/", sign_up.sign_up, name="sign_up"),
    path("d/<slug:slug>/sign-up/<str:token>/", sign_up.sign_up_link, name="sign_up_link"),
    path("d/<slug:slug>/answer/<str:token>/", answer.answer, name="answer"),
    path("organise/<slug:slug>/quotas/", quotas.quotas, name="quotas"),
    path("organise/<slug:slug>/pool/", pool.pool, name="pool"),
    path("organise/<slug:slug>/pool/list/", pool.pool_list, name="pool_list"),
    path("organise/<slug:slug>/pool.json", pool.pool_file, name="pool_file"),
    path("organise/<slug:slug>/draws/", draws.draws, name="draws"),
    path("organise/<slug:slug>/draws/<int:number>/", draws.draw, name="draw"),
    path("organise/<slug:slug>/draws/<int:number>/people.csv", draws.drawn_file, name="drawn_file"),
]
