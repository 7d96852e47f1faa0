"""Addresses of constitutions, their files and comparisons."""

from django.urls import URLPattern, URLResolver, path

from constitutions.views import comparing, organise, principles, public

PUBLIC = "d/<slug:slug>/constitution/"
WORK = "organise/<slug:slug>/constitution/"
VERSION = "v<int:number>/"
COMPARISON = f"{VERSION}comparison/<slug:baseline>/"
PRINCIPLE = f"{VERSION}principles/<slug:key>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(PUBLIC, public.constitution, name="constitution"),
    path(f"{PUBLIC}{VERSION}", public.constitution_version, name="constitution_version"),
    path(f"{PUBLIC}{COMPARISON}", public.comparison, name="comparison"),
    path(f"{PUBLIC}{VERSION}export/<slug:format>/", public.export, name="export"),
    path(WORK, organise.constitution_workspace, name="constitution_workspace"),
    path(f"{WORK}draft/", organise.draft_constitution, name="draft_constitution"),
    path(f"{WORK}{VERSION}edit/", organise.edit_version, name="edit_version"),
    path(f"{WORK}{VERSION}publish/", organise.publish, name="publish_version"),
    path(f"{WORK}{VERSION}preamble/", principles.edit_preamble, name="edit_preamble"),
    path(f"{WORK}{PRINCIPLE}", principles.edit_principle, name="edit_principle"),
    path(f"{WORK}{PRINCIPLE}move/", principles.move_principle, name="move_principle"),
    path(f"{WORK}{PRINCIPLE}remove/", principles.remove_principle, name="remove_principle"),
    path(f"{WORK}{PRINCIPLE}restore/", principles.restore_principle, name="restore_principle"),
    path(f"{WORK}{COMPARISON}", comparing.edit_comparison, name="edit_comparison"),
    path(f"{WORK}{COMPARISON}suggest/", comparing.suggest_places, name="suggest_places"),
    path(f"{WORK}{COMPARISON}confirm/", comparing.confirm_places, name="confirm_places"),
    path(f"{WORK}{COMPARISON}principles/<slug:key>/", comparing.decide_place, name="decide_place"),
]
