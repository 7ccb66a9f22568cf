"""The checks of 0008 for the rows that are there, without a lock that a start would wait for."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_retries")]

    operations = [
        ValidateConstraint("job", "jobs_retries_as_declared"),
        ValidateConstraint("job", "jobs_start_within_positive"),
    ]
