"""Who sees what is secret in arguments: a right of the role admin. See docs/secrets.md."""

from importlib import import_module

from django.db import migrations

permissions = import_module("jobs.migrations.0051_rights")._permissions


def give(apps, schema_editor):
    """To the role as 0051 has made it: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    made = apps.get_model("auth", "Group").objects.using(using).filter(permissions__codename="all_teams", name="admin")
    for group in made:
        group.permissions.add(*permissions(apps, using, ["view_secrets"]))


def take(apps, schema_editor):
    """Leave it as 0051 has made it."""
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for group in groups.filter(name="admin"):
        group.permissions.remove(*group.permissions.filter(codename="view_secrets"))


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0063_operations_of_jobs_indexed"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="job",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("control_job", "Can cancel, run now, retry and reschedule jobs"),
                    ("approve_job", "Can approve jobs of others"),
                    ("view_secrets", "Can see what is secret in arguments"),
                ],
            },
        ),
        migrations.RunPython(give, take),
    ]
