import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('aggregation', '0001_initial'),
        ('deliberation', '0001_initial'),
        ('deliberation', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Baseline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40)),
                ('version', models.CharField(max_length=20)),
                ('title', models.CharField(max_length=160)),
                ('summary', models.TextField(blank=True)),
                ('sources', models.JSONField(default=list)),
                ('digest', models.CharField(max_length=64, unique=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='baseline_hashed')],
            },
        ),
        migrations.CreateModel(
            name='BaselineItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80)),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('promote', 'Do more of'), ('prevent', 'Keep from'), ('beyond', 'Beyond this baseline')], max_length=8)),
                ('pillar', models.CharField(blank=True, max_length=40)),
                ('label', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('baseline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='constitutions.baseline')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('baseline', 'key'), name='baseline_item_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['promote', 'prevent', 'beyond'])), name='baseline_item_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'beyond'), ('pillar', '')), models.Q(models.Q(('kind', 'beyond'), _negated=True), models.Q(('pillar', ''), _negated=True)), _connector='OR'), name='baseline_item_pillar_unless_beyond')],
            },
        ),
        migrations.CreateModel(
            name='Constitution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('deliberation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='constitution', to='deliberation.deliberation')),
            ],
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published, not yet ratified by the panel'), ('ratified', 'Ratified by the panel')], default='draft', max_length=10)),
                ('rule_index', models.PositiveSmallIntegerField(default=0)),
                ('preamble', models.TextField(blank=True, max_length=20000, verbose_name='preamble')),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('published_at', models.DateTimeField(null=True)),
                ('ratified_at', models.DateTimeField(null=True)),
                ('constitution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='constitutions.constitution')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='aggregation.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('constitution', 'number'), name='version_number_unique'), models.UniqueConstraint(condition=models.Q(('status', 'draft')), fields=('constitution',), name='one_draft_at_a_time'), models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'published', 'ratified'])), name='version_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('digest', ''), ('published_at__isnull', True), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), ('digest__regex', '^[0-9a-f]{64}$'), ('published_at__isnull', False)), _connector='OR'), name='version_published_has_digest'), models.CheckConstraint(condition=models.Q(models.Q(('ratified_at__isnull', False), ('status', 'ratified')), models.Q(models.Q(('status', 'ratified'), _negated=True), ('ratified_at__isnull', True)), _connector='OR'), name='version_ratified_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Principle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=20)),
                ('position', models.PositiveIntegerField()),
                ('text', models.TextField(max_length=2000)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='principles', to='constitutions.version')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('version', 'key'), name='principle_key_unique'), models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('version', 'position'), name='principle_position_unique'), models.CheckConstraint(condition=models.Q(('text__regex', '\\S')), name='principle_text_not_blank')],
            },
        ),
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(help_text='How suggestions were made.', max_length=60)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('baseline', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comparisons', to='constitutions.baseline')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comparisons', to='constitutions.version')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'baseline'), name='comparison_once')],
            },
        ),
        migrations.CreateModel(
            name='Lineage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=40)),
                ('rule_params', models.JSONField(default=dict)),
                ('rank', models.PositiveIntegerField()),
                ('score', models.FloatField(null=True)),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='principles', to='deliberation.statement')),
                ('principle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lineage', to='constitutions.principle')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('principle', 'statement'), name='lineage_statement_once')],
            },
        ),
        migrations.CreateModel(
            name='ComparisonMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('suggested_score', models.FloatField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('comparison', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='constitutions.comparison')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='constitutions.baselineitem')),
                ('suggested_item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='constitutions.baselineitem')),
                ('principle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='constitutions.principle')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('comparison', 'principle'), name='match_once'), models.CheckConstraint(condition=models.Q(('decided_at__isnull', False), models.Q(('decided_by__isnull', True), ('decided_item__isnull', True)), _connector='OR'), name='match_decision_has_time')],
            },
        ),
        migrations.CreateModel(
            name='PrincipleEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('principle_key', models.CharField(max_length=20)),
                ('before', models.TextField(blank=True)),
                ('after', models.TextField(blank=True, help_text='Empty when the principle was removed.')),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('editor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='constitutions.version')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='edit_changes_something')],
            },
        ),
    ]
