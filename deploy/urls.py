"""Every address of the site. Each app lists its own; none overlaps."""

from allauth.account.views import account_inactive, reauthenticate
from django.urls import URLPattern, URLResolver, include, path

from deliberation.views.sign_in import sign_in, sign_out

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("deliberation.urls")),
    path("", include("aggregation.urls")),
    path("", include("constitutions.urls")),
    # Of django-allauth only what is needed: the second step, passkeys, a sign-in service.
    path("account/second-step/", include("allauth.mfa.urls")),
    path("account/service/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("account/service/", include("allauth.socialaccount.urls")),
    path("account/confirm/", reauthenticate, name="account_reauthenticate"),
    path("account/inactive/", account_inactive, name="account_inactive"),
    # The names under which it looks for pages of ours.
    path("account/sign-in/", sign_in, name="account_login"),
    path("account/sign-out/", sign_out, name="account_logout"),
]

handler400 = "deliberation.views.errors.bad_request"
handler403 = "deliberation.views.errors.forbidden"
handler404 = "deliberation.views.errors.not_found"
handler500 = "deliberation.views.errors.server_error"
