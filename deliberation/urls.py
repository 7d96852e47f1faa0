"""Addresses of people, rounds, statements and votes."""

from django.urls import URLPattern, URLResolver, path

from deliberation.views import joining, proposing, public, voting

from .organiser_urls import urlpatterns as organiser

urlpatterns: list[URLPattern | URLResolver] = [
    path("", public.home, name="home"),
    path("help/", public.help, name="help"),
    path("help/organisers/", public.help_organisers, name="help_organisers"),
    path("d/<slug:slug>/", public.deliberation, name="deliberation"),
    path("d/<slug:slug>/statements/", public.statements, name="statements"),
    path("d/<slug:slug>/log/", public.moderation_log, name="moderation_log"),
    path("d/<slug:slug>/join/", joining.join, name="join"),
    path("d/<slug:slug>/seat/<str:token>/", joining.seat, name="seat"),
    path("d/<slug:slug>/vote/", voting.vote, name="vote"),
    path("d/<slug:slug>/undo/", voting.undo_vote, name="undo_vote"),
    path("d/<slug:slug>/propose/", proposing.propose, name="propose"),
    *organiser,
]
