"""Every address of the site. Each app lists its own; none overlaps."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("deliberation.urls")),
    path("", include("aggregation.urls")),
    path("", include("constitutions.urls")),
]

handler400 = "deliberation.views.errors.bad_request"
handler403 = "deliberation.views.errors.forbidden"
handler404 = "deliberation.views.errors.not_found"
handler500 = "deliberation.views.errors.server_error"
