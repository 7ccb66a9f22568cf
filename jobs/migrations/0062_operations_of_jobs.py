"""Operations on all jobs of a filter: what they find, how far they are; and in the audit which one has changed a job."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0061_rights_audited'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='operation',
            name='arguments',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What the verb needs: a time, an offset, a queue.'),
        ),
        migrations.AddField(
            model_name='operation',
            name='idempotency_key',
            field=models.CharField(blank=True, editable=False, max_length=255, null=True),
        ),
        migrations.AddField(
            model_name='operation',
            name='newest_id',
            field=models.BigIntegerField(blank=True, help_text='The newest job when it began.', null=True),
        ),
        migrations.AddField(
            model_name='operation',
            name='one_by_one',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, help_text='Before that, and yet to do.', size=None),
        ),
        migrations.AddField(
            model_name='operation',
            name='position',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Up to this id all is done.'),
        ),
        migrations.AddField(
            model_name='operation',
            name='refused',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='How many it has left as they were, by why.'),
        ),
        migrations.AddField(
            model_name='operation',
            name='undoes',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='jobs.operation'),
        ),
        migrations.AddField(
            model_name='operation',
            name='verb',
            field=models.CharField(blank=True, choices=[('cancel', 'Cancel'), ('run_now', 'Run Now'), ('reschedule', 'Reschedule'), ('retry', 'Retry'), ('confirm_done', 'Confirm Done'), ('confirm_failed', 'Confirm Failed'), ('approve', 'Approve'), ('change', 'Change')], max_length=20, null=True),
        ),
        migrations.AddField(
            model_name='operation',
            name='wanted',
            field=models.JSONField(blank=True, help_text='The filters of the list that find its jobs.', null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='begins_at',
            field=models.DateTimeField(blank=True, help_text='The first moment of the range.', null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='done',
            field=models.IntegerField(default=0, help_text='How many it has done.'),
        ),
        migrations.AlterField(
            model_name='operation',
            name='kind',
            field=models.CharField(choices=[('backfill', 'start the runs of a past range'), ('jobs', 'do something to all jobs of a filter')], max_length=20),
        ),
        migrations.AlterField(
            model_name='operation',
            name='per_minute',
            field=models.IntegerField(blank=True, default=60, help_text='How many jobs it makes a minute at most.', null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='reached_at',
            field=models.DateTimeField(blank=True, help_text='Up to this nominal time all is done.', null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='total',
            field=models.IntegerField(blank=True, help_text='How many there were to do; empty: too many to count.', null=True),
        ),
        migrations.AlterField(
            model_name='operation',
            name='until',
            field=models.DateTimeField(blank=True, help_text='The moment before which the range ends.', null=True),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('begins_at__isnull', False), ('kind', 'backfill'), ('per_minute__isnull', False), ('reached_at__isnull', False), ('total__isnull', False), ('until__isnull', False)), models.Q(('kind', 'jobs'), ('newest_id__isnull', False), ('verb__isnull', False), ('wanted__isnull', False)), _connector='OR'), name='jobs_operation_of_kind'),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.UniqueConstraint(condition=models.Q(('idempotency_key__isnull', False)), fields=('created_by', 'idempotency_key'), name='jobs_operation_once'),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('undoes',), name='jobs_operation_undone_by_one'),
        ),
        # Those on jobs have no range: whoever goes back loses them.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM jobs_operation WHERE kind = 'jobs'",
        ),
        migrations.AddField(
            model_name='audit',
            name='operation_id',
            field=models.BigIntegerField(blank=True, help_text='The operation that has changed it.', null=True),
        ),
        migrations.AddField(
            model_name='audit',
            name='version',
            field=models.IntegerField(blank=True, help_text="The job's version after that.", null=True),
        ),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop'), ('operation', 'Operation'), ('account', 'Account'), ('group', 'Group'), ('login', 'Login'), ('request', 'Request')], db_default='job', default='job', max_length=20),
        ),
    ]
