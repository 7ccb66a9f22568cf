"""Jobs that wait for others, and batches of jobs. Constant defaults: no row is rewritten."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0017_calendars_validated'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Dependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name_plural': 'dependencies',
                'ordering': ['job_id', 'waits_for_id'],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='has_dependents',
            field=models.BooleanField(db_default=False, editable=False, help_text='Whether others may wait for it.'),
        ),
        migrations.AddField(
            model_name='job',
            name='waits_for_end',
            field=models.CharField(blank=True, choices=[('success', 'all of them completed'), ('any', 'all of them ended, however')], help_text='What it wants of the jobs that it waits for.', max_length=10, null=True),
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, db_default='', help_text='For people; need not be unique.', max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('idempotency_key', models.CharField(blank=True, editable=False, max_length=255, null=True)),
                ('callback', models.ForeignKey(blank=True, editable=False, help_text='The job that waits for the end of all of them.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='batch',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, help_text='The batch that it belongs to.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='jobs', to='jobs.batch'),
        ),
        # A column that comes with its foreign key would be read under the lock: not valid, as in 0008.
        migrations.RunSQL(
            "ALTER TABLE jobs_job ADD CONSTRAINT jobs_job_batch_id_fk FOREIGN KEY (batch_id) "
            "REFERENCES jobs_batch (id) ON DELETE SET NULL NOT VALID",
            "ALTER TABLE jobs_job DROP CONSTRAINT jobs_job_batch_id_fk",
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('waits_for_end__in', ['success', 'any'])), name='jobs_waits_for_end_known'),
        ),
        migrations.AddField(
            model_name='dependency',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='dependency',
            name='waits_for',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='dependents', to='jobs.job'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(condition=models.Q(('idempotency_key__isnull', False)), fields=('created_by', 'idempotency_key'), name='jobs_batch_idempotency_key_once'),
        ),
        migrations.AddIndex(
            model_name='dependency',
            index=models.Index(fields=['waits_for', 'job'], name='jobs_dependency_waits_for'),
        ),
        migrations.AddConstraint(
            model_name='dependency',
            constraint=models.UniqueConstraint(fields=('job', 'waits_for'), name='jobs_dependency_once'),
        ),
        migrations.AddConstraint(
            model_name='dependency',
            constraint=models.CheckConstraint(condition=models.Q(('waits_for__lt', models.F('job'))), name='jobs_dependency_on_older'),
        ),
    ]
