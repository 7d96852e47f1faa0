"""The whole process, and who looks after it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
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
