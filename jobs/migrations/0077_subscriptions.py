"""Subscriptions to changes of jobs, and who may make them. New tables; `jobs_delivery`, which has a month of what was sent, gets
a column and its constraint anew."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

permissions = import_module("jobs.migrations.0051_rights")._permissions

DEFINE = ("view_subscription", "add_subscription", "change_subscription", "delete_subscription")


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


def remove_batches(apps, schema_editor):
    """On the way back: batches of changes, which the constraint of before does not have."""
    apps.get_model("jobs", "Delivery").objects.using(schema_editor.connection.alias).filter(event="jobs").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0076_alert_rules'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='OpenStart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt_id', models.BigIntegerField()),
            ],
            options={
                'db_table': 'jobs_subscriptionopen',
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('types', models.JSONField(blank=True, default=list, help_text='Which changes. None: all.')),
                ('queue', models.CharField(blank=True, db_default='', default='', help_text='Empty: of any queue.', max_length=200)),
                ('target', models.CharField(blank=True, db_default='', default='', help_text='Empty: of any target.', max_length=200)),
                ('team', models.CharField(blank=True, db_default='', default='', help_text='Empty: of any team.', max_length=100)),
                ('enabled', models.BooleanField(db_default=True, default=True)),
                ('starts_upto', models.BigIntegerField(blank=True, editable=False, null=True)),
                ('audit_upto', models.BigIntegerField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'subscription to changes of jobs',
                'verbose_name_plural': 'subscriptions to changes of jobs',
                'ordering': ['id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='delivery',
            name='jobs_delivery_of_an_alert',
        ),
        migrations.AddField(
            model_name='delivery',
            name='data',
            field=models.JSONField(blank=True, editable=False, help_text='The changes of jobs, as CloudEvents.', null=True),
        ),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop'), ('operation', 'Operation'), ('retention', 'Retention'), ('destination', 'Destination'), ('alert', 'Alert'), ('alert_rule', 'Alert Rule'), ('subscription', 'Subscription'), ('objective', 'Objective'), ('account', 'Account'), ('group', 'Group'), ('login', 'Login'), ('request', 'Request')], db_default='job', default='job', max_length=20),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='event',
            field=models.CharField(choices=[('opened', 'it has opened'), ('resolved', 'it is resolved'), ('test', 'a test'), ('jobs', 'changes of jobs')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('alert__isnull', False), ('event', 'test'), models.Q(('data__isnull', False), ('event', 'jobs')), _connector='OR'), name='jobs_delivery_of_an_alert'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='destination',
            field=models.ForeignKey(help_text='A webhook.', on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='jobs.destination'),
        ),
        migrations.AddField(
            model_name='openstart',
            name='subscription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='open_starts', to='jobs.subscription'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('audit_upto__isnull', True), ('starts_upto__isnull', True)), models.Q(('audit_upto__isnull', False), ('starts_upto__isnull', False)), _connector='OR'), name='jobs_subscription_has_come'),
        ),
        migrations.AddConstraint(
            model_name='openstart',
            constraint=models.UniqueConstraint(fields=('subscription', 'attempt_id'), name='jobs_subscriptionopen_once'),
        ),
        migrations.RunPython(migrations.RunPython.noop, remove_batches),
        migrations.RunPython(give, take),
    ]
