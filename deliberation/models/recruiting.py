"""Recruiting: how to reach people, who was asked, and the lottery. Kept apart from ballots.

Contacts hang on nothing that leads to a vote, are shown only to whoever may ``contacts``
(phases.py) and are deleted on a set day. What a draw did stays, without names.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .checks import SHA256_HEX, one_of
from .deliberations import Deliberation, MemberInvitation
from .panels import Panel, Seat
from .users import User


class Contact(models.Model):
    """How to reach one person: by e-mail, or by the organiser's own list under ``reference``."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="contacts")
    # The seat they were given. Null for people in a pool who were not drawn.
    seat = models.OneToOneField(
        Seat, null=True, blank=True, on_delete=models.SET_NULL, related_name="contact"
    )
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    # The organiser's own number or code for this person.
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    # As it stands on an envelope below the name, line by line.
    postal_address = models.TextField(_("postal address"), max_length=500, blank=True)
    language = models.CharField(max_length=12, default="en")
    created_at = models.DateTimeField(auto_now_add=True)
    # When this person asked for no more letters. The address stays, so that a list that is
    # imported again does not write to them again.
    no_letters_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "email"],
                condition=~models.Q(email=""),
                name="contact_email_once",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="contact_email_lower_case"
            ),
        ]


class ListUpload(models.Model):
    """A list of people between its dry run and its import. It lives a day at most."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="list_uploads")
    # What it is for: "contacts" or "pool". Nothing else may take it up.
    purpose = models.CharField(max_length=10)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    data = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)


class MailKind(models.TextChoices):
    SEAT = "seat", _("Seat link")
    REMINDER = "reminder", _("Reminder")
    DRAWN = "drawn", _("Drawn by lot")
    NOT_DRAWN = "not_drawn", _("Not drawn")
    CONFIRM = "confirm", _("Confirm the sign-up")
    MEMBER = "member", _("Asked to work on the deliberation")
    QUEUE = "queue", _("Statements wait for a moderator")


class LetterText(models.Model):
    """An organiser's own words for one kind of letter, in one language (letter_texts.py)."""

    # The letters whose words are the organiser's to choose.
    KINDS = (MailKind.SEAT, MailKind.REMINDER, MailKind.DRAWN, MailKind.NOT_DRAWN)

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.CASCADE, related_name="letter_texts"
    )
    kind = models.CharField(max_length=10, choices=MailKind)
    language = models.CharField(max_length=12)
    subject = models.CharField(_("subject"), max_length=150)
    text = models.TextField(_("text"), max_length=5_000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deliberation", "kind", "language"], name="letter_text_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["seat", "reminder", "drawn", "not_drawn"]),
                name="letter_text_kind_known",
            ),
        ]


class MailState(models.TextChoices):
    QUEUED = "queued", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Could not be sent")
    BOUNCED = "bounced", _("Came back")


class Outgoing(models.Model):
    """One e-mail to one person: the row is the truth, a worker sends it (services/outbox.py)."""

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.CASCADE, related_name="outgoing"
    )
    kind = models.CharField(max_length=10, choices=MailKind)
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.CASCADE, related_name="outgoing"
    )
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="outgoing")
    member_invitation = models.ForeignKey(
        MemberInvitation, null=True, on_delete=models.CASCADE, related_name="outgoing"
    )
    # The how-manieth of its kind to this person: a second reminder is number 2.
    number = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=MailState, default=MailState.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    # Why it failed or came back, as the mail server said it.
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("kind", MailKind, "outgoing_kind_known"),
            one_of("state", MailState, "outgoing_state_known"),
            models.UniqueConstraint(
                fields=["kind", "contact", "number"], name="outgoing_once_per_contact"
            ),
            models.UniqueConstraint(
                fields=["deliberation", "kind", "user", "number"], name="outgoing_once_per_user"
            ),
            models.UniqueConstraint(
                fields=["kind", "member_invitation", "number"], name="outgoing_once_per_member"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    contact__isnull=False, user__isnull=True, member_invitation__isnull=True
                )
                | models.Q(contact__isnull=True, user__isnull=False, member_invitation__isnull=True)
                | models.Q(
                    contact__isnull=True, user__isnull=True, member_invitation__isnull=False
                ),
                name="outgoing_to_one",
            ),
        ]
        indexes = [models.Index(fields=["state", "updated_at"], name="outgoing_due")]


