"""Alerts, silences, destinations and deliveries, and who may what with them. See ADR 60. New tables only: nothing that is in
use is read or written."""

from importlib import import_module

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


permissions = import_module("jobs.migrations.0051_rights")._permissions

SEE = ("viewer", "operator", "approver", "admin")
ACKNOWLEDGE = ("operator", "admin")
DEFINE = ("view_destination", "add_destination", "change_destination", "delete_destination", "view_delivery")


def give(apps, schema_editor):
    """To the roles as 0051 has made them: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for group in groups.filter(name__in=SEE, permissions__codename="view_targetrule"):
        group.permissions.add(*permissions(apps, using, ["view_alert"]))
    for group in groups.filter(name__in=ACKNOWLEDGE, permissions__codename="all_teams"):
        group.permissions.add(*permissions(apps, using, ["acknowledge_alert"]))
    for group in groups.filter(name="admin", permissions__codename="change_targetrule"):
        group.permissions.add(*permissions(apps, using, DEFINE))


def take(apps, schema_editor):
    """Leave them as 0051 has made them."""
    names = ("view_alert", "acknowledge_alert", *DEFINE)
    for group in apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(name__in=SEE):
        group.permissions.remove(*group.permissions.filter(codename__in=names))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0068_outages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop'), ('operation', 'Operation'), ('retention', 'Retention'), ('destination', 'Destination'), ('alert', 'Alert'), ('account', 'Account'), ('group', 'Group'), ('login', 'Login'), ('request', 'Request')], db_default='job', default='job', max_length=20),
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=30)),
                ('subject', models.CharField(blank=True, db_default='', default='', help_text='Empty: all of it.', max_length=255)),
                ('kind', models.CharField(blank=True, db_default='', default='', help_text='What the subject is, such as a queue.', max_length=10)),
                ('level', models.CharField(choices=[('warn', 'something is wrong'), ('bad', 'jobs do not start, or start late')], max_length=4)),
                ('sentence', models.TextField()),
                ('remedy', models.TextField(blank=True, db_default='', default='')),
                ('link', models.CharField(blank=True, db_default='', default='', help_text='The path of a page.', max_length=500)),
                ('opened_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_at', models.DateTimeField(blank=True, help_text='It had been resolved, and came back.', null=True)),
                ('times', models.IntegerField(db_default=1, default=1, help_text='How often it opened.')),
                ('announced', models.CharField(blank=True, choices=[('opened', 'it has opened'), ('resolved', 'it is resolved'), ('test', 'a test')], db_default='', default='', help_text='What was said of it last; empty: nothing.', max_length=8)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('acknowledge_alert', 'Can acknowledge and silence alerts')],
            },
        ),
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('kind', models.CharField(choices=[('mail', 'e-mail: addresses, with commas'), ('webhook', 'webhook: an address that gets signed CloudEvents')], max_length=10)),
                ('address', models.TextField(help_text='A secret: it is shown to nobody once it is saved.')),
                ('pattern', models.CharField(db_default='*', default='*', help_text='Which alerts: no_leader, no_worker:mail, late:*, or * for all.', max_length=300)),
                ('min_level', models.CharField(choices=[('warn', 'something is wrong'), ('bad', 'jobs do not start, or start late')], db_default='warn', default='warn', max_length=4, verbose_name='from')),
                ('enabled', models.BooleanField(db_default=True, default=True)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('min_level__in', ['warn', 'bad'])), name='jobs_destination_level_known'), models.CheckConstraint(condition=models.Q(('address', ''), _negated=True), name='jobs_destination_leads_somewhere')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('opened', 'it has opened'), ('resolved', 'it is resolved'), ('test', 'a test')], max_length=8)),
                ('message', models.UUIDField(default=uuid.uuid4, help_text='Names it to its receiver, at each attempt alike.')),
                ('made_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(help_text='When it is tried next.')),
                ('attempts', models.IntegerField(db_default=0, default=0)),
                ('done_at', models.DateTimeField(blank=True, help_text='Empty: it is still tried.', null=True)),
                ('sent', models.BooleanField(db_default=False, default=False)),
                ('error', models.TextField(blank=True, db_default='', default='', help_text='Of the last attempt.')),
                ('alert', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='jobs.alert')),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='jobs.destination')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Silence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pattern', models.CharField(help_text='Of a rule and its subject: no_leader, no_worker:mail, late:*, or * for all.', max_length=300)),
                ('reason', models.CharField(max_length=1000)),
                ('until', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['-resolved_at'], name='jobs_alert_resolved'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('rule', 'subject'), name='jobs_alert_open_once'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('level__in', ['warn', 'bad'])), name='jobs_alert_level_known'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('resolved_at__isnull', True), ('resolved_at__gte', models.F('opened_at')), _connector='OR'), name='jobs_alert_range'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('times__gte', 1)), name='jobs_alert_times'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['next_at'], name='jobs_delivery_waiting'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['done_at'], name='jobs_delivery_done'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('sent', False), ('done_at__isnull', False), _connector='OR'), name='jobs_delivery_sent_is_done'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('alert__isnull', False), ('event', 'test'), _connector='OR'), name='jobs_delivery_of_an_alert'),
        ),
        migrations.AddIndex(
            model_name='silence',
            index=models.Index(fields=['until'], name='jobs_silence_until'),
        ),
        migrations.AddConstraint(
            model_name='silence',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='jobs_silence_says_why'),
        ),
        migrations.AddConstraint(
            model_name='silence',
            constraint=models.CheckConstraint(condition=models.Q(('pattern', ''), _negated=True), name='jobs_silence_says_what'),
        ),
        migrations.AddConstraint(
            model_name='silence',
            constraint=models.CheckConstraint(condition=models.Q(('until__gte', models.F('created_at'))), name='jobs_silence_range'),
        ),
        migrations.RunPython(give, take),
    ]
