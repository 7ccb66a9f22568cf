"""Rules of alerts: what administrators want to be told, and whom. New tables only: nothing that is in use is read or
written."""

from importlib import import_module

from django.db import migrations, models

permissions = import_module("jobs.migrations.0051_rights")._permissions

DEFINE = ("view_alertrule", "add_alertrule", "change_alertrule", "delete_alertrule")


def give(apps, schema_editor):
    """To the role as 0051 has made it: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for group in groups.filter(name="admin", permissions__codename="change_targetrule"):
        group.permissions.add(*permissions(apps, using, DEFINE))


def take(apps, schema_editor):
    """Leave it as 0051 has made it."""
    for group in apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(name="admin"):
        group.permissions.remove(*group.permissions.filter(codename__in=DEFINE))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0075_objectives'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop'), ('operation', 'Operation'), ('retention', 'Retention'), ('destination', 'Destination'), ('alert', 'Alert'), ('alert_rule', 'Alert Rule'), ('objective', 'Objective'), ('account', 'Account'), ('group', 'Group'), ('login', 'Login'), ('request', 'Request')], db_default='job', default='job', max_length=20),
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('target', 'Target'), ('schedule', 'Schedule'), ('queue', 'Queue'), ('team', 'Team'), ('job', 'job (its id)')], default='target', max_length=10, verbose_name='of the')),
                ('name', models.CharField(help_text='Of the target, schedule, queue or team; the id of a job.', max_length=200)),
                ('when', models.CharField(choices=[('failed', 'a job of it failed for good'), ('late', 'one started late, or waits too long'), ('missed', 'a time of its schedule has no run'), ('interrupted', 'one was interrupted'), ('long', 'one runs too long'), ('not_ended', 'one has not ended by a time of day')], max_length=12, verbose_name='tell when')),
                ('seconds', models.IntegerField(blank=True, help_text='For what runs too long. Empty: three times the 95th percentile of its target, of the last 7 days.', null=True, verbose_name='runs longer than s')),
                ('by_time', models.TimeField(blank=True, help_text='For what has not ended by a time of day, each day.', null=True, verbose_name='has not ended by')),
                ('time_zone', models.CharField(blank=True, db_default='UTC', default='UTC', help_text='Of that time: UTC or a name like Europe/Berlin.', max_length=64)),
                ('level', models.CharField(choices=[('warn', 'something is wrong'), ('bad', 'jobs do not start, or start late')], db_default='warn', default='warn', max_length=4)),
                ('enabled', models.BooleanField(db_default=True, default=True)),
                ('destinations', models.ManyToManyField(help_text='Who is told.', related_name='rules', to='jobs.destination')),
            ],
            options={
                'verbose_name': 'rule of alerts',
                'verbose_name_plural': 'rules of alerts',
                'ordering': ['kind', 'name', 'when'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'name', 'when'), name='jobs_alertrule_once', violation_error_message='There is such a rule already: change whom that one tells.'), models.CheckConstraint(condition=models.Q(('kind__in', ['target', 'schedule', 'queue', 'team', 'job']), models.Q(('name', ''), _negated=True)), name='jobs_alertrule_of_something'), models.CheckConstraint(condition=models.Q(('when__in', ['failed', 'late', 'missed', 'interrupted', 'long', 'not_ended'])), name='jobs_alertrule_when_known'), models.CheckConstraint(condition=models.Q(('level__in', ['warn', 'bad'])), name='jobs_alertrule_level_known'), models.CheckConstraint(condition=models.Q(('seconds__isnull', True), models.Q(('seconds__gte', 1), ('seconds__lte', 31536000), ('when', 'long')), _connector='OR'), name='jobs_alertrule_seconds', violation_error_message='The seconds are 1 to 31,536,000, for what runs too long.'), models.CheckConstraint(condition=models.Q(models.Q(('by_time__isnull', False), ('when', 'not_ended')), models.Q(models.Q(('by_time__isnull', True)), models.Q(('when', 'not_ended'), _negated=True)), _connector='OR'), name='jobs_alertrule_by_time', violation_error_message='Say by which time it has to have ended, only for what has not ended.')],
            },
        ),
        migrations.RunPython(give, take),
    ]
