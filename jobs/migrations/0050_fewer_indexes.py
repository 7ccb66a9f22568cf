"""The slow half of 0049, without a lock that a start would wait for: that of open starts, which each end had to write, goes, and
that of who has made a job leaves out the jobs that nobody in particular has made."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

CREATED_BY = "jobs_job_created_by_id_f3283268"  # by the name that Django gave it
TOKEN = "jobs_attempt_token_key"


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0049_ledger_without_reference")]

    operations = [
        # On the way back: 0049 makes the constraint of it. On the way there only what a way back that ended here has left.
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {TOKEN}",
            [f"DROP INDEX CONCURRENTLY IF EXISTS {TOKEN}", f"CREATE UNIQUE INDEX CONCURRENTLY {TOKEN} ON jobs_attempt (token)"],
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(created_by__isnull=False), fields=["created_by"], name="jobs_of_creator"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {CREATED_BY}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {CREATED_BY} ON jobs_job (created_by_id)",
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="job",
                    name="created_by",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        RemoveIndexConcurrently("attempt", "jobs_attempt_open"),
    ]
