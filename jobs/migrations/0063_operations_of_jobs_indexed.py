"""An operation changes a job once: no process waits for this index, which leads to the jobs of each, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0062_operations_of_jobs")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    "audit",
                    models.UniqueConstraint(
                        condition=models.Q(operation_id__isnull=False),
                        fields=["operation_id", "job"],
                        name="jobs_audit_once_an_operation",
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY jobs_audit_once_an_operation ON jobs_audit (operation_id, job_id)"
                    " WHERE operation_id IS NOT NULL",
                    "DROP INDEX CONCURRENTLY jobs_audit_once_an_operation",
                ),
            ],
        ),
    ]
