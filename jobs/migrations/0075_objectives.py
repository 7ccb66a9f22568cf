"""Objectives, and who may what with them; alerts of one rule may be open of a queue and of a target that have one name. See
ADR 71. A new table, and the index of the few open alerts."""

from importlib import import_module

from django.db import migrations, models

permissions = import_module("jobs.migrations.0051_rights")._permissions

SEE = ("viewer", "operator", "approver", "admin")
DEFINE = ("add_objective", "change_objective", "delete_objective")


def give(apps, schema_editor):
    """To the roles as 0051 has made them: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for group in groups.filter(name__in=SEE, permissions__codename="view_targetrule"):
        group.permissions.add(*permissions(apps, using, ["view_objective"]))
    for group in groups.filter(name="admin", permissions__codename="change_targetrule"):
        group.permissions.add(*permissions(apps, using, DEFINE))


def take(apps, schema_editor):
    """Leave them as 0051 has made them."""
    names = ("view_objective", *DEFINE)
    for group in apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(name__in=SEE):
        group.permissions.remove(*group.permissions.filter(codename__in=names))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0074_canaries'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Objective',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('queue', 'Queue'), ('target', 'Target'), ('schedule', 'Schedule')], default='queue', max_length=10, verbose_name='of the')),
                ('name', models.CharField(help_text='Of the queue, target or schedule.', max_length=200)),
                ('share', models.DecimalField(decimal_places=3, help_text='Such as 99.9; 50 to 99.999. The rest is the error budget.', max_digits=6, verbose_name='percent of starts')),
                ('within_ms', models.IntegerField(help_text='So many milliseconds after their time. Of queues and targets one of the times by which figures are counted, such as 10, 100, 1000, 10000, and eleven between each two of them from 100 on.', verbose_name='within ms')),
                ('days', models.IntegerField(db_default=30, default=30, help_text='Over so many days; 7 to 31.')),
            ],
            options={
                'ordering': ['kind', 'name'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='alert',
            name='jobs_alert_open_once',
        ),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop'), ('operation', 'Operation'), ('retention', 'Retention'), ('destination', 'Destination'), ('alert', 'Alert'), ('objective', 'Objective'), ('account', 'Account'), ('group', 'Group'), ('login', 'Login'), ('request', 'Request')], db_default='job', default='job', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('rule', 'kind', 'subject'), name='jobs_alert_open_once'),
        ),
        migrations.AddConstraint(
            model_name='objective',
            constraint=models.UniqueConstraint(fields=('kind', 'name'), name='jobs_objective_once', violation_error_message='It has an objective already: change that one.'),
        ),
        migrations.AddConstraint(
            model_name='objective',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['queue', 'target', 'schedule']), models.Q(('name', ''), _negated=True)), name='jobs_objective_of_something'),
        ),
        migrations.AddConstraint(
            model_name='objective',
            constraint=models.CheckConstraint(condition=models.Q(('within_ms__gte', 10), ('within_ms__lte', 86400000)), name='jobs_objective_within', violation_error_message='The milliseconds are 10 to 86,400,000.'),
        ),
        migrations.AddConstraint(
            model_name='objective',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 50), ('share__lt', 100)), name='jobs_objective_share', violation_error_message='The percent are 50 to 99.999.'),
        ),
        migrations.AddConstraint(
            model_name='objective',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 7), ('days__lte', 31)), name='jobs_objective_days', violation_error_message='The days are 7 to 31.'),
        ),
        migrations.RunPython(give, take),
    ]
