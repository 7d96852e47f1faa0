"""The people: seats, the pseudonyms behind them, and contact data kept apart."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .checks import one_of
from .deliberations import Deliberation


class Panel(models.Model):
    """The people of one deliberation."""

    deliberation = models.OneToOneField(
        Deliberation, on_delete=models.CASCADE, related_name="panel"
    )
    size_wanted = models.PositiveIntegerField(_("people wanted"), null=True, blank=True)
    open_link = models.BooleanField(
        _("open link"), default=False, help_text=_("Anyone with the address may take a seat.")
    )
    # Taking a seat by the open link costs the device a moment's work (services/proof_of_work.py).
    proof_of_work = models.BooleanField(_("proof of work"), default=False)
    # Seats for people whom a recruitment vendor sends with ?xid=.
    vendor_link = models.BooleanField(_("link for a recruitment vendor"), default=False)
    # Where the vendor wants them back; {xid} and {code} are filled in.
    return_url = models.CharField(_("return address"), max_length=500, blank=True)
    completion_code = models.CharField(_("completion code"), max_length=60, blank=True)
    # On this day a worker deletes every contact (services/contacts.py).
    delete_contacts_on = models.DateField(_("contacts are deleted on"), null=True, blank=True)


class SeatKind(models.TextChoices):
    INVITED = "invited", _("Invited by a seat link")
    OPEN = "open", _("Joined by the open link")
    VENDOR = "vendor", _("Sent by a recruitment vendor")
    IMPORTED = "imported", _("Imported")


class Seat(models.Model):
    """One place on a panel. Its secret link is stored as a SHA-256 hash only."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="seats")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=SeatKind)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    # SHA-256 of panel and xid: one seat for each person a vendor sends. The xid is kept apart.
    xid_hash = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # Raised when the link is issued anew; part of what links in letters are computed from.
    link_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panel", "number"], name="seat_number_unique"),
            models.UniqueConstraint(fields=["panel", "xid_hash"], name="one_seat_per_xid"),
            one_of("kind", SeatKind, "seat_kind_known"),
        ]


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def of_round(self, closed_at: datetime | None) -> ParticipantQuerySet:
        """The people of a round that is open, or that closed at this time.

        Who leaves an open round is not there any more. Who leaves after it closed still counts
        in it: the votes of a closed round never change.
        """
        on_panel = models.Q(withdrawn_at=None)
        return self.filter(
            on_panel | models.Q(withdrawn_at__gte=closed_at) if closed_at else on_panel
        )


class Participant(models.Model):
    """The pseudonym behind a seat. ``number`` is its public name in exports and runs."""

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.PROTECT, related_name="participants"
    )
    seat = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="participant")
    number = models.PositiveIntegerField()
    joined_at = models.DateTimeField()
    consent_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the consent text agreed to."
    )
    consented_at = models.DateTimeField(null=True)
    # Raised when a seat link is issued again, so that the old device is signed out.
    session_version = models.PositiveIntegerField(default=1)
    # SHA-256 of the secret in the participant's own link, for coming back on another device.
    return_hash = models.BinaryField(max_length=32, null=True, unique=True)
    # The opinion group that routing puts them in, refreshed by a worker; null while unknown.
    routing_group = models.PositiveSmallIntegerField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Participant]] = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deliberation", "number"], name="participant_number_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(consented_at__isnull=True, consent_hash="")
                | models.Q(consented_at__isnull=False, consent_hash__regex=r"^[0-9a-f]{64}$"),
                name="participant_consent_has_text",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class ExclusionReason(models.TextChoices):
    TOO_FEW_VOTES = "too_few_votes", _("Fewer votes than the plan asks for")
    LISTED = "listed", _("On the exclusion list of the source")
    STRAIGHT_AND_SPAM = (
        "straight_and_spam",
        _("Answered every statement alike, and wrote advertising or insults"),
    )


class Exclusion(models.Model):
    """Why a participant's votes do not count. The votes themselves stay."""

    participant = models.OneToOneField(
        Participant, on_delete=models.PROTECT, related_name="exclusion"
    )
    reason = models.CharField(max_length=20, choices=ExclusionReason)
    detail = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [one_of("reason", ExclusionReason, "exclusion_reason_known")]


class ImportedGroup(models.Model):
    """An opinion group that came with imported data, kept as data under its source's name."""

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="imported_groups"
    )
    source = models.CharField(max_length=40)
    label = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "source"], name="one_imported_group_per_source"
            )
        ]
