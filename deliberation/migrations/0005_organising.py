import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import deliberation.models.rounds


class Migration(migrations.Migration):
    dependencies = [
        ("deliberation", "0004_cast_vote"),
    ]

    operations = [
        # Nothing ever wrote to this table; contacts have another shape from here on.
        migrations.DeleteModel(
            name="Contact",
        ),
        migrations.CreateModel(
            name="Amendment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("changed", "Something that was fixed was changed"),
                            ("dates", "Dates were changed"),
                            ("reopened", "Voting was opened again"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=1000, verbose_name="reason")),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("hash_before", models.CharField(max_length=64)),
                ("hash_after", models.CharField(max_length=64)),
                ("closed_before", models.DateTimeField(null=True)),
                ("actor_role", models.CharField(blank=True, max_length=12)),
                ("created_at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amendments",
                        to="deliberation.round",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("round", "number"), name="amendment_number_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["changed", "dates", "reopened"])),
                        name="amendment_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S")), name="amendment_has_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("open", "Open the round"),
                            ("exclude", "Leave votes out"),
                            ("publish", "Publish the constitution"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("agreed", models.BooleanField(default=False)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals_asked",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deliberation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="deliberation.deliberation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["open", "exclude", "publish"])),
                        name="approval_action_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("deliberation", "action"),
                        name="one_open_approval_per_action",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agreed", False),
                            models.Q(("asked_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="approval_takes_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="claim",
                        to="deliberation.statement",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "reference",
                    models.CharField(blank=True, max_length=100, verbose_name="reference"),
                ),
                ("language", models.CharField(default="en", max_length=12)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("no_letters_at", models.DateTimeField(null=True)),
                (
                    "panel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contacts",
                        to="deliberation.panel",
                    ),
                ),
                (
                    "seat",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="contact",
                        to="deliberation.seat",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("email", ""), _negated=True),
                        fields=("panel", "email"),
                        name="contact_email_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="contact_email_lower_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "panel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="list_uploads",
                        to="deliberation.panel",
                    ),
                ),
                ("purpose", models.CharField(max_length=10)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("data", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="JoinTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("network", models.BinaryField(max_length=16)),
                ("hour", models.DateTimeField()),
                ("joined", models.PositiveIntegerField(default=0)),
                (
                    "deliberation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deliberation.deliberation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("deliberation", "network", "hour"), name="join_tally_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MemberInvitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("organiser", "Organiser"),
                            ("moderator", "Moderator"),
                            ("recruiter", "Recruiter"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=12,
                        verbose_name="role",
                    ),
                ),
                ("language", models.CharField(default="en", max_length=12)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                (
                    "deliberation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="member_invitations",
                        to="deliberation.deliberation",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None)),
                        fields=("deliberation", "email"),
                        name="one_open_member_invitation",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                ["owner", "organiser", "moderator", "recruiter", "auditor"],
                            )
                        ),
                        name="member_invitation_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="member_invitation_lower_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Outgoing",
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
                ("number", models.PositiveIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting to be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Could not be sent"),
                            ("bounced", "Came back"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing",
                        to="deliberation.contact",
                    ),
                ),
                (
                    "deliberation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing",
                        to="deliberation.deliberation",
                    ),
                ),
                (
                    "member_invitation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing",
                        to="deliberation.memberinvitation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "updated_at"], name="outgoing_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "seat",
                                    "reminder",
                                    "drawn",
                                    "not_drawn",
                                    "confirm",
                                    "member",
                                    "queue",
                                ],
                            )
                        ),
                        name="outgoing_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "sending", "sent", "failed", "bounced"])
                        ),
                        name="outgoing_state_known",
                    ),
                    models.UniqueConstraint(
                        fields=("kind", "contact", "number"), name="outgoing_once_per_contact"
                    ),
                    models.UniqueConstraint(
                        fields=("deliberation", "kind", "user", "number"),
                        name="outgoing_once_per_user",
                    ),
                    models.UniqueConstraint(
                        fields=("kind", "member_invitation", "number"),
                        name="outgoing_once_per_member",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("contact__isnull", False),
                                ("member_invitation__isnull", True),
                                ("user__isnull", True),
                            ),
                            models.Q(
                                ("contact__isnull", True),
                                ("member_invitation__isnull", True),
                                ("user__isnull", False),
                            ),
                            models.Q(
                                ("contact__isnull", True),
                                ("member_invitation__isnull", False),
                                ("user__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="outgoing_to_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pool",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seats", models.PositiveIntegerField(default=40, verbose_name="seats to draw")),
                ("sign_up", models.BooleanField(default=False, verbose_name="sign-up page")),
                (
                    "sign_up_text",
                    models.TextField(
                        blank=True, max_length=10000, verbose_name="text of the sign-up page"
                    ),
                ),
                (
                    "sign_up_ends_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="sign-up ends"),
                ),
                ("frozen_at", models.DateTimeField(null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                (
                    "panel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pool",
                        to="deliberation.panel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("digest", ""), ("frozen_at__isnull", True)),
                            models.Q(
                                ("digest__regex", "^[0-9a-f]{64}$"), ("frozen_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="pool_frozen_has_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seats__range", (1, 10000))), name="pool_seats_sane"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Draw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("replacement", models.BooleanField(default=False)),
                ("seats", models.PositiveIntegerField()),
                ("algorithm", models.CharField(max_length=20)),
                ("seed", models.CharField(max_length=200, verbose_name="public seed")),
                ("pool_digest", models.CharField(max_length=64)),
                ("quotas", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("running", "Being drawn"),
                            ("done", "Drawn"),
                            ("failed", "Could not be drawn"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("step", models.CharField(blank=True, max_length=40)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("report", models.JSONField(default=dict)),
                ("message", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="deliberation.pool",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("pool", "number"), name="draw_number_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "done", "failed"])),
                        name="draw_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=("pool",),
                        name="one_draw_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PoolMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "source",
                    models.CharField(
                        choices=[("file", "From a list"), ("sign_up", "Signed up")], max_length=8
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("token_hash", models.BinaryField(max_length=32, null=True, unique=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "contact",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="pool_member",
                        to="deliberation.contact",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="deliberation.pool",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("pool", "number"), name="pool_number_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["file", "sign_up"])),
                        name="pool_source_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DrawnMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("open", "No answer yet"),
                            ("accepted", "Comes"),
                            ("declined", "Cannot come"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "draw",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drawn",
                        to="deliberation.draw",
                    ),
                ),
                (
                    "seat",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="drawn_member",
                        to="deliberation.seat",
                    ),
                ),
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drawn",
                        to="deliberation.poolmember",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answer__in", ["open", "accepted", "declined"])),
                        name="drawn_answer_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Stratum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "panel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="strata",
                        to="deliberation.panel",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("panel", "number"), name="stratum_number_unique"
                    ),
                    models.UniqueConstraint(fields=("panel", "name"), name="stratum_name_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StratumValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("value", models.CharField(max_length=100, verbose_name="value")),
                (
                    "share",
                    models.FloatField(
                        blank=True, null=True, verbose_name="share of the population"
                    ),
                ),
                ("minimum", models.PositiveIntegerField(default=0, verbose_name="at least")),
                ("maximum", models.PositiveIntegerField(verbose_name="at most")),
                (
                    "stratum",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="deliberation.stratum",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stratum", "number"), name="stratum_value_number_unique"
                    ),
                    models.UniqueConstraint(
                        fields=("stratum", "value"), name="stratum_value_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minimum__lte", models.F("maximum"))),
                        name="quota_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("share__isnull", True), ("share__range", (0, 1)), _connector="OR"
                        ),
                        name="stratum_share_is_share",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="exclusion",
            name="exclusion_reason_known",
        ),
        migrations.RemoveConstraint(
            model_name="moderationdecision",
            name="decision_known",
        ),
        migrations.RemoveConstraint(
            model_name="moderationdecision",
            name="decision_reason_known",
        ),
        migrations.AddField(
            model_name="deliberation",
            name="two_people",
            field=models.BooleanField(
                default=False, verbose_name="two people for what cannot be undone"
            ),
        ),
        migrations.AddField(
            model_name="panel",
            name="delete_contacts_on",
            field=models.DateField(blank=True, null=True, verbose_name="contacts are deleted on"),
        ),
        migrations.AddField(
            model_name="round",
            name="closes_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="closes"),
        ),
        migrations.AddField(
            model_name="round",
            name="exclusion_rule",
            field=models.CharField(
                choices=[
                    ("none", "Nobody’s votes are left out"),
                    (
                        "straight_and_spam",
                        "People who answered everything alike and wrote advertising or insults",
                    ),
                ],
                default="none",
                max_length=20,
                verbose_name="whose votes may be left out",
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="moderation_hours",
            field=models.PositiveSmallIntegerField(
                default=24, verbose_name="hours until a statement is looked at"
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="moderation_policy",
            field=models.TextField(blank=True, max_length=10000, verbose_name="moderation policy"),
        ),
        migrations.AddField(
            model_name="round",
            name="opens_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="opens"),
        ),
        migrations.AddField(
            model_name="round",
            name="pause_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="why it is paused"),
        ),
        migrations.AddField(
            model_name="round",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="round",
            name="proposals_end_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="proposing ends"),
        ),
        migrations.AddField(
            model_name="round",
            name="reason_codes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16),
                blank=True,
                default=deliberation.models.rounds.default_reason_codes,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="seed_source",
            field=models.CharField(
                blank=True, max_length=500, verbose_name="where the seeds come from"
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="show_results",
            field=models.BooleanField(default=False, verbose_name="results while voting is open"),
        ),
        migrations.AddField(
            model_name="round",
            name="straight_votes",
            field=models.PositiveIntegerField(default=10, verbose_name="votes all alike, at least"),
        ),
        migrations.AddField(
            model_name="seat",
            name="link_version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name="exclusion",
            name="reason",
            field=models.CharField(
                choices=[
                    ("too_few_votes", "Fewer votes than the plan asks for"),
                    ("listed", "On the exclusion list of the source"),
                    (
                        "straight_and_spam",
                        "Answered every statement alike, and wrote advertising or insults",
                    ),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="moderationdecision",
            name="decision",
            field=models.CharField(
                choices=[
                    ("accept", "Accepted"),
                    ("reject", "Rejected"),
                    ("undo", "Decision taken back"),
                ],
                max_length=8,
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
                    ("spam", "Advertising, or the same thing over and over"),
                    ("language", "Not in the language of the deliberation"),
                    ("replaced", "Goes on in other words"),
                    ("mistake", "Decided by mistake"),
                    ("source", "Decided where the data came from"),
                    ("taken_back", "Taken back by its author"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason__in", ["too_few_votes", "listed", "straight_and_spam"])
                ),
                name="exclusion_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="moderationdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["accept", "reject", "undo"])),
                name="decision_known",
            ),
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
                            "spam",
                            "language",
                            "replaced",
                            "mistake",
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
                condition=models.Q(("exclusion_rule__in", ["none", "straight_and_spam"])),
                name="round_exclusion_rule_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opens_at__isnull", True),
                    ("proposals_end_at__isnull", True),
                    ("opens_at__lt", models.F("proposals_end_at")),
                    _connector="OR",
                ),
                name="round_opens_before_proposals_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("proposals_end_at__isnull", True),
                    ("closes_at__isnull", True),
                    ("proposals_end_at__lt", models.F("closes_at")),
                    _connector="OR",
                ),
                name="round_proposals_end_before_closing",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opens_at__isnull", True),
                    ("closes_at__isnull", True),
                    ("opens_at__lt", models.F("closes_at")),
                    _connector="OR",
                ),
                name="round_opens_before_closing",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("pause_reason", ""), ("paused_at__isnull", True)),
                    models.Q(
                        ("pause_reason__regex", "\\S"),
                        ("paused_at__isnull", False),
                        ("phase__in", ("propose", "vote")),
                    ),
                    _connector="OR",
                ),
                name="round_paused_says_why",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_moment_known",
        ),
        migrations.AddField(
            model_name="deliberation",
            name="time_zone",
            field=models.CharField(default="UTC", max_length=60, verbose_name="time zone"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="moment",
            field=models.CharField(
                choices=[
                    ("opened", "Voting has begun"),
                    ("vote", "New statements are no longer taken"),
                    ("closed", "Voting has ended"),
                    ("reopened", "Voting was opened again"),
                    ("published", "The constitution is published"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("moment__in", ["opened", "vote", "closed", "reopened", "published"])
                ),
                name="notice_moment_known",
            ),
        ),
        migrations.CreateModel(
            name="RoundWatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("last_event", models.PositiveBigIntegerField(null=True)),
                ("last_exposure", models.PositiveBigIntegerField(null=True)),
                ("figures", models.JSONField(default=dict)),
                (
                    "round",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watch",
                        to="deliberation.round",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HourTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("votes", models.PositiveIntegerField(default=0)),
                ("changes", models.PositiveIntegerField(default=0)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deliberation.round",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("round", "hour"), name="hour_tally_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="VoterTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agree", models.IntegerField(default=0)),
                ("disagree", models.IntegerField(default=0)),
                ("passes", models.IntegerField(default=0)),
                ("timed", models.IntegerField(default=0)),
                ("quick", models.IntegerField(default=0)),
                ("last_at", models.DateTimeField()),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deliberation.participant",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deliberation.round",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("round", "participant"), name="voter_tally_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("shown", models.IntegerField(default=0)),
                ("votes", models.IntegerField(default=0)),
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tally",
                        to="deliberation.statement",
                    ),
                ),
            ],
        ),
    ]
