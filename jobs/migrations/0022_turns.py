"""Who has a place of a limit is a small row of its own. What runs gets one here; whose turn had come asks again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

RUNNING = """
INSERT INTO jobs_turn (job_id, kind, name, given_at)
SELECT id, 'key', key, now() FROM jobs_job WHERE state = 1 AND key IS NOT NULL
UNION ALL
SELECT j.id, 'queue', j.queue, now() FROM jobs_job j JOIN jobs_lane l ON l.kind = 'queue' AND l.name = j.queue
WHERE j.state = 1
"""


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0021_installation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='LimitAudit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('queue', 'Queue'), ('key', 'Key')], max_length=5)),
                ('name', models.CharField(max_length=200)),
                ('verb', models.CharField(choices=[('pause', 'Pause'), ('resume', 'Resume'), ('limit', 'Limit'), ('lift', 'Lift')], max_length=10)),
                ('reason', models.TextField(blank=True, db_default='')),
                ('values', models.JSONField(default=dict, help_text='The limits that were set.')),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'audit of limits',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job_id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('queue', 'Queue'), ('key', 'Key')], max_length=5)),
                ('name', models.CharField(max_length=200)),
                ('given_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('moment', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddField(
            model_name='limitaudit',
            name='by',
            field=models.ForeignKey(blank=True, help_text='Empty: a program, or somebody whose account was deleted.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='turn',
            index=models.Index(fields=['kind', 'name'], name='jobs_turn_of_limit'),
        ),
        migrations.AddIndex(
            model_name='turn',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='jobs_turn_expiring'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.UniqueConstraint(fields=('job_id', 'kind'), name='jobs_turn_once'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['queue', 'key'])), name='jobs_turn_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.CheckConstraint(condition=models.Q(('moment__isnull', True), ('expires_at__isnull', False), _connector='OR'), name='jobs_turn_moment_expires'),
        ),
        migrations.AddIndex(
            model_name='limitaudit',
            index=models.Index(fields=['kind', 'name', 'id'], name='jobs_limitaudit_of_limit'),
        ),
        migrations.AddConstraint(
            model_name='limitaudit',
            constraint=models.CheckConstraint(condition=models.Q(('verb__in', ['pause', 'resume', 'limit', 'lift'])), name='jobs_limitaudit_verb_known'),
        ),
        # Rows that come and go all the time, many of one name.
        migrations.RunSQL(
            "ALTER TABLE jobs_turn SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500)",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            # What SQL deletes has no place any more. Not Django's own key, which would delete row by row.
            "ALTER TABLE jobs_turn ADD CONSTRAINT jobs_turn_job_id_fk FOREIGN KEY (job_id) REFERENCES jobs_job (id) "
            "ON DELETE CASCADE",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(RUNNING, migrations.RunSQL.noop),
    ]
