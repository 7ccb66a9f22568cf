"""Schedules, and what became of each of their nominal times. No row is rewritten: jobs_job only gets two columns without
a default."""

import django.db.models.deletion
import jobs.models.payload
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0030_one_audit_indexed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule')], db_default='job', default='job', max_length=20),
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='On every job that it makes.', max_length=200, unique=True)),
                ('target', models.CharField(max_length=200)),
                ('payload', models.JSONField(blank=True, decoder=jobs.models.payload.PayloadDecoder, default=dict, encoder=jobs.models.payload.PayloadEncoder)),
                ('queue', models.CharField(default='default', max_length=100)),
                ('rerunnable', models.BooleanField(default=False)),
                ('max_attempts', models.SmallIntegerField(default=1)),
                ('retry_on', models.JSONField(blank=True, default=list)),
                ('start_within', models.IntegerField(blank=True, null=True)),
                ('deadline', models.IntegerField(blank=True, null=True)),
                ('if_late', models.CharField(choices=[('skip', 'it is skipped'), ('hold', 'it waits for a person')], default='skip', max_length=10)),
                ('key', models.CharField(blank=True, default='', help_text='Empty: its own.', max_length=200)),
                ('key_limit', models.SmallIntegerField(default=1)),
                ('overlap', models.CharField(choices=[('allow', 'it starts all the same'), ('skip', 'it is skipped'), ('queue', 'it starts when one of them has ended'), ('join', 'the one that runs stands for it'), ('cancel', 'the one that runs is asked to stop, then it starts')], default='skip', max_length=10)),
                ('blackout', models.CharField(choices=[('skip', 'it is skipped'), ('earlier', 'it starts before, as late as that may be, or else at the next opening'), ('next', 'it starts at the next opening')], default='skip', max_length=10)),
                ('dialect', models.CharField(help_text='The language of the expression.', max_length=20)),
                ('expression', models.TextField(help_text='When it starts.')),
                ('time_zone', models.CharField(default='UTC', help_text='Whose wall clock the expression means.', max_length=64)),
                ('starts_at', models.DateTimeField(blank=True, help_text='The first moment; intervals are counted from it. Empty: from now on.', null=True)),
                ('ends_at', models.DateTimeField(blank=True, help_text='The last moment. Empty: for ever.', null=True)),
                ('most_runs', models.IntegerField(blank=True, help_text='How many times it has. Empty: any number.', null=True)),
                ('spread', models.IntegerField(default=0, help_text='Seconds over which schedules are spread: each starts later by its own part of them.')),
                ('catch_up', models.CharField(choices=[('skip', 'none of them starts'), ('latest', 'the latest starts, once'), ('all', 'all start, one after the other, up to a limit')], default='latest', max_length=10)),
                ('catch_up_limit', models.IntegerField(default=10, help_text='How many are made up for at most, the latest.')),
                ('enabled', models.BooleanField(default=True)),
                ('paused_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('paused_until', models.DateTimeField(blank=True, editable=False, help_text='Empty: until it is resumed.', null=True)),
                ('pause_reason', models.TextField(blank=True, default='', editable=False)),
                ('problem', models.TextField(blank=True, default='', editable=False, help_text='Why it cannot go on.')),
                ('anchored_at', models.DateTimeField(editable=False, help_text='What intervals are counted from.')),
                ('accounted_until', models.DateTimeField(editable=False, help_text='Every nominal time up to this one has its job or its cause.')),
                ('next_at', models.DateTimeField(blank=True, editable=False, help_text='The nominal time that comes next.', null=True)),
                ('next_job_id', models.BigIntegerField(blank=True, editable=False, help_text='The job that stands for it.', null=True)),
                ('made', models.IntegerField(default=0, editable=False, help_text='How many nominal times there have been.')),
                ('created_at', models.DateTimeField(editable=False)),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='schedules', to='jobs.calendar')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('paused_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'permissions': [('control_schedule', 'Can pause, resume and backfill schedules, and change single runs')],
            },
        ),
        migrations.CreateModel(
            name='OccurrenceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nominal_at', models.DateTimeField()),
                ('skipped', models.BooleanField(default=False)),
                ('run_at', models.DateTimeField(blank=True, help_text='When it starts instead.', null=True)),
                ('payload', models.JSONField(blank=True, decoder=jobs.models.payload.PayloadDecoder, encoder=jobs.models.payload.PayloadEncoder, help_text='Its own arguments.', null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='jobs.schedule')),
            ],
            options={
                'ordering': ['nominal_at'],
            },
        ),
        migrations.CreateModel(
            name='Occurrence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nominal_at', models.DateTimeField(help_text="The instant that the schedule's expression means.")),
                ('number', models.SmallIntegerField(db_default=1, default=1, help_text='2 and more: a repeat of a past time.')),
                ('job_id', models.BigIntegerField(blank=True, null=True)),
                ('cause', models.CharField(blank=True, choices=[('paused', 'the schedule was paused'), ('disabled', 'the schedule was switched off'), ('downtime', 'nothing was there to start it'), ('catch_up', 'more had been missed than the schedule makes up for'), ('calendar', 'the calendar was closed'), ('running', 'an earlier run had not ended'), ('late', 'it was later than it may start'), ('person', 'somebody skipped it'), ('target', 'its target could not be called'), ('dependency', 'a job that it waited for did not end as wanted')], max_length=12, null=True)),
                ('why', models.TextField(blank=True, db_default='', default='')),
                ('until', models.DateTimeField(blank=True, help_text='The last of several with this cause.', null=True)),
                ('count', models.IntegerField(db_default=1, default=1, help_text='How many nominal times this row stands for.')),
                ('noted_at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='occurrences', to='jobs.schedule')),
            ],
            options={
                'ordering': ['-nominal_at', '-number'],
            },
        ),
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at', 'id'], name='jobs_schedule_next'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('expression', ''), _negated=True)), name='jobs_schedule_named'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('blackout__in', ['skip', 'earlier', 'next']), ('catch_up__in', ['skip', 'latest', 'all']), ('if_late__in', ['skip', 'hold']), ('overlap__in', ['allow', 'skip', 'queue', 'join', 'cancel'])), name='jobs_schedule_policies_known'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('key_limit__gte', 1), ('key_limit__lte', 1000), ('max_attempts__gte', 1), ('max_attempts__lte', 100), ('catch_up_limit__gte', 1), ('catch_up_limit__lte', 1000), ('spread__gte', 0), ('spread__lte', 86400), models.Q(('deadline__isnull', True), ('deadline__gte', 1), _connector='OR'), models.Q(('start_within__isnull', True), ('start_within__gte', 1), _connector='OR'), models.Q(('most_runs__isnull', True), ('most_runs__gte', 1), _connector='OR')), name='jobs_schedule_numbers_bounded'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('next_at__isnull', False), ('next_job_id__isnull', True), _connector='OR'), name='jobs_schedule_job_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='occurrencechange',
            constraint=models.UniqueConstraint(fields=('schedule', 'nominal_at'), name='jobs_occurrence_changed_once'),
        ),
        migrations.AddConstraint(
            model_name='occurrencechange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('payload__isnull', True), ('run_at__isnull', True), ('skipped', True)), models.Q(models.Q(('skipped', False)), models.Q(('run_at__isnull', False), ('payload__isnull', False), _connector='OR')), _connector='OR'), name='jobs_occurrence_change_says_one'),
        ),
        migrations.AddIndex(
            model_name='occurrence',
            index=models.Index(condition=models.Q(('job_id__isnull', False)), fields=['job_id'], name='jobs_occurrence_job'),
        ),
        migrations.AddIndex(
            model_name='occurrence',
            index=models.Index(condition=models.Q(('cause__isnull', False)), fields=['-nominal_at'], name='jobs_occurrence_missed'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.UniqueConstraint(fields=('schedule', 'nominal_at', 'number'), name='jobs_occurrence_once'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.CheckConstraint(condition=models.Q(('job_id__isnull', False), ('cause__isnull', False), _connector='OR'), name='jobs_occurrence_accounted'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('count', 1), ('until__isnull', True)), models.Q(('count__gt', 1), ('job_id__isnull', True), ('until__isnull', False)), _connector='OR'), name='jobs_occurrence_counted'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='jobs_occurrence_numbered'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.CheckConstraint(condition=models.Q(('cause__isnull', True), ('cause__in', ['paused', 'disabled', 'downtime', 'catch_up', 'calendar', 'running', 'late', 'person', 'target', 'dependency']), _connector='OR'), name='jobs_occurrence_cause_known'),
        ),
        # Last, so that nobody waits for more than these two: what Django does between takes longer than they do.
        migrations.AddField(
            model_name='job',
            name='nominal_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='The time of its schedule that it stands for.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='schedule',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, help_text='The schedule that has made it.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='jobs.schedule'),
        ),
    ]
