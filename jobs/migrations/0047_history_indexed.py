"""The check of 0046 for the rows that are there, and the index by which the notes of schedules in shadow are removed."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0046_history")]

    operations = [
        ValidateConstraint("audit", "jobs_audit_verb_known"),
        AddIndexConcurrently(
            "occurrence",
            models.Index(condition=models.Q(cause="shadow"), fields=["nominal_at"], name="jobs_occurrence_shadow"),
        ),
    ]
