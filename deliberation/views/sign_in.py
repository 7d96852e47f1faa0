"""Sign in by password or by a one-time link, and sign out."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.organiser_forms import PasswordForm, SignInForm
from deliberation.services import limits
from deliberation.services.sign_in import find_sign_in_link, use_sign_in_link
from deliberation.views.errors import error_page
from deliberation.views.organising import signed_in

# Set for a session that began with a link: its user may choose a password without the old one.
BY_LINK = "signed_in_by_link"


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password. ``next`` leads back to the page that was asked for."""
    target = _next(request)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(target)
    if request.method == "POST":
        limits.take(limits.SIGN_IN, limits.network(request))
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.user)
        return redirect(target)
    status = 422 if request.method == "POST" else 200
    return render(request, "sign_in/sign_in.html", {"form": form, "next": target}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Asks before it signs in, because programs that scan mail open every link."""
    if request.method == "GET":
        link = find_sign_in_link(token)
        if link is None:
            return _gone(request)
        return render(request, "sign_in/link.html", {"user_of_link": link.user})
    limits.take(limits.LINK, limits.network(request))
    user = use_sign_in_link(token)
    if user is None:
        return _gone(request)
    login(request, user)
    request.session[BY_LINK] = True
    return redirect("organise" if user.has_usable_password() else "choose_password")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def choose_password(request: HttpRequest) -> HttpResponse:
    """Set a password, offered after the first sign-in by link."""
    user = signed_in(request)
    ask_old = user.has_usable_password() and not request.session.get(BY_LINK)
    form = PasswordForm(user, request.POST or None, ask_old=ask_old)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        update_session_auth_hash(request, user)
        request.session.pop(BY_LINK, None)
        messages.success(request, _("Your password is set."))
        return redirect("organise")
    status = 422 if request.method == "POST" else 200
    return render(request, "sign_in/password.html", {"form": form}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device."""
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL)


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _gone(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        410,
        _("This sign-in link no longer works"),
        _(
            "A sign-in link works once and only for a limited time. "
            "Ask the person who sent it for a new one, or sign in with your password."
        ),
    )
