"""Organisers' own words in letters, addresses on envelopes, and confirmed addresses for news.

Also when a rewrite was taken back.
"""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliberation", "0006_organising_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="postal_address",
            field=models.TextField(blank=True, max_length=500, verbose_name="postal address"),
        ),
        migrations.AddField(
            model_name="subscription",
            name="confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="subscription",
            name="asked_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="subscription",
            name="confirm_hash",
            field=models.BinaryField(max_length=32, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="notice",
            name="moment",
            field=models.CharField(
                choices=[
                    ("confirm", "Is this your address?"),
                    ("opened", "Voting has begun"),
                    ("vote", "New statements are no longer taken"),
                    ("closed", "Voting has ended"),
                    ("reopened", "Voting was opened again"),
                    ("published", "The constitution is published"),
                ],
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint(model_name="notice", name="notice_moment_known"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("moment__in", ["confirm", "opened", "vote", "closed", "reopened", "published"])
                ),
                name="notice_moment_known",
            ),
        ),
        # Whoever got letters before goes on getting them.
        migrations.RunSQL(
            "UPDATE deliberation_subscription SET confirmed_at = created_at, asked_at = created_at",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="statementlineage",
            name="undone_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="LetterText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("seat", "Seat link"),
                            ("reminder", "Reminder"),
                            ("drawn", "Drawn by lot"),
                            ("not_drawn", "Not drawn"),
                            ("confirm", "Confirm the sign-up"),
                            ("member", "Asked to work on the deliberation"),
                            ("queue", "Statements wait for a moderator"),
                        ],
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(max_length=12)),
                ("subject", models.CharField(max_length=150, verbose_name="subject")),
                ("text", models.TextField(max_length=5000, verbose_name="text")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "deliberation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letter_texts",
                        to="deliberation.deliberation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("deliberation", "kind", "language"), name="letter_text_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["seat", "reminder", "drawn", "not_drawn"])
                        ),
                        name="letter_text_kind_known",
                    ),
                ],
            },
        ),
    ]
