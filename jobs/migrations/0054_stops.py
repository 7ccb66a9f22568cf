"""Stops of everything: a table of its own, and who may. See ADR 50."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

permissions = import_module("jobs.migrations.0051_rights")._permissions
MAY_STOP = ("operator", "admin")


def give(apps, schema_editor):
    """To the roles as 0051 has made them: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    made = apps.get_model("auth", "Group").objects.using(using).filter(permissions__codename="all_teams")
    for group in made.filter(name__in=MAY_STOP):
        group.permissions.add(*permissions(apps, using, ["stop_everything"]))


def take(apps, schema_editor):
    """Leave them as 0051 has made them."""
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for group in groups.filter(name__in=MAY_STOP):
        group.permissions.remove(*group.permissions.filter(codename="stop_everything"))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0053_plain_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='audit',
            name='subject',
            field=models.CharField(choices=[('job', 'Job'), ('queue', 'Queue'), ('key', 'Key'), ('trigger', 'Trigger'), ('calendar', 'Calendar'), ('worker', 'Worker'), ('creation_limit', 'Creation Limit'), ('schedule', 'Schedule'), ('installation', 'Installation'), ('team', 'Team'), ('target', 'Target'), ('token', 'Token'), ('stop', 'Stop')], db_default='job', default='job', max_length=20),
        ),
        migrations.CreateModel(
            name='Stop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('begins_at', models.DateTimeField(help_text='From this moment on nothing starts.')),
                ('until', models.DateTimeField(blank=True, help_text='The moment of its end; empty: until a person ends it.', null=True)),
                ('reason', models.CharField(help_text='Why, for those whose jobs wait.', max_length=1000)),
                ('per_minute', models.IntegerField(blank=True, help_text='How many of the jobs that were due meanwhile may start a minute after it; empty: all at once.', null=True)),
                ('created_at', models.DateTimeField()),
                ('next_start_at', models.DateTimeField(editable=False, help_text='When the next of those jobs may start, after its end.', null=True)),
                ('let_go_at', models.DateTimeField(editable=False, help_text='When the last of those jobs had been let go; empty: it is not over.', null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('stop_everything', 'Can stop all starts, and let them go on')],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('begins_at')), _connector='OR'), name='jobs_stop_range'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='jobs_stop_says_why'), models.CheckConstraint(condition=models.Q(('per_minute__gte', 1), ('per_minute__lte', 1000000)), name='jobs_stop_rate'), models.CheckConstraint(condition=models.Q(('let_go_at__isnull', True), ('until__isnull', False), _connector='OR'), name='jobs_stop_ends_first')],
            },
        ),
        migrations.RunPython(give, take),
    ]
