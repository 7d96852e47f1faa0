"""Addresses of people, rounds, statements and votes."""

from django.urls import URLPattern, URLResolver, path

from deliberation.views import (
    about_you,
    appeals,
    coming_back,
    joining,
    policy,
    proposing,
    public,
    public_plan,
    subscription,
    voting,
    your_part,
)
from deliberation.views.language import choose_language
from deliberation.views.list_view import list_view
from deliberation.views.own_votes import own_votes

from .lottery_urls import urlpatterns as lottery
from .organiser_urls import urlpatterns as organiser

urlpatterns: list[URLPattern | URLResolver] = [
    # First, since addresses are looked up in order and this one is asked for most.
    path("d/<slug:slug>/vote/", voting.vote, name="vote"),
    path("", public.home, name="home"),
    path("language/", choose_language, name="choose_language"),
    path("help/", public.help, name="help"),
    path("help/organisers/", public.help_organisers, name="help_organisers"),
    path("d/<slug:slug>/", public.deliberation, name="deliberation"),
    path("d/<slug:slug>/statements/", public.statements, name="statements"),
    path("d/<slug:slug>/policy/", policy.policy, name="policy"),
    path("d/<slug:slug>/log/", public.moderation_log, name="moderation_log"),
    path("d/<slug:slug>/plan/", public_plan.plan, name="public_plan"),
    path("d/<slug:slug>/plan.toml", public_plan.plan_file, name="public_plan_file"),
    path("d/<slug:slug>/amendments/", public_plan.amendments, name="amendments"),
    path("d/<slug:slug>/join/", joining.join, name="join"),
    path("d/<slug:slug>/seat/<str:token>/", joining.seat, name="seat"),
    path("d/<slug:slug>/about-you/", about_you.about_you, name="about_you"),
    path("d/<slug:slug>/back/<str:token>/", coming_back.come_back, name="come_back"),
    path("d/<slug:slug>/you/link/", coming_back.return_link, name="return_link"),
    path("d/<slug:slug>/list/", list_view, name="list"),
    path("d/<slug:slug>/votes/", own_votes, name="own_votes"),
    path("d/<slug:slug>/undo/", voting.undo_vote, name="undo_vote"),
    path("d/<slug:slug>/propose/", proposing.propose, name="propose"),
    path("d/<slug:slug>/propose/similar/", proposing.similar, name="similar"),
    path("d/<slug:slug>/statements/<int:number>/appeal/", appeals.appeal, name="appeal"),
    path("d/<slug:slug>/you/", your_part.your_part, name="your_part"),
    path("d/<slug:slug>/you/data.json", your_part.own_data, name="own_data"),
    path("d/<slug:slug>/you/withdraw/", your_part.withdraw, name="withdraw"),
    path("d/<slug:slug>/you/mail/", subscription.subscribe, name="subscribe"),
    path(
        "d/<slug:slug>/letters/confirm/<str:token>/",
        subscription.confirm_letters,
        name="confirm_letters",
    ),
    path("mail/end/<str:token>/", subscription.unsubscribe, name="unsubscribe"),
    path("mail/stop/<str:token>/", subscription.stop_letters, name="stop_letters"),
    *lottery,
    *organiser,
]
