"""Who works on a deliberation: roles, invitations, and two people for what cannot be undone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from deliberation.access import Managed, managed_deliberation
from deliberation.links import absolute
from deliberation.member_forms import InviteForm, RoleForm, described_roles
from deliberation.models import Approval, MemberInvitation, Membership
from deliberation.organiser_forms import put_beside_field
from deliberation.phases import ever_allowed
from deliberation.selectors import members as reading
from deliberation.services import approvals, limits
from deliberation.services import member_invitations as inviting
from deliberation.services import members as changing
from deliberation.services.errors import Invalid
from deliberation.services.subscriptions import mail_offered
from deliberation.views.organising import signed_in

INVITE = limits.Limit("invite-member", every=60, burst=20)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Everyone who works here, who was asked to, and a form that asks one more."""
    managed = managed_deliberation(request, slug, "members")
    if request.method == "GET":
        return _page(request, managed, InviteForm())
    form = InviteForm(request.POST)
    if form.is_valid():
        limits.take(INVITE, f"user {signed_in(request).pk}")
        try:
            invitation = inviting.invite_member(
                deliberation=managed.deliberation, actor=signed_in(request), **form.cleaned_data
            )
            return _asked(request, managed, invitation)
        except Invalid as error:
            put_beside_field(form, error)
    return _page(request, managed, form, status=422)


@login_required
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One person: another role, or none any more."""
    managed = managed_deliberation(request, slug, "members")
    found = Membership.objects.filter(deliberation=managed.deliberation).select_related("user")
    person = get_object_or_404(found, pk=number)
    remove = request.POST.get("do") == "remove"
    form = RoleForm(request.POST if request.method == "POST" and not remove else None)
    form.fields["role"].initial = person.role
    if request.method == "POST" and (remove or form.is_valid()):
        try:
            return _change(request, managed, person, None if remove else form.cleaned_data["role"])
        except Invalid as error:
            form = RoleForm({"role": person.role})
            put_beside_field(form, error)
    context = {
        "managed": managed,
        "member": person,
        "form": form,
        "roles": described_roles(form),
        "own": person.user_id == signed_in(request).pk,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/members_one.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Give up the own role, whichever it is."""
    managed = managed_deliberation(request, slug, "view")
    if request.method == "GET":
        return render(request, "organise/leave.html", {"managed": managed})
    actor = signed_in(request)
    own = get_object_or_404(Membership, deliberation=managed.deliberation, user=actor)
    try:
        changing.remove_member(membership=own, actor=actor)
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("members", slug)  # where the last owner can make another one
    said = _("You do not work on “%(title)s” any more.") % {"title": managed.deliberation.title}
    messages.success(request, said)
    return redirect("organise")


def _change(
    request: HttpRequest, managed: Managed, person: Membership, role: str | None
) -> HttpResponse:
    """Give the role, or with None take the one there is. Owners may do so to themselves."""
    actor = signed_in(request)
    if role is None:
        changing.remove_member(membership=person, actor=actor)
        messages.success(request, _("%(who)s does not work here any more.") % _who(person))
    else:
        changing.change_role(membership=person, role=role, actor=actor)
        messages.success(request, _("The role of %(who)s is changed.") % _who(person))
    if person.user_id != actor.pk:
        return redirect("members", managed.deliberation.slug)
    # Whoever gave up owning may not see this page any more.
    return redirect("organise")


@login_required
@never_cache
@require_POST
def member_invitation(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Send an invitation again, or withdraw it."""
    managed = managed_deliberation(request, slug, "members")
    waiting = MemberInvitation.objects.filter(deliberation=managed.deliberation, accepted_at=None)
    invitation = get_object_or_404(waiting, pk=number)
    if request.POST.get("do") == "withdraw":
        inviting.withdraw_invitation(invitation=invitation, actor=signed_in(request))
        messages.success(request, _("The invitation is withdrawn. Its link works no longer."))
        return redirect("members", slug)
    limits.take(INVITE, f"user {signed_in(request).pk}")
    invitation = inviting.send_again(invitation=invitation, actor=signed_in(request))
    return _asked(request, managed, invitation)


@login_required
@require_POST
def two_people(request: HttpRequest, slug: str) -> HttpResponse:
    """Turn the switch."""
    managed = managed_deliberation(request, slug, "members")
    on = request.POST.get("two_people") == "on"
    changing.set_two_people(deliberation=managed.deliberation, on=on, actor=signed_in(request))
    if on:
        messages.success(request, _("From now on this takes two people."))
    else:
        messages.success(request, _("From now on one person is enough."))
    return redirect("members", slug)


@login_required
@require_POST
def refuse_approval(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say no to what someone asked for. Whoever may do the act may refuse it."""
    managed = managed_deliberation(request, slug, "view")
    approval = get_object_or_404(Approval, deliberation=managed.deliberation, pk=number)
    # In any phase: a request that came too late for its phase can still be closed.
    if not ever_allowed(managed.role, approval.action):
        raise PermissionDenied
    approvals.refuse(approval=approval, actor=signed_in(request))
    messages.success(request, _("The request is closed. Nothing was done."))
    return redirect("members" if managed.may("members") else "workspace", slug)


def _who(person: Membership) -> dict[str, str]:
    return {"who": person.user.email}


def _asked(request: HttpRequest, managed: Managed, invitation: MemberInvitation) -> HttpResponse:
    """By mail: back to the page. Without mail: the link, this once, to hand on by other means."""
    if mail_offered():
        messages.success(request, _("A letter goes to %(who)s.") % {"who": invitation.email})
        return redirect("members", managed.deliberation.slug)
    path = reverse("accept_membership", args=[inviting.invitation_token(invitation)])
    context = {"managed": managed, "invitation": invitation, "link": absolute(path, request)}
    return render(request, "organise/members_link.html", context)


def _page(
    request: HttpRequest, managed: Managed, form: InviteForm, status: int = 200
) -> HttpResponse:
    deliberation, user = managed.deliberation, signed_in(request)
    context = {
        "managed": managed,
        "form": form,
        "roles": described_roles(form),
        "members": reading.members(deliberation),
        "invitations": reading.invitations(deliberation),
        "waiting": reading.waiting_approvals(deliberation, user),
        "who_can_agree": reading.who_can_agree(deliberation),
        "may_switch_off": changing.may_switch_off_two_people(deliberation),
        "mail_offered": mail_offered(),
        "user": user,
    }
    return render(request, "organise/members.html", context, status=status)
