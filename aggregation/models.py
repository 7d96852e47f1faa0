"""Runs and their findings. Rows of a finished run never change, held by trigger."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from deliberation.models import Participant, Round, Statement
from deliberation.models.checks import SHA256_HEX, one_of


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting for a worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Run(models.Model):
    """One execution of a plan over a frozen set of votes.

    The row is the truth. A worker claims it by compare-and-set, holds it by a lease and
    renews the lease while it works; a run whose lease ran out may be claimed again.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="runs")
    plan = models.JSONField()
    plan_hash = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    status = models.CharField(max_length=8, choices=RunStatus, default=RunStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    step = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True, help_text="Back-off after a failed attempt.")
    error = models.TextField(blank=True)
    # Set when done.
    input_digest = models.CharField(max_length=64, blank=True)
    outcome_digest = models.CharField(max_length=64, blank=True)
    engine_version = models.CharField(max_length=20, blank=True)
    # Outcome.to_dict() without what the finding tables hold row by row; of a failed run, why
    # (failures.py).
    summary = models.JSONField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("status", RunStatus, "run_status_known"),
            models.CheckConstraint(
                condition=models.Q(plan_hash__regex=SHA256_HEX), name="run_plan_hashed"
            ),
            models.CheckConstraint(
                condition=models.Q(progress__lte=100), name="run_progress_percent"
            ),
            models.CheckConstraint(
                condition=~models.Q(status=RunStatus.RUNNING)
                | models.Q(lease_until__isnull=False, started_at__isnull=False),
                name="run_running_has_lease",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=RunStatus.DONE)
                | models.Q(
                    finished_at__isnull=False,
                    summary__isnull=False,
                    input_digest__regex=SHA256_HEX,
                    outcome_digest__regex=SHA256_HEX,
                ),
                name="run_done_is_complete",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=RunStatus.FAILED) | ~models.Q(error=""),
                name="run_failed_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=models.Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]),
                name="run_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"


class PartStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for a worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")


class RunPart(models.Model):
    """One piece of work of a run that is cut into ranges (see ``ranges.py``).

    Claimed, held by a lease and tried again like a run, but for itself. The rows exist only while
    the run is at work: its end, good or bad, deletes them.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="parts")
    # Place of the step in the run, from 0; a step begins when the one before it is done.
    place = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=20)
    number = models.PositiveIntegerField(help_text="Place of the part in its step.")
    # What it is about: rows of the matrix, or resamples. ``high`` is not included.
    low = models.PositiveBigIntegerField()
    high = models.PositiveBigIntegerField()
    status = models.CharField(max_length=8, choices=PartStatus, default=PartStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True, help_text="Back-off after a failed attempt.")
    # What the step leaves to be put together; what later steps need to know of its people; and
    # their votes as they were first read, so that all steps see the same ones.
    result = models.BinaryField(null=True)
    rows = models.BinaryField(null=True)
    cells = models.BinaryField(null=True)
    error = models.TextField(blank=True, help_text="Why the last attempt failed.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "place", "number"], name="run_part_once"),
            one_of("status", PartStatus, "run_part_status_known"),
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("high")), name="run_part_range_holds"
            ),
            models.CheckConstraint(
                condition=~models.Q(status=PartStatus.RUNNING)
                | models.Q(lease_until__isnull=False),
                name="run_part_running_has_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(status=PartStatus.DONE, result__isnull=False)
                | (~models.Q(status=PartStatus.DONE) & models.Q(result__isnull=True)),
                name="run_part_done_has_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=~models.Q(status=PartStatus.DONE),
                name="run_part_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.step}/{self.number}"


class LiveFinding(models.Model):
    """What a worker last saw of an open round: how far it has come.

    One row for each round, written over. What the votes say stays unknown to everybody until the
    round is closed, so it is not kept here, unless the plan shows it to everybody.
    """

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="live_finding")
    # Everything cast before ``as_of`` is in it; ``last_event`` is the newest vote event that is.
    as_of = models.DateTimeField()
    last_event = models.PositiveBigIntegerField()
    participants = models.PositiveIntegerField(help_text="People who have voted.")
    statements = models.PositiveIntegerField()
    votes = models.PositiveBigIntegerField()
    grouped = models.PositiveIntegerField(help_text="People with votes enough for a group.")
    group_sizes = models.JSONField(default=list, help_text="Largest first.")
    least_votes = models.PositiveIntegerField(help_text="Votes on the statement with fewest.")
    median_votes = models.FloatField(help_text="Votes on a statement, median.")
    # For each group: votes of its people on a statement, least and median, and how many
    # statements have fewer than it takes to say anything (live_results.py).
    group_coverage = models.JSONField(default=list)
    # What the votes say so far; null unless the plan shows results while voting is open.
    results = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"live {self.round_id}"


class GroupFinding(models.Model):
    """An opinion group. Labels start at 0; group 0 is the largest."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="groups")
    label = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    center_x = models.FloatField(null=True)
    center_y = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "label"], name="group_finding_once")]


class ParticipantFinding(models.Model):
    """Where a participant stands on the map, and in which group; -1 is none."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="participants")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    x = models.FloatField()
    y = models.FloatField()
    group = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "participant"], name="participant_finding_once")
        ]


class StatementFinding(models.Model):
    """What the run says of a statement. A measure is null where evidence is missing."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="statements")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="findings")
    agree = models.PositiveIntegerField()
    disagree = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    gac_polis = models.FloatField(null=True)
    gac_raw = models.FloatField(null=True)
    min_group = models.FloatField(null=True)
    extremity = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "statement"], name="statement_finding_once")
        ]


class StatementGroupFinding(models.Model):
    """Votes of one group on one statement, with an interval for its agree share."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="statement_groups")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="+")
    group = models.PositiveSmallIntegerField()
    agree = models.PositiveIntegerField()
    disagree = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    share = models.FloatField(null=True)
    share_low = models.FloatField(null=True)
    share_high = models.FloatField(null=True)
    # Best first among what this group stands for, from 1; null where it does not.
    representative_rank = models.PositiveSmallIntegerField(null=True)
    representative_for = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "statement", "group"], name="statement_group_finding_once"
            )
        ]


class SelectionStatus(models.TextChoices):
    SELECTED = "selected", _("Selected")
    NOT_SELECTED = "not_selected", _("Not selected")
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence", _("Not enough evidence")


class SelectionFinding(models.Model):
    """What one rule of the plan says of one statement, and why."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="selections")
    rule_index = models.PositiveSmallIntegerField(help_text="Place of the rule in the plan.")
    rule = models.CharField(max_length=40)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="selections")
    status = models.CharField(max_length=20, choices=SelectionStatus)
    rank = models.PositiveIntegerField(null=True)
    score = models.FloatField(null=True)
    reason = models.JSONField(default=dict, help_text="Code and figures behind the status.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "rule_index", "statement"], name="selection_finding_once"
            ),
            one_of("status", SelectionStatus, "selection_status_known"),
            models.CheckConstraint(
                condition=models.Q(status=SelectionStatus.SELECTED, rank__isnull=False)
                | (~models.Q(status=SelectionStatus.SELECTED) & models.Q(rank__isnull=True)),
                name="selection_ranked_if_selected",
            ),
        ]


class GroupName(models.Model):
    """What the organisers call an opinion group of a run. Said by people, found by no program."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="group_names")
    label = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=60)
    text = models.CharField(_("one line about it"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "label"], name="group_named_once"),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"\S"), name="group_name_not_blank"
            ),
        ]
