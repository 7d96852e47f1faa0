import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(error_messages={'unique': 'Someone already signs in with this address.'}, max_length=254, unique=True, verbose_name='e-mail address')),
                ('is_active', models.BooleanField(default=True)),
                ('may_create', models.BooleanField(default=True, help_text='May start new deliberations on this site.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower_case')],
            },
        ),
        migrations.CreateModel(
            name='Deliberation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True, verbose_name='address')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('description', models.TextField(blank=True, max_length=20000, verbose_name='description')),
                ('language', models.CharField(default='en', max_length=12, verbose_name='language')),
                ('visibility', models.CharField(choices=[('public', 'Listed on the home page'), ('unlisted', 'Only for people who have the link')], default='public', max_length=12, verbose_name='visibility')),
                ('simulated', models.BooleanField(default=False)),
                ('source', models.TextField(blank=True, help_text='Where imported data came from.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('visibility__in', ['public', 'unlisted'])), name='deliberation_visibility_known'), models.CheckConstraint(condition=models.Q(('title__regex', '\\S')), name='deliberation_title_not_blank')],
            },
        ),
        migrations.CreateModel(
            name='Panel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size_wanted', models.PositiveIntegerField(blank=True, null=True, verbose_name='people wanted')),
                ('open_link', models.BooleanField(default=False, help_text='Anyone with the address may take a seat.', verbose_name='open link')),
                ('deliberation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='panel', to='deliberation.deliberation')),
            ],
        ),
        migrations.CreateModel(
            name='Round',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('kind', models.CharField(choices=[('opinion', 'Propose and vote'), ('ratification', 'Vote on drafted principles')], default='opinion', max_length=12)),
                ('phase', models.CharField(choices=[('draft', 'In preparation'), ('propose', 'Proposing and voting'), ('vote', 'Voting only'), ('closed', 'Closed')], default='draft', max_length=12)),
                ('question', models.CharField(max_length=300, verbose_name='question')),
                ('consent_text', models.TextField(max_length=20000, verbose_name='consent text')),
                ('statement_max_length', models.PositiveIntegerField(default=200, verbose_name='longest statement')),
                ('target_votes', models.PositiveIntegerField(default=30, verbose_name='votes asked of each person')),
                ('moderation', models.CharField(choices=[('before', 'Statements are checked before others see them'), ('after', 'Statements appear at once and are checked afterwards')], default='before', max_length=8, verbose_name='moderation')),
                ('plan', models.JSONField()),
                ('plan_hash', models.CharField(max_length=64)),
                ('frozen_hash', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('deliberation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='deliberation.deliberation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('deliberation', 'number'), name='round_number_unique'), models.UniqueConstraint(condition=models.Q(('phase__in', ('propose', 'vote'))), fields=('deliberation',), name='one_open_round', violation_error_message='Another round of this deliberation is open.'), models.CheckConstraint(condition=models.Q(('kind__in', ['opinion', 'ratification'])), name='round_kind_known'), models.CheckConstraint(condition=models.Q(('phase__in', ['draft', 'propose', 'vote', 'closed'])), name='round_phase_known'), models.CheckConstraint(condition=models.Q(('moderation__in', ['before', 'after'])), name='round_moderation_known'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('phase', 'closed')), models.Q(models.Q(('phase', 'closed'), _negated=True), ('closed_at__isnull', True)), _connector='OR'), name='round_closed_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('frozen_hash', ''), ('opened_at__isnull', True), ('phase', 'draft')), models.Q(models.Q(('phase', 'draft'), _negated=True), ('frozen_hash__regex', '^[0-9a-f]{64}$'), ('opened_at__isnull', False)), _connector='OR'), name='round_opened_is_frozen'), models.CheckConstraint(condition=models.Q(('plan_hash__regex', '^[0-9a-f]{64}$')), name='round_plan_hashed'), models.CheckConstraint(condition=models.Q(('statement_max_length__range', (20, 10000))), name='round_statement_length_sane'), models.CheckConstraint(condition=models.Q(('question__regex', '\\S')), name='round_question_not_blank')],
            },
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('invited', 'Invited by a seat link'), ('open', 'Joined by the open link'), ('imported', 'Imported')], max_length=12)),
                ('token_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('taken_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('panel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seats', to='deliberation.panel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('panel', 'number'), name='seat_number_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['invited', 'open', 'imported'])), name='seat_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('joined_at', models.DateTimeField()),
                ('consent_hash', models.CharField(blank=True, help_text='SHA-256 of the consent text agreed to.', max_length=64)),
                ('consented_at', models.DateTimeField(null=True)),
                ('session_version', models.PositiveIntegerField(default=1)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('deliberation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participants', to='deliberation.deliberation')),
                ('seat', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='participant', to='deliberation.seat')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('deliberation', 'number'), name='participant_number_unique'), models.CheckConstraint(condition=models.Q(models.Q(('consent_hash', ''), ('consented_at__isnull', True)), models.Q(('consent_hash__regex', '^[0-9a-f]{64}$'), ('consented_at__isnull', False)), _connector='OR'), name='participant_consent_has_text')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('delete_after', models.DateField(null=True)),
                ('seat', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='contact', to='deliberation.seat')),
            ],
        ),
        migrations.CreateModel(
            name='SignInLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_in_links', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='sign_in_link_expires_later')],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('folded', models.TextField()),
                ('language', models.CharField(default='en', max_length=12)),
                ('origin', models.CharField(choices=[('seed', 'Written by the organiser'), ('panel', 'Proposed by the panel')], max_length=8)),
                ('status', models.CharField(choices=[('pending', 'Waiting for a moderator'), ('accepted', 'Open for votes'), ('rejected', 'Not shown')], default='pending', max_length=10)),
                ('routing_weight', models.FloatField(default=1.0)),
                ('created_at', models.DateTimeField()),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='deliberation.participant')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='deliberation.round')),
            ],
            options={
                'indexes': [models.Index(fields=['round', 'status'], name='statement_round_status'), models.Index(fields=['round', 'folded'], name='statement_round_folded')],
                'constraints': [models.UniqueConstraint(fields=('round', 'number'), name='statement_number_unique'), models.UniqueConstraint(fields=('id', 'round'), name='statement_in_round'), models.CheckConstraint(condition=models.Q(('origin__in', ['seed', 'panel'])), name='statement_origin_known'), models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'accepted', 'rejected'])), name='statement_status_known'), models.CheckConstraint(condition=models.Q(('text__regex', '^\\S(.*\\S)?$')), name='statement_text_trimmed'), models.CheckConstraint(condition=models.Q(('routing_weight__gt', 0)), name='statement_weight_positive')],
            },
        ),
        migrations.CreateModel(
            name='ModerationDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('accept', 'Accepted'), ('reject', 'Rejected')], max_length=8)),
                ('reason', models.CharField(choices=[('fits', 'Fits the question'), ('off_topic', 'Does not answer the question'), ('duplicate', 'Already here in other words'), ('unclear', 'Hard to understand for others'), ('several_ideas', 'Several ideas in one sentence'), ('personal_data', 'Names or describes a private person'), ('abusive', 'Insults people or calls for harm'), ('source', 'Decided where the data came from')], max_length=16)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('actor_role', models.CharField(blank=True, max_length=12)),
                ('created_at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='deliberation.statement')),
            ],
            options={
                'indexes': [models.Index(fields=['statement', '-id'], name='decision_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('decision__in', ['accept', 'reject'])), name='decision_known'), models.CheckConstraint(condition=models.Q(('reason__in', ['fits', 'off_topic', 'duplicate', 'unclear', 'several_ideas', 'personal_data', 'abusive', 'source'])), name='decision_reason_known'), models.CheckConstraint(condition=models.Q(('actor_role__in', ['', 'owner', 'organiser', 'moderator', 'recruiter', 'auditor'])), name='decision_role_known'), models.CheckConstraint(condition=models.Q(('decision', 'accept'), models.Q(('reason', 'fits'), _negated=True), _connector='OR'), name='rejection_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('probability', models.FloatField()),
                ('shown_at', models.DateTimeField()),
                ('participant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='deliberation.participant')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='deliberation.round')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='deliberation.statement')),
            ],
            options={
                'indexes': [models.Index(fields=['participant', '-id'], name='exposure_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('probability__gt', 0), ('probability__lte', 1)), name='exposure_probability_valid')],
            },
        ),
        migrations.CreateModel(
            name='StatementLineage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('reworded', 'Reworded from'), ('split', 'Split from'), ('merged', 'Merged from')], max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('child', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parents', to='deliberation.statement')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='children', to='deliberation.statement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('child', 'parent'), name='lineage_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['reworded', 'split', 'merged'])), name='lineage_kind_known'), models.CheckConstraint(condition=models.Q(('child', models.F('parent')), _negated=True), name='lineage_not_to_itself')],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.SmallIntegerField(choices=[(1, 'Agree'), (-1, 'Disagree'), (0, 'Pass')])),
                ('updated_at', models.DateTimeField()),
                ('participant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='deliberation.participant')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='deliberation.round')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='deliberation.statement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('participant', 'statement'), name='one_vote'), models.CheckConstraint(condition=models.Q(('value__in', (-1, 0, 1))), name='vote_value_known')],
            },
        ),
        migrations.CreateModel(
            name='VoteEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.SmallIntegerField(choices=[(1, 'Agree'), (-1, 'Disagree'), (0, 'Pass')], null=True)),
                ('previous', models.SmallIntegerField(choices=[(1, 'Agree'), (-1, 'Disagree'), (0, 'Pass')], null=True)),
                ('key', models.UUIDField()),
                ('source', models.CharField(choices=[('web', 'Cast in a browser'), ('import', 'Imported'), ('simulation', 'Simulated')], max_length=12)),
                ('created_at', models.DateTimeField()),
                ('participant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='vote_events', to='deliberation.participant')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vote_events', to='deliberation.round')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vote_events', to='deliberation.statement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('participant', 'key'), name='vote_event_once'), models.CheckConstraint(condition=models.Q(('value__isnull', True), ('value__in', (-1, 0, 1)), _connector='OR'), name='vote_event_value_known'), models.CheckConstraint(condition=models.Q(('previous__isnull', True), ('previous__in', (-1, 0, 1)), _connector='OR'), name='vote_event_previous_known'), models.CheckConstraint(condition=models.Q(('source__in', ['web', 'import', 'simulation'])), name='vote_event_source_known')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=40)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('detail', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('deliberation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audit_entries', to='deliberation.deliberation')),
            ],
            options={
                'indexes': [models.Index(fields=['deliberation', '-id'], name='audit_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action__regex', '^[a-z_]+\\.[a-z_]+$')), name='audit_action_named')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('organiser', 'Organiser'), ('moderator', 'Moderator'), ('recruiter', 'Recruiter'), ('auditor', 'Auditor')], max_length=12, verbose_name='role')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('deliberation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='deliberation.deliberation')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('deliberation', 'user'), name='one_role_per_user'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'organiser', 'moderator', 'recruiter', 'auditor'])), name='membership_role_known')],
            },
        ),
        migrations.CreateModel(
            name='ImportedGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40)),
                ('label', models.PositiveSmallIntegerField()),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imported_groups', to='deliberation.participant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('participant', 'source'), name='one_imported_group_per_source')],
            },
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('too_few_votes', 'Fewer votes than the plan asks for'), ('listed', 'On the exclusion list of the source')], max_length=20)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='exclusion', to='deliberation.participant')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['too_few_votes', 'listed'])), name='exclusion_reason_known')],
            },
        ),
    ]
