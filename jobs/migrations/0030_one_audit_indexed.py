"""The checks of 0029 for the rows that are there, and the index of what is no job: no process waits for either."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0029_one_audit")]

    operations = [
        ValidateConstraint("audit", "jobs_audit_verb_known"),
        ValidateConstraint("audit", "jobs_audit_of_something"),
        AddIndexConcurrently(
            "audit",
            models.Index(
                condition=~models.Q(subject="job"), fields=["subject", "name", "id"], name="jobs_audit_of_subject"
            ),
        ),
    ]
