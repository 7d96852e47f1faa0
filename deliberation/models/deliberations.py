"""The whole process, and who looks after it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .checks import one_of


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Listed on the home page")
    UNLISTED = "unlisted", _("Only for people who have the link")


class Deliberation(models.Model):
    """A question, its organisers, its panel, its rounds and its constitution."""

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), blank=True, max_length=20_000)
    language = models.CharField(_("language"), max_length=12, default="en")
    visibility = models.CharField(
        _("visibility"), max_length=12, choices=Visibility, default=Visibility.PUBLIC
    )
    # Said on every page: votes came from a program, not from people.
    simulated = models.BooleanField(default=False)
    source = models.TextField(blank=True, help_text=_("Where imported data came from."))
    # In which announced dates are set and shown; records are in UTC.
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    # Opening after a lottery, leaving people out and publishing need two people.
    two_people = models.BooleanField(_("two people for what cannot be undone"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When its constitution was published; set by the app that publishes.
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("visibility", Visibility, "deliberation_visibility_known"),
            models.CheckConstraint(
                condition=models.Q(title__regex=r"\S"), name="deliberation_title_not_blank"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("deliberation", args=[self.slug])


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ORGANISER = "organiser", _("Organiser")
    MODERATOR = "moderator", _("Moderator")
    RECRUITER = "recruiter", _("Recruiter")
    AUDITOR = "auditor", _("Auditor")


class Membership(models.Model):
    """The role of one user in one deliberation."""

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deliberation", "user"], name="one_role_per_user"),
            one_of("role", Role, "membership_role_known"),
        ]


class MemberInvitation(models.Model):
    """Someone is asked by e-mail to work on a deliberation. Only the hash of the link is kept."""

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.CASCADE, related_name="member_invitations"
    )
    email = models.EmailField(_("e-mail address"), max_length=254)
    role = models.CharField(_("role"), max_length=12, choices=Role)
    language = models.CharField(max_length=12, default="en")
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deliberation", "email"],
                condition=models.Q(accepted_at=None),
                name="one_open_member_invitation",
            ),
            one_of("role", Role, "member_invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="member_invitation_lower_case"
            ),
        ]


class TwoPeopleAction(models.TextChoices):
    OPEN = "open", _("Open the round")
    EXCLUDE = "exclude", _("Leave votes out")
    PUBLISH = "publish", _("Publish the constitution")


class Approval(models.Model):
    """One person asked for something that needs two; who does the same agrees.

    ``digest`` names exactly what was asked for, so that nobody agrees to something else.
    """

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.CASCADE, related_name="approvals"
    )
    action = models.CharField(max_length=10, choices=TwoPeopleAction)
    digest = models.CharField(max_length=64)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals_asked"
    )
    asked_at = models.DateTimeField()
    # Null while it waits; refusing and taking back close it without ``agreed``.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            one_of("action", TwoPeopleAction, "approval_action_known"),
            models.UniqueConstraint(
                fields=["deliberation", "action"],
                condition=models.Q(decided_at=None),
                name="one_open_approval_per_action",
            ),
            models.CheckConstraint(
                condition=models.Q(agreed=False) | ~models.Q(asked_by=models.F("decided_by")),
                name="approval_takes_two",
            ),
        ]
