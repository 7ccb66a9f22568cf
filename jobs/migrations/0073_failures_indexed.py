"""The starts that have failed, the newest first: no process waits for this index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0072_failures")]

    operations = [
        AddIndexConcurrently(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("failure__isnull", False)), fields=["id"], name="jobs_attempt_failed"
            ),
        ),
    ]
