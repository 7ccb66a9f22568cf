"""The checks of 0035 for the rows that are there, and the index of what was missed without what is noted in shadow: the new
one before the old one goes."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0035_shadow")]

    operations = [
        ValidateConstraint("schedule", "jobs_schedule_shadow_is_off"),
        ValidateConstraint("occurrence", "jobs_occurrence_cause_known"),
        AddIndexConcurrently(
            "occurrence",
            models.Index(
                condition=models.Q(cause__isnull=False) & ~models.Q(cause="shadow"),
                fields=["-nominal_at"],
                name="jobs_occurrence_not_run",
            ),
        ),
        RemoveIndexConcurrently("occurrence", "jobs_occurrence_missed"),
    ]
