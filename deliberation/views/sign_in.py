"""Sign in by password or by a one-time link, and sign out.

After either, django-allauth asks for the second step of people who have set one up; passkeys and
an organisation's own sign-in service are its pages altogether (deploy/urls.py).
"""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deliberation.models import User
from deliberation.organiser_forms import LinkByMailForm, PasswordForm, SignInForm
from deliberation.second_step import Lacking, lacking, ways_to_confirm
from deliberation.services import limits
from deliberation.services.sign_in import ask_for_link, find_sign_in_link, use_sign_in_link
from deliberation.services.subscriptions import mail_offered
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
        return _let_in(request, form.user, "password", target)
    status = 422 if request.method == "POST" else 200
    return render(request, "sign_in/sign_in.html", _page(form, target), status=status)


def _page(form: SignInForm, target: str) -> dict[str, object]:
    return {
        "form": form,
        "next": target,
        "by_mail": LinkByMailForm() if mail_offered() else None,
        "service": settings.OIDC_NAME if settings.OIDC_OFFERED else "",
    }


def _let_in(request: HttpRequest, user: User, method: str, target: str) -> HttpResponse:
    """Go on to the second step where this person has one, else sign in."""
    response: HttpResponse = perform_login(
        request, user, email_verification="none", redirect_url=target
    )
    if request.user.is_authenticated:
        record_authentication(request, user, method=method)
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_by_mail(request: HttpRequest) -> HttpResponse:
    """Mail a link that signs in once. The answer is the same whether the address is known."""
    if not mail_offered():
        return redirect("sign_in")
    form = LinkByMailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.take(limits.SIGN_IN, limits.network(request))
        limits.take(limits.CONTACT, form.cleaned_data["email"])
        ask_for_link(email=form.cleaned_data["email"], language=get_language() or "en")
        return render(request, "sign_in/mailed.html", {"email": form.cleaned_data["email"]})
    status = 422 if request.method == "POST" else 200
    return render(request, "sign_in/by_mail.html", {"form": form}, status=status)


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
    request.session[BY_LINK] = True  # kept when the session becomes that of the user
    target = "organise" if user.has_usable_password() else "choose_password"
    return _let_in(request, user, "link", resolve_url(target))


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


@login_required
@never_cache
@require_safe
def second_step(request: HttpRequest) -> HttpResponse:
    """Why pages stay closed without a second step, and the way to it."""
    lacks, target = lacking(request), _next(request)
    if lacks is None:
        return redirect(target)
    context = {
        "confirm": ways_to_confirm(signed_in(request)) if lacks == Lacking.CONFIRM else None,
        "query": urlencode({"next": target}),
        "service": settings.OIDC_NAME if settings.OIDC_OFFERED else "",
    }
    return render(request, "sign_in/second_step.html", context)


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
