"""Someone who was asked to work on a deliberation accepts."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deliberation.models import MemberInvitation, User
from deliberation.role_words import role_summary
from deliberation.services import limits
from deliberation.services.member_invitations import accept, account_of, find_invitation, gone
from deliberation.views.sign_in import BY_LINK


@never_cache
@require_http_methods(["GET", "POST"])
def accept_membership(request: HttpRequest, token: str) -> HttpResponse:
    """Asks before it does anything, because programs that scan mail open every link."""
    invitation = find_invitation(token)
    if invitation is None:
        raise gone()
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST" and request.POST.get("do") == "switch":
        logout(request)
        return redirect("accept_membership", token)
    account = account_of(invitation)
    if request.method == "GET" or account != user:
        return _page(request, invitation, account, user)
    limits.take(limits.LINK, limits.network(request))
    member, deliberation = accept(token=token, user=user)
    if user is None:
        login(request, member, backend=settings.AUTHENTICATION_BACKENDS[0])
        request.session[BY_LINK] = True
    messages.success(
        request, _("Welcome. You work on “%(title)s” now.") % {"title": deliberation.title}
    )
    return redirect("workspace", deliberation.slug) if user else redirect("choose_password")


def _page(
    request: HttpRequest, invitation: MemberInvitation, account: User | None, user: User | None
) -> HttpResponse:
    """What is asked, and whether this browser can accept it. 409 for a form that came too soon."""
    context = {
        "invitation": invitation,
        "summary": role_summary(invitation.role),
        "account": account,
        # Signed in, but not as the person who was asked.
        "somebody_else": user if user and user != account else None,
        "sign_in_first": account is not None and user is None,
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "organise/members_accept.html", context, status=status)
