import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliberation", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeal",
                        to="deliberation.statement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text__regex", "\\S")), name="appeal_says_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("text", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "deliberation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_texts",
                        to="deliberation.deliberation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("deliberation", "version"), name="consent_version_unique"
                    ),
                    models.UniqueConstraint(
                        fields=("deliberation", "sha256"), name="consent_text_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")),
                        name="consent_text_hashed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=200)),
                (
                    "options",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), size=None
                    ),
                ),
                (
                    "panel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profile_questions",
                        to="deliberation.panel",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("panel", "number"), name="profile_question_number_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text__regex", "\\S")),
                        name="profile_question_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("options__len__range", (2, 30))),
                        name="profile_question_options",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("option", models.CharField(max_length=100)),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profile_answers",
                        to="deliberation.seat",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="deliberation.profilequestion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seat", "question"), name="one_answer_per_question"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RateLimit",
            fields=[
                ("key", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("language", models.CharField(default="en", max_length=12)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "seat",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscription",
                        to="deliberation.seat",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "moment",
                    models.CharField(
                        choices=[
                            ("vote", "New statements are no longer taken"),
                            ("closed", "Voting has ended"),
                            ("published", "The constitution is published"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Could not be sent"),
                        ],
                        default="sending",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=1)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="deliberation.round",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="deliberation.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subscription", "round", "moment"), name="one_notice_per_moment"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("moment__in", ["vote", "closed", "published"])),
                        name="notice_moment_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["sending", "sent", "failed"])),
                        name="notice_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VendorReference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("xid", models.CharField(max_length=200)),
                (
                    "seat",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vendor_reference",
                        to="deliberation.seat",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="moderationdecision",
            name="decision_reason_known",
        ),
        migrations.RemoveConstraint(
            model_name="seat",
            name="seat_kind_known",
        ),
        migrations.AddField(
            model_name="exposure",
            name="drawn",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="panel",
            name="completion_code",
            field=models.CharField(blank=True, max_length=60, verbose_name="completion code"),
        ),
        migrations.AddField(
            model_name="panel",
            name="proof_of_work",
            field=models.BooleanField(default=False, verbose_name="proof of work"),
        ),
        migrations.AddField(
            model_name="panel",
            name="return_url",
            field=models.CharField(blank=True, max_length=500, verbose_name="return address"),
        ),
        migrations.AddField(
            model_name="panel",
            name="vendor_link",
            field=models.BooleanField(default=False, verbose_name="link for a recruitment vendor"),
        ),
        migrations.AddField(
            model_name="participant",
            name="return_hash",
            field=models.BinaryField(max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="participant",
            name="routing_group",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="round",
            name="ask_importance",
            field=models.BooleanField(default=True, verbose_name="ask what matters to people"),
        ),
        migrations.AddField(
            model_name="round",
            name="min_exposures",
            field=models.PositiveIntegerField(
                default=30, verbose_name="least showings of a statement"
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="min_votes_to_propose",
            field=models.PositiveIntegerField(
                default=0, verbose_name="votes before the first statement of one’s own"
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="routing",
            field=models.CharField(
                choices=[
                    ("balanced", "Balanced: what few have seen, what divides, what is undecided"),
                    ("polis", "As Polis does it"),
                    ("uniform", "All statements alike"),
                ],
                default="balanced",
                max_length=8,
                verbose_name="order of the statements",
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="show_origin",
            field=models.BooleanField(default=False, verbose_name="say who wrote a statement"),
        ),
        migrations.AddField(
            model_name="seat",
            name="xid_hash",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name="statement",
            name="routing_weight",
            field=models.FloatField(default=12.5),
        ),
        migrations.AddField(
            model_name="statement",
            name="group_weights",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.FloatField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="vote",
            name="important",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="voteevent",
            name="important",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="exposure",
            name="round",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exposures",
                to="deliberation.round",
            ),
        ),
        migrations.AlterField(
            model_name="exposure",
            name="statement",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exposures",
                to="deliberation.statement",
            ),
        ),
        migrations.AlterField(
            model_name="moderationdecision",
            name="reason",
            field=models.CharField(
                choices=[
                    ("fits", "Fits the question"),
                    ("off_topic", "Does not answer the question"),
                    ("duplicate", "Already here in other words"),
                    ("unclear", "Hard to understand for others"),
                    ("several_ideas", "Several ideas in one sentence"),
                    ("personal_data", "Names or describes a private person"),
                    ("abusive", "Insults people or calls for harm"),
                    ("source", "Decided where the data came from"),
                    ("taken_back", "Taken back by its author"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="seat",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invited", "Invited by a seat link"),
                    ("open", "Joined by the open link"),
                    ("vendor", "Sent by a recruitment vendor"),
                    ("imported", "Imported"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="round",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="votes",
                to="deliberation.round",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="statement",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="votes",
                to="deliberation.statement",
            ),
        ),
        migrations.AlterField(
            model_name="voteevent",
            name="round",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vote_events",
                to="deliberation.round",
            ),
        ),
        migrations.AlterField(
            model_name="voteevent",
            name="statement",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vote_events",
                to="deliberation.statement",
            ),
        ),
        migrations.AddIndex(
            model_name="exposure",
            index=models.Index(fields=["round", "statement"], name="exposure_by_statement"),
        ),
        migrations.AddIndex(
            model_name="vote",
            index=models.Index(fields=["round", "statement"], name="vote_by_statement"),
        ),
        migrations.AddIndex(
            model_name="voteevent",
            index=models.Index(fields=["round", "statement"], name="vote_event_by_statement"),
        ),
        migrations.AddConstraint(
            model_name="moderationdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "fits",
                            "off_topic",
                            "duplicate",
                            "unclear",
                            "several_ideas",
                            "personal_data",
                            "abusive",
                            "source",
                            "taken_back",
                        ],
                    )
                ),
                name="decision_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(("routing__in", ["balanced", "polis", "uniform"])),
                name="round_routing_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_exposures__gte", 1)), name="round_min_exposures_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(
                fields=("panel", "xid_hash"), name="one_seat_per_xid"
            ),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["invited", "open", "vendor", "imported"])),
                name="seat_kind_known",
            ),
        ),
    ]
