"""Forms for other departments, and links to them. New tables only; what the audit is about has three words more, which the
database does not check."""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.lookups
import jobs.models.payload
from django.conf import settings
from django.db import migrations, models

permissions = import_module("jobs.migrations.0051_rights")._permissions

SEE = ("view_form",)
DEFINE = ("view_form", "add_form", "change_form", "delete_form")
ROLES = {"viewer": SEE, "operator": SEE, "approver": SEE, "admin": DEFINE}


def give(apps, schema_editor):
    """To the roles as 0051 has made them: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for role, names in ROLES.items():
        for group in groups.filter(name=role, permissions__codename="view_targetrule"):
            group.permissions.add(*permissions(apps, using, names))


def take(apps, schema_editor):
    """Leave them as 0051 has made them."""
    ours = {"content_type__app_label": "jobs", "codename__in": DEFINE}
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for group in groups.filter(name__in=ROLES, permissions__codename="view_targetrule"):
        group.permissions.remove(*group.permissions.filter(**ours))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0088_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop'), ('operation', 'Operation'), ('retention', 'Retention'), ('destination', 'Destination'), ('alert', 'Alert'), ('alert_rule', 'Alert Rule'), ('subscription', 'Subscription'), ('objective', 'Objective'), ('view', 'View'), ('proposal', 'Proposal'), ('form', 'Form'), ('form_link', 'Form Link'), ('filled_form', 'Filled Form'), ('account', 'Account'), ('group', 'Group'), ('login', 'Login'), ('request', 'Request')], db_default='job', default='job', max_length=20),
        ),
        migrations.CreateModel(
            name='Form',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Of its address, /forms/NAME/.', max_length=100, unique=True)),
                ('title', models.CharField(help_text="What those read who fill it in, and the job's name.", max_length=100)),
                ('description', models.TextField(blank=True, default='', help_text='Stands above the fields.')),
                ('target', models.CharField(max_length=200)),
                ('payload', models.JSONField(blank=True, decoder=jobs.models.payload.PayloadDecoder, default=dict, encoder=jobs.models.payload.PayloadEncoder, help_text='The arguments that are fixed: the form does not show them, and nobody changes them.')),
                ('fields', models.JSONField(blank=True, decoder=jobs.models.payload.PayloadDecoder, default=list, encoder=jobs.models.payload.PayloadEncoder, help_text='The other arguments, such as [{"name": "month", "label": "Month", "kind": "text"}].')),
                ('queue', models.CharField(default='default', max_length=100)),
                ('labels', models.JSONField(blank=True, default=dict, help_text='On every job of it, such as {"team": "payroll"}, whose these are then.')),
                ('when', models.CharField(choices=[('delay', 'so long after it was filled in'), ('chosen', 'as whoever fills it in chooses')], default='delay', max_length=10, verbose_name='starts')),
                ('delay', models.IntegerField(default=0, help_text='Seconds from filling it in to the start, where that is fixed.')),
                ('earliest', models.IntegerField(default=0, help_text='Seconds: nobody chooses an earlier time than this from now.')),
                ('latest', models.IntegerField(default=2592000, help_text='Seconds: nobody chooses a later time than this.')),
                ('time_zone', models.CharField(default='UTC', help_text='Of the times that are chosen: UTC or a name like Europe/Berlin.', max_length=64)),
                ('groups', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='Whose members may fill it in.', size=None)),
                ('teams', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='Whose members may fill it in, too.', size=None)),
                ('confirmation', models.TextField(help_text='What those read who have sent it.')),
                ('enabled', models.BooleanField(default=True, help_text='Whether anybody may fill it in now.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='FormLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Who gets it.', max_length=100)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('prefix', models.CharField(help_text='The beginning of its secret, to tell it from others.', max_length=16)),
                ('expires_at', models.DateTimeField()),
                ('most_uses', models.IntegerField(help_text='In all.')),
                ('most_of_day', models.IntegerField(help_text='On one day, in UTC.')),
                ('uses', models.IntegerField(default=0)),
                ('day', models.DateField(null=True)),
                ('uses_of_day', models.IntegerField(default=0)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='jobs.form')),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='form',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$')), name='jobs_form_named'),
        ),
        migrations.AddConstraint(
            model_name='form',
            constraint=models.CheckConstraint(condition=models.Q(('when__in', ['delay', 'chosen'])), name='jobs_form_when_known'),
        ),
        migrations.AddConstraint(
            model_name='form',
            constraint=models.CheckConstraint(condition=models.Q(('delay__gte', 0), ('delay__lte', 31622400), ('earliest__gte', 0), ('latest__gte', models.F('earliest')), ('latest__lte', 31622400)), name='jobs_form_times', violation_error_message='The seconds are 0 to 31,622,400, and the latest are no fewer than the earliest.'),
        ),
        migrations.AddConstraint(
            model_name='form',
            constraint=models.CheckConstraint(condition=models.Q(('labels', {}), models.Q(django.db.models.lookups.Exact(models.Func('labels', function='jsonb_typeof', output_field=models.TextField()), 'object'), django.db.models.lookups.LessThanOrEqual(models.Func('labels', function='pg_column_size', output_field=models.IntegerField()), 8192), django.db.models.lookups.Exact(models.Func('labels', models.Value('strict $.* ? (@.type() != "string")'), function='jsonb_path_exists', output_field=models.BooleanField()), models.Value(False))), _connector='OR'), name='jobs_form_labels_are_texts'),
        ),
        migrations.AddConstraint(
            model_name='formlink',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='jobs_formlink_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='formlink',
            constraint=models.CheckConstraint(condition=models.Q(('most_of_day__gte', 1), ('most_uses__gte', 1), ('most_uses__lte', 100000)), name='jobs_formlink_limits'),
        ),
        migrations.AddConstraint(
            model_name='formlink',
            constraint=models.CheckConstraint(condition=models.Q(('uses__gte', 0), ('uses__lte', models.F('most_uses')), ('uses_of_day__lte', models.F('most_of_day'))), name='jobs_formlink_used_within_limits'),
        ),
        migrations.RunPython(give, take),
    ]
