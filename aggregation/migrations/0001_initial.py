import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('deliberation', '0001_initial'),
        ('deliberation', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.JSONField()),
                ('plan_hash', models.CharField(max_length=64)),
                ('seed', models.BigIntegerField()),
                ('status', models.CharField(choices=[('queued', 'Waiting for a worker'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('progress', models.PositiveSmallIntegerField(default=0, help_text='Percent.')),
                ('step', models.CharField(blank=True, max_length=80)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('claimed_by', models.CharField(blank=True, max_length=120)),
                ('lease_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField(help_text='Back-off after a failed attempt.', null=True)),
                ('error', models.TextField(blank=True)),
                ('input_digest', models.CharField(blank=True, max_length=64)),
                ('outcome_digest', models.CharField(blank=True, max_length=64)),
                ('engine_version', models.CharField(blank=True, max_length=20)),
                ('summary', models.JSONField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='deliberation.round')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status__in', ['queued', 'running'])), fields=['lease_until'], name='run_unfinished')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'done', 'failed'])), name='run_status_known'), models.CheckConstraint(condition=models.Q(('plan_hash__regex', '^[0-9a-f]{64}$')), name='run_plan_hashed'), models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='run_progress_percent'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), _negated=True), models.Q(('lease_until__isnull', False), ('started_at__isnull', False)), _connector='OR'), name='run_running_has_lease'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), models.Q(('finished_at__isnull', False), ('input_digest__regex', '^[0-9a-f]{64}$'), ('outcome_digest__regex', '^[0-9a-f]{64}$'), ('summary__isnull', False)), _connector='OR'), name='run_done_is_complete'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('error', ''), _negated=True), _connector='OR'), name='run_failed_says_why')],
            },
        ),
        migrations.CreateModel(
            name='ParticipantFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('x', models.FloatField()),
                ('y', models.FloatField()),
                ('group', models.SmallIntegerField()),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deliberation.participant')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='participants', to='aggregation.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'participant'), name='participant_finding_once')],
            },
        ),
        migrations.CreateModel(
            name='GroupFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.PositiveSmallIntegerField()),
                ('size', models.PositiveIntegerField()),
                ('center_x', models.FloatField(null=True)),
                ('center_y', models.FloatField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='aggregation.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'label'), name='group_finding_once')],
            },
        ),
        migrations.CreateModel(
            name='SelectionFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_index', models.PositiveSmallIntegerField(help_text='Place of the rule in the plan.')),
                ('rule', models.CharField(max_length=40)),
                ('status', models.CharField(choices=[('selected', 'Selected'), ('not_selected', 'Not selected'), ('not_enough_evidence', 'Not enough evidence')], max_length=20)),
                ('rank', models.PositiveIntegerField(null=True)),
                ('score', models.FloatField(null=True)),
                ('reason', models.JSONField(default=dict, help_text='Code and figures behind the status.')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='selections', to='aggregation.run')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='selections', to='deliberation.statement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'rule_index', 'statement'), name='selection_finding_once'), models.CheckConstraint(condition=models.Q(('status__in', ['selected', 'not_selected', 'not_enough_evidence'])), name='selection_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('rank__isnull', False), ('status', 'selected')), models.Q(models.Q(('status', 'selected'), _negated=True), ('rank__isnull', True)), _connector='OR'), name='selection_ranked_if_selected')],
            },
        ),
        migrations.CreateModel(
            name='StatementFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agree', models.PositiveIntegerField()),
                ('disagree', models.PositiveIntegerField()),
                ('passed', models.PositiveIntegerField()),
                ('gac_polis', models.FloatField(null=True)),
                ('gac_raw', models.FloatField(null=True)),
                ('min_group', models.FloatField(null=True)),
                ('extremity', models.FloatField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='statements', to='aggregation.run')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='deliberation.statement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'statement'), name='statement_finding_once')],
            },
        ),
        migrations.CreateModel(
            name='StatementGroupFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.PositiveSmallIntegerField()),
                ('agree', models.PositiveIntegerField()),
                ('disagree', models.PositiveIntegerField()),
                ('passed', models.PositiveIntegerField()),
                ('share', models.FloatField(null=True)),
                ('share_low', models.FloatField(null=True)),
                ('share_high', models.FloatField(null=True)),
                ('representative_rank', models.PositiveSmallIntegerField(null=True)),
                ('representative_for', models.SmallIntegerField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='statement_groups', to='aggregation.run')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deliberation.statement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'statement', 'group'), name='statement_group_finding_once')],
            },
        ),
    ]
