"""Parts of runs that are cut into ranges, and what is known of open rounds."""

import django.db.models.deletion
from django.db import migrations, models

# Results are compact as they are made; the database need not try to compress them.
AS_THEY_ARE = """
ALTER TABLE aggregation_runpart ALTER COLUMN "result" SET STORAGE EXTERNAL;
ALTER TABLE aggregation_runpart ALTER COLUMN "rows" SET STORAGE EXTERNAL;
ALTER TABLE aggregation_runpart ALTER COLUMN "cells" SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("aggregation", "0002_guards"),
        ("deliberation", "0004_cast_vote"),
    ]

    operations = [
        migrations.CreateModel(
            name="LiveFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("last_event", models.PositiveBigIntegerField()),
                ("participants", models.PositiveIntegerField(help_text="People who have voted.")),
                ("statements", models.PositiveIntegerField()),
                ("votes", models.PositiveBigIntegerField()),
                (
                    "grouped",
                    models.PositiveIntegerField(help_text="People with votes enough for a group."),
                ),
                ("group_sizes", models.JSONField(default=list, help_text="Largest first.")),
                (
                    "least_votes",
                    models.PositiveIntegerField(help_text="Votes on the statement with fewest."),
                ),
                ("median_votes", models.FloatField(help_text="Votes on a statement, median.")),
                (
                    "round",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="live_finding",
                        to="deliberation.round",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
                ("step", models.CharField(max_length=20)),
                ("number", models.PositiveIntegerField(help_text="Place of the part in its step.")),
                ("low", models.PositiveBigIntegerField()),
                ("high", models.PositiveBigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a worker"),
                            ("running", "Running"),
                            ("done", "Done"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_by", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "not_before",
                    models.DateTimeField(help_text="Back-off after a failed attempt.", null=True),
                ),
                ("result", models.BinaryField(null=True)),
                ("rows", models.BinaryField(null=True)),
                ("cells", models.BinaryField(null=True)),
                ("error", models.TextField(blank=True, help_text="Why the last attempt failed.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="aggregation.run",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "done"), _negated=True),
                        fields=["lease_until"],
                        name="run_part_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "place", "number"), name="run_part_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "running", "done"])),
                        name="run_part_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("low__lte", models.F("high"))),
                        name="run_part_range_holds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "running"), _negated=True),
                            ("lease_until__isnull", False),
                            _connector="OR",
                        ),
                        name="run_part_running_has_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("result__isnull", False), ("status", "done")),
                            models.Q(
                                models.Q(("status", "done"), _negated=True),
                                ("result__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="run_part_done_has_result",
                    ),
                ],
            },
        ),
        migrations.RunSQL(AS_THEY_ARE, migrations.RunSQL.noop),
    ]