class Pool(models.Model):
    """The people a lottery draws from."""

    panel = models.OneToOneField(Panel, on_delete=models.CASCADE, related_name="pool")
    seats = models.PositiveIntegerField(_("seats to draw"), default=40)
    # A page on which people put their own name in.
    sign_up = models.BooleanField(_("sign-up page"), default=False)
    sign_up_text = models.TextField(_("text of the sign-up page"), blank=True, max_length=10_000)
    sign_up_ends_at = models.DateTimeField(_("sign-up ends"), null=True, blank=True)
    # Set when the pool is fixed for the draw: nobody comes in, its digest is public.
    frozen_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(frozen_at__isnull=True, digest="")
                | models.Q(frozen_at__isnull=False, digest__regex=SHA256_HEX),
                name="pool_frozen_has_digest",
            ),
            models.CheckConstraint(
                condition=models.Q(seats__range=(1, 10_000)), name="pool_seats_sane"
            ),
        ]


class Stratum(models.Model):
    """A feature that the panel is balanced by, such as age group."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="strata")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "number"], name="stratum_number_unique"),
            models.UniqueConstraint(fields=["panel", "name"], name="stratum_name_unique"),
        ]


class StratumValue(models.Model):
    """One value of a stratum with its quota. ``share`` is that of the reference population."""

    stratum = models.ForeignKey(Stratum, on_delete=models.CASCADE, related_name="values")
    number = models.PositiveSmallIntegerField()
    value = models.CharField(_("value"), max_length=100)
    share = models.FloatField(_("share of the population"), null=True, blank=True)
    minimum = models.PositiveIntegerField(_("at least"), default=0)
    maximum = models.PositiveIntegerField(_("at most"))

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["stratum", "number"], name="stratum_value_number_unique"
            ),
            models.UniqueConstraint(fields=["stratum", "value"], name="stratum_value_unique"),
            models.CheckConstraint(
                condition=models.Q(minimum__lte=models.F("maximum")), name="quota_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(share__isnull=True) | models.Q(share__range=(0, 1)),
                name="stratum_share_is_share",
            ),
        ]


class PoolSource(models.TextChoices):
    FILE = "file", _("From a list")
    SIGN_UP = "sign_up", _("Signed up")


class PoolMember(models.Model):
    """Someone who may be drawn. Without a name: how to reach them is a Contact, kept apart."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    number = models.PositiveIntegerField()
    contact = models.OneToOneField(
        Contact, null=True, on_delete=models.SET_NULL, related_name="pool_member"
    )
    source = models.CharField(max_length=8, choices=PoolSource)
    # Name of the stratum → value.
    values = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    # Who signed up must confirm the address before they can be drawn.
    confirmed_at = models.DateTimeField(null=True)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "number"], name="pool_number_unique"),
            one_of("source", PoolSource, "pool_source_known"),
        ]


class DrawState(models.TextChoices):
    QUEUED = "queued", _("Waiting for a worker")
    RUNNING = "running", _("Being drawn")
    DONE = "done", _("Drawn")
    FAILED = "failed", _("Could not be drawn")


class Draw(models.Model):
    """One lottery: the first, or one for replacements. Done draws are frozen by trigger."""

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="draws")
    number = models.PositiveSmallIntegerField()
    replacement = models.BooleanField(default=False)
    seats = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=20)
    # Public, and chosen after the pool's digest was public.
    seed = models.CharField(_("public seed"), max_length=200)
    pool_digest = models.CharField(max_length=64)
    # The quotas as they were used, by name of stratum and value.
    quotas = models.JSONField()
    state = models.CharField(max_length=8, choices=DrawState, default=DrawState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    # What the public draw report shows: counts, probabilities, panels, the lot. No names.
    report = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "number"], name="draw_number_unique"),
            one_of("state", DrawState, "draw_state_known"),
            models.UniqueConstraint(
                fields=["pool"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_draw_at_a_time",
            ),
        ]


class Answer(models.TextChoices):
    OPEN = "open", _("No answer yet")
    ACCEPTED = "accepted", _("Comes")
    DECLINED = "declined", _("Cannot come")


class DrawnMember(models.Model):
    """Someone on the panel that was drawn, and what they said to it."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="drawn")
    member = models.OneToOneField(PoolMember, on_delete=models.PROTECT, related_name="drawn")
    seat = models.OneToOneField(
        Seat, null=True, on_delete=models.SET_NULL, related_name="drawn_member"
    )
    answer = models.CharField(max_length=8, choices=Answer, default=Answer.OPEN)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [one_of("answer", Answer, "drawn_answer_known")]


class JoinTally(models.Model):
    """How many people joined in one hour from one network, to notice bursts.

    ``network`` is a keyed hash that changes every day. Nothing leads from here to a participant,
    and rows older than a few weeks are deleted.
    """

    deliberation = models.ForeignKey(Deliberation, on_delete=models.CASCADE, related_name="+")
    network = models.BinaryField(max_length=16)
    hour = models.DateTimeField()
    joined = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deliberation", "network", "hour"], name="join_tally_once"
            )
        ]
