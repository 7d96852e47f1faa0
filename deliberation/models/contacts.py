"""What is known of a person beside their ballot. All of it hangs on the seat and is deletable."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .checks import one_of
from .panels import Panel, Seat
from .rounds import Round


class VendorReference(models.Model):
    """The name by which a recruitment vendor knows the person on a seat."""

    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, related_name="vendor_reference")
    xid = models.CharField(max_length=200)


class ProfileQuestion(models.Model):
    """A question about oneself that the organiser asks. Nobody has to answer it."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="profile_questions")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    options = ArrayField(models.CharField(max_length=100))

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "number"], name="profile_question_number_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(text__regex=r"\S"), name="profile_question_not_blank"
            ),
            models.CheckConstraint(
                condition=models.Q(options__len__range=(2, 30)), name="profile_question_options"
            ),
        ]


class ProfileAnswer(models.Model):
    """What someone chose. Kept with the seat; no page joins it to a ballot."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="profile_answers")
    question = models.ForeignKey(ProfileQuestion, on_delete=models.CASCADE, related_name="answers")
    option = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat", "question"], name="one_answer_per_question")
        ]


class Subscription(models.Model):
    """Where to write to when the next step comes, in which language."""

    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, related_name="subscription")
    email = models.EmailField(_("e-mail address"), max_length=254)
    language = models.CharField(max_length=12, default="en")
    # SHA-256 of the secret in the link that ends it.
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When somebody asked for the link by which the address is confirmed, the last time.
    asked_at = models.DateTimeField(default=timezone.now)
    # SHA-256 of the secret in that link. None for addresses from before there was one.
    confirm_hash = models.BinaryField(max_length=32, unique=True, null=True)
    # When the owner of the address opened the link sent to it. Before, no news goes there.
    confirmed_at = models.DateTimeField(null=True)


class Moment(models.TextChoices):
    """What people are told about, each once; but first whether the address is theirs."""

    CONFIRM = "confirm", _("Is this your address?")
    OPENED = "opened", _("Voting has begun")
    VOTE = "vote", _("New statements are no longer taken")
    CLOSED = "closed", _("Voting has ended")
    REOPENED = "reopened", _("Voting was opened again")
    PUBLISHED = "published", _("The constitution is published")


class NoticeState(models.TextChoices):
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Could not be sent")


class Notice(models.Model):
    """One message about one moment of a round. The row is claimed before the message goes out."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="notices")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="notices")
    moment = models.CharField(max_length=10, choices=Moment)
    state = models.CharField(max_length=8, choices=NoticeState, default=NoticeState.SENDING)
    tries = models.PositiveSmallIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "round", "moment"], name="one_notice_per_moment"
            ),
            one_of("moment", Moment, "notice_moment_known"),
            one_of("state", NoticeState, "notice_state_known"),
        ]
