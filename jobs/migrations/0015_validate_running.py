"""The checks of 0014 for the rows that are there, without a lock that a start would wait for."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0014_running")]

    operations = [
        ValidateConstraint("attempt", "jobs_attempt_progress_is_a_share"),
        ValidateConstraint("job", "jobs_deadline_positive"),
        ValidateConstraint("job", "jobs_asked_to_stop_has_run"),
    ]
