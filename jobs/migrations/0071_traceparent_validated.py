"""The check of 0070 for the rows that are there."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # no lock is held for longer than its look at the rows
    dependencies = [("jobs", "0070_traceparent")]

    operations = [ValidateConstraint("job", "jobs_traceparent_written_so")]
