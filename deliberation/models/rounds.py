"""One sitting of the panel, with a plan that freezes when it opens."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .checks import SHA256_HEX, one_of
from .deliberations import Deliberation


class RoundKind(models.TextChoices):
    OPINION = "opinion", _("Propose and vote")
    RATIFICATION = "ratification", _("Vote on drafted principles")


class Phase(models.TextChoices):
    DRAFT = "draft", _("In preparation")
    PROPOSE = "propose", _("Proposing and voting")
    VOTE = "vote", _("Voting only")
    CLOSED = "closed", _("Closed")


OPEN_PHASES = (Phase.PROPOSE, Phase.VOTE)
# Not a phase of its own: an open round that rests. Phases.py has a row for it all the same.
PAUSED: Final = "paused"


class ModerationMode(models.TextChoices):
    BEFORE = "before", _("Statements are checked before others see them")
    AFTER = "after", _("Statements appear at once and are checked afterwards")


class Routing(models.TextChoices):
    """How the next statement is drawn; the formulas are in deliberation/routing.py."""

    BALANCED = "balanced", _("Balanced: what few have seen, what divides, what is undecided")
    POLIS = "polis", _("As Polis does it")
    UNIFORM = "uniform", _("All statements alike")


class ExclusionRule(models.TextChoices):
    """Whose votes may be left out. Fixed before opening; applied to all whom it meets, or none.

    Answering everything alike is nobody's fault, so no rule goes by that alone.
    """

    NONE = "none", _("Nobody’s votes are left out")
    STRAIGHT_AND_SPAM = (
        "straight_and_spam",
        _("People who answered everything alike and wrote advertising or insults"),
    )


def default_reason_codes() -> list[str]:
    """Every reason that a person can give."""
    return [
        "off_topic",
        "duplicate",
        "unclear",
        "several_ideas",
        "personal_data",
        "abusive",
        "spam",
        "language",
    ]


class Round(models.Model):
    """A question, a plan and a consent text, frozen and hashed at opening."""

    deliberation = models.ForeignKey(Deliberation, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=12, choices=RoundKind, default=RoundKind.OPINION)
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.DRAFT)
    question = models.CharField(_("question"), max_length=300)
    consent_text = models.TextField(_("consent text"), max_length=20_000)
    statement_max_length = models.PositiveIntegerField(_("longest statement"), default=200)
    target_votes = models.PositiveIntegerField(_("votes asked of each person"), default=30)
    min_votes_to_propose = models.PositiveIntegerField(
        _("votes before the first statement of one’s own"), default=0
    )
    routing = models.CharField(
        _("order of the statements"), max_length=8, choices=Routing, default=Routing.BALANCED
    )
    # Every accepted statement should be shown at least this often before the round ends.
    min_exposures = models.PositiveIntegerField(_("least showings of a statement"), default=30)
    # On the card: whether a statement is a seed or by a panel member.
    show_origin = models.BooleanField(_("say who wrote a statement"), default=False)
    ask_importance = models.BooleanField(_("ask what matters to people"), default=True)
    moderation = models.CharField(
        _("moderation"), max_length=8, choices=ModerationMode, default=ModerationMode.BEFORE
    )
    # Hours within which a moderator decides on a new statement; older ones bring a reminder.
    moderation_hours = models.PositiveSmallIntegerField(
        _("hours until a statement is looked at"), default=24
    )
    # Why a statement may be turned down here: values of ReasonCode.
    reason_codes = ArrayField(
        models.CharField(max_length=16), default=default_reason_codes, blank=True
    )
    moderation_policy = models.TextField(_("moderation policy"), blank=True, max_length=10_000)
    # Results are shown to everybody while voting is open. To nobody before closing otherwise.
    show_results = models.BooleanField(_("results while voting is open"), default=False)
    seed_source = models.CharField(_("where the seeds come from"), max_length=500, blank=True)
    exclusion_rule = models.CharField(
        _("whose votes may be left out"),
        max_length=20,
        choices=ExclusionRule,
        default=ExclusionRule.NONE,
    )
    # From how many votes on answering alike counts at all.
    straight_votes = models.PositiveIntegerField(_("votes all alike, at least"), default=10)
    # The analysis fixed before opening: aggregation.engine.Plan.to_dict().
    plan = models.JSONField()
    plan_hash = models.CharField(max_length=64)
    # SHA-256 over question, seeds, plan, limits and consent text, taken at opening.
    frozen_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # When phases move by themselves (services/schedule.py). Null: by hand.
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    proposals_end_at = models.DateTimeField(_("proposing ends"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(_("why it is paused"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deliberation", "number"], name="round_number_unique"),
            models.UniqueConstraint(
                fields=["deliberation"],
                condition=models.Q(phase__in=OPEN_PHASES),
                name="one_open_round",
                violation_error_message=_("Another round of this deliberation is open."),
            ),
            one_of("kind", RoundKind, "round_kind_known"),
            one_of("phase", Phase, "round_phase_known"),
            one_of("moderation", ModerationMode, "round_moderation_known"),
            one_of("routing", Routing, "round_routing_known"),
            models.CheckConstraint(
                condition=models.Q(min_exposures__gte=1), name="round_min_exposures_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(phase=Phase.CLOSED, closed_at__isnull=False)
                | (~models.Q(phase=Phase.CLOSED) & models.Q(closed_at__isnull=True)),
                name="round_closed_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(phase=Phase.DRAFT, opened_at__isnull=True, frozen_hash="")
                | (
                    ~models.Q(phase=Phase.DRAFT)
                    & models.Q(opened_at__isnull=False, frozen_hash__regex=SHA256_HEX)
                ),
                name="round_opened_is_frozen",
            ),
            models.CheckConstraint(
                condition=models.Q(plan_hash__regex=SHA256_HEX), name="round_plan_hashed"
            ),
            models.CheckConstraint(
                condition=models.Q(statement_max_length__range=(20, 10_000)),
                name="round_statement_length_sane",
            ),
            models.CheckConstraint(
                condition=models.Q(question__regex=r"\S"), name="round_question_not_blank"
            ),
            one_of("exclusion_rule", ExclusionRule, "round_exclusion_rule_known"),
            # NULL compares to nothing, so a date that is not set stands in nobody's way.
            models.CheckConstraint(
                condition=models.Q(opens_at__isnull=True)
                | models.Q(proposals_end_at__isnull=True)
                | models.Q(opens_at__lt=models.F("proposals_end_at")),
                name="round_opens_before_proposals_end",
            ),
            models.CheckConstraint(
                condition=models.Q(proposals_end_at__isnull=True)
                | models.Q(closes_at__isnull=True)
                | models.Q(proposals_end_at__lt=models.F("closes_at")),
                name="round_proposals_end_before_closing",
            ),
            models.CheckConstraint(
                condition=models.Q(opens_at__isnull=True)
                | models.Q(closes_at__isnull=True)
                | models.Q(opens_at__lt=models.F("closes_at")),
                name="round_opens_before_closing",
            ),
            models.CheckConstraint(
                condition=models.Q(paused_at__isnull=True, pause_reason="")
                | models.Q(
                    paused_at__isnull=False, pause_reason__regex=r"\S", phase__in=OPEN_PHASES
                ),
                name="round_paused_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deliberation_id}/{self.number}"

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN_PHASES

    @property
    def stage(self) -> str:
        """The row of the table in phases.py that holds now: the phase, or "paused"."""
        return PAUSED if self.paused_at else self.phase

    @property
    def stage_words(self) -> str:
        """The same for people."""
        return str(_("Paused") if self.paused_at else self.get_phase_display())

    @property
    def votes_end_at(self) -> datetime | None:
        """When the last vote is taken, if that is known and still to come."""
        ahead = self.closes_at is not None and self.closes_at > timezone.now()
        return self.closes_at if ahead and self.is_open else None


class AmendmentKind(models.TextChoices):
    CHANGED = "changed", _("Something that was fixed was changed")
    DATES = "dates", _("Dates were changed")
    REOPENED = "reopened", _("Voting was opened again")


class Amendment(models.Model):
    """A change of what was fixed at opening: public, with its reason. Append-only, by trigger.

    The database lets frozen columns change only from ``hash_before`` to ``hash_after`` of an
    amendment, and a closed round open only with one that names when it had closed.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=AmendmentKind)
    reason = models.CharField(_("reason"), max_length=1000)
    # Names of columns → what stood there before and stands there now.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    hash_before = models.CharField(max_length=64)
    hash_after = models.CharField(max_length=64)
    # For "reopened": when the round had closed.
    closed_before = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    actor_role = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="amendment_number_unique"),
            one_of("kind", AmendmentKind, "amendment_kind_known"),
            models.CheckConstraint(
                condition=models.Q(reason__regex=r"\S"), name="amendment_has_reason"
            ),
        ]
