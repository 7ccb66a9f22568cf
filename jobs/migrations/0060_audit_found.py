"""The check of 0059 for the rows that are there, and indexes by which the audit is looked through: no process waits for
either."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0059_audit_of_rights")]

    operations = [
        ValidateConstraint("audit", "jobs_audit_verb_known"),
        AddIndexConcurrently("audit", models.Index(fields=["by_name", "id"], name="jobs_audit_by")),
        AddIndexConcurrently(
            "audit",
            models.Index(
                condition=~models.Q(by_token=""),
                fields=["by_token", "id"],
                name="jobs_audit_by_token",
                opclasses=["varchar_pattern_ops", "int8_ops"],
            ),
        ),
        AddIndexConcurrently("audit", models.Index(fields=["at"], name="jobs_audit_at")),
    ]
