"""What may hold a job back: its key, the rules of its queue, approval. Constant defaults: no row is rewritten."""

import datetime
import django.db.models.deletion
import django.db.models.functions.comparison
import jobs.models.payload
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0009_validate_retries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Lane',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('queue', 'Queue'), ('key', 'Key')], default='queue', max_length=5)),
                ('name', models.CharField(help_text='Of the queue, or the key.', max_length=200)),
                ('concurrency', models.IntegerField(blank=True, help_text='How many of it may run at a time. Empty: as many as there are slots.', null=True)),
                ('rate', models.FloatField(blank=True, help_text='How many may start a second. Empty: any.', null=True)),
                ('burst', models.IntegerField(db_default=1, default=1, help_text='How many may start at once before the rate counts.')),
                ('paused_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('pause_reason', models.CharField(blank=True, db_default='', editable=False, max_length=1000)),
                ('next_start_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'limit of a queue or key',
                'verbose_name_plural': 'limits of queues and keys',
                'ordering': ['kind', 'name'],
                'permissions': [('pause_lane', 'Can pause and resume queues and keys')],
            },
        ),
        migrations.CreateModel(
            name='Trigger',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Stands in its address.', max_length=100, unique=True)),
                ('target', models.CharField(help_text='The registered name of what is called.', max_length=200)),
                ('payload', models.JSONField(blank=True, decoder=jobs.models.payload.PayloadDecoder, default=dict, help_text="The target's arguments, a JSON object.")),
                ('queue', models.CharField(default='default', help_text='Which workers may take its jobs.', max_length=100)),
                ('key', models.CharField(blank=True, default='', help_text='Empty: its own. The same key as other jobs: not beside them.', max_length=200)),
                ('key_limit', models.SmallIntegerField(default=1, help_text='How many of its key may run at a time.')),
                ('overlap', models.CharField(choices=[('allow', 'it starts all the same'), ('skip', 'it is skipped'), ('queue', 'it starts when one of them has ended'), ('join', 'the one that runs stands for it'), ('cancel', 'the one that runs is asked to stop, then it starts')], default='join', help_text='What a call gets while as many run as may.', max_length=10)),
                ('rerunnable', models.BooleanField(default=False, help_text='Running it twice does no harm.')),
                ('max_attempts', models.SmallIntegerField(default=1, help_text='How many starts a run may have, if rerunnable.')),
                ('retry_on', models.JSONField(blank=True, default=list, help_text='After which ends it starts again, if rerunnable.')),
                ('enabled', models.BooleanField(default=True, help_text='Whether anybody may start it now.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
                'permissions': [('fire_trigger', 'Can start the jobs of triggers')],
            },
        ),
        migrations.AlterModelOptions(
            name='job',
            options={'ordering': ['-id'], 'permissions': [('control_job', 'Can cancel, run now, retry and reschedule jobs'), ('approve_job', 'Can approve jobs of others')]},
        ),
        migrations.RemoveConstraint(
            model_name='audit',
            name='jobs_audit_verb_known',
        ),
        migrations.AddField(
            model_name='job',
            name='approved_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='holds',
            field=models.SmallIntegerField(db_default=0, editable=False, help_text='What it waits for: the sum of its Holds.'),
        ),
        migrations.AddField(
            model_name='job',
            name='if_late',
            field=models.CharField(choices=[('skip', 'it is skipped'), ('hold', 'it waits for a person')], db_default='skip', help_text='What becomes of it when it is later than it may start.', max_length=10),
        ),
        migrations.AddField(
            model_name='job',
            name='joined_id',
            field=models.BigIntegerField(blank=True, editable=False, help_text='The run that stood for it.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='key',
            field=models.CharField(blank=True, help_text='Jobs of one key do not run together.', max_length=200, null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='key_limit',
            field=models.SmallIntegerField(db_default=1, help_text='How many of its key may run at a time.'),
        ),
        migrations.AddField(
            model_name='job',
            name='not_before',
            field=models.DateTimeField(blank=True, editable=False, help_text='When it may start, later than run_at, by a rate.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='overlap',
            field=models.CharField(choices=[('allow', 'it starts all the same'), ('skip', 'it is skipped'), ('queue', 'it starts when one of them has ended'), ('join', 'the one that runs stands for it'), ('cancel', 'the one that runs is asked to stop, then it starts')], db_default='queue', help_text='What becomes of it when that many of its key run at its time.', max_length=10),
        ),
        migrations.AddField(
            model_name='job',
            name='turn_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When its turn came, if it waited.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='waited_for',
            field=models.TextField(blank=True, db_default='', editable=False, help_text='What held it back last.'),
        ),
        migrations.AlterField(
            model_name='audit',
            name='verb',
            field=models.CharField(choices=[('cancel', 'Cancel'), ('run_now', 'Run Now'), ('reschedule', 'Reschedule'), ('retry', 'Retry'), ('confirm_done', 'Confirm Done'), ('confirm_failed', 'Confirm Failed'), ('approve', 'Approve')], max_length=20),
        ),
        AddConstraintNotValid(
            model_name='audit',
            constraint=models.CheckConstraint(condition=models.Q(('verb__in', ['cancel', 'run_now', 'reschedule', 'retry', 'confirm_done', 'confirm_failed', 'approve'])), name='jobs_audit_verb_known'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('key_limit__gte', 1), ('key_limit__lte', 1000)), name='jobs_key_limit_bounded'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='jobs_key_not_empty'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('if_late__in', ['skip', 'hold']), ('overlap__in', ['allow', 'skip', 'queue', 'join', 'cancel'])), name='jobs_policies_known'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('holds', 0), models.Q(('holds__gt', 0), ('state', 0)), _connector='OR'), name='jobs_only_pending_held'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('not_before__gte', datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), ('not_before__lt', datetime.datetime(9999, 12, 31, 0, 0, tzinfo=datetime.timezone.utc))), name='jobs_not_before_in_range'),
        ),
        migrations.AddField(
            model_name='lane',
            name='paused_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trigger',
            name='created_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.UniqueConstraint(fields=('kind', 'name'), name='jobs_lane_once'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['queue', 'key'])), name='jobs_lane_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('concurrency__gte', 1), ('concurrency__lte', 100000)), name='jobs_lane_concurrency_bounded'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gte', 0.001), ('rate__lte', 1000000.0)), name='jobs_lane_rate_bounded'),
        ),
        migrations.AddConstraint(
            model_name='lane',
            constraint=models.CheckConstraint(condition=models.Q(('burst__gte', 1), ('burst__lte', 100000)), name='jobs_lane_burst_bounded'),
        ),
        migrations.AddConstraint(
            model_name='trigger',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$')), name='jobs_trigger_named'),
        ),
        migrations.AddConstraint(
            model_name='trigger',
            constraint=models.CheckConstraint(condition=models.Q(('overlap__in', ['allow', 'skip', 'queue', 'join', 'cancel'])), name='jobs_trigger_overlap_known'),
        ),
        migrations.AddConstraint(
            model_name='trigger',
            constraint=models.CheckConstraint(condition=models.Q(('key_limit__gte', 1), ('key_limit__lte', 1000)), name='jobs_trigger_key_limit_bounded'),
        ),
        migrations.AddConstraint(
            model_name='trigger',
            constraint=models.CheckConstraint(condition=models.Q(('max_attempts__gte', 1), ('max_attempts__lte', 100)), name='jobs_trigger_attempts_bounded'),
        ),
    ]
