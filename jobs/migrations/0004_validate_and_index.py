"""The slow half of 0003, without a lock that a start would wait for: both read the table beside its writers."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0003_policies_and_audit")]

    operations = [
        ValidateConstraint("job", "jobs_max_attempts_bounded"),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(condition=models.Q(state=5), fields=["-finished_at"], name="jobs_interrupted"),
        ),
    ]
