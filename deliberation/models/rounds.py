"""One sitting of the panel, with a plan that freezes when it opens."""

from __future__ import annotations

from django.db import models
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


class ModerationMode(models.TextChoices):
    BEFORE = "before", _("Statements are checked before others see them")
    AFTER = "after", _("Statements appear at once and are checked afterwards")


class Routing(models.TextChoices):
    """How the next statement is drawn; the formulas are in deliberation/routing.py."""

    BALANCED = "balanced", _("Balanced: what few have seen, what divides, what is undecided")
    POLIS = "polis", _("As Polis does it")
    UNIFORM = "uniform", _("All statements alike")


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
    # The analysis fixed before opening: aggregation.engine.Plan.to_dict().
    plan = models.JSONField()
    plan_hash = models.CharField(max_length=64)
    # SHA-256 over question, seeds, plan, limits and consent text, taken at opening.
    frozen_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.deliberation_id}/{self.number}"

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN_PHASES
