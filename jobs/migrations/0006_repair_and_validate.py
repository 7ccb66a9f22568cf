"""The slow half of 0005, without a lock that a start would wait for: ended rows, some at a time, then the CHECKs."""

from importlib import import_module

from django.apps.registry import Apps
from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_A_TIME = 50_000  # ids


def repair(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    statement = import_module("jobs.migrations.0005_what_cannot_be_true").REPAIR + "id > %s AND id <= %s"
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM jobs_job")
        first, last = cursor.fetchone()
        for below in range((first or 0) - 1, last or 0, AT_A_TIME):
            cursor.execute(statement, [below, below + AT_A_TIME])


class Migration(migrations.Migration):
    atomic = False  # each step commits, so that no row is held for longer than it takes
    dependencies = [("jobs", "0005_what_cannot_be_true")]

    operations = [
        migrations.RunPython(repair, migrations.RunPython.noop),
        ValidateConstraint("job", "jobs_starts_as_declared"),
        ValidateConstraint("job", "jobs_moments_in_range"),
    ]
