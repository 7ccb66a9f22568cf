"""The slow half of 0037, without a lock that a start would wait for."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.lookups import GreaterThan

import jobs.models.holding


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0037_schedules_after_others")]

    operations = [
        ValidateConstraint("schedule", "jobs_schedule_after_end_known"),
        AddIndexConcurrently(
            model_name="schedule",
            index=GinIndex(condition=Q(("after_ids", []), _negated=True), fields=["after_ids"], name="jobs_schedule_after"),
        ),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=Q(
                    Q(("state", 0)),
                    Q(GreaterThan(jobs.models.holding.Bits(F("holds"), 2), 0)),
                    Q(("nominal_at__isnull", False)),
                ),
                fields=["schedule", "run_at"],
                name="jobs_waiting_runs",
            ),
        ),
    ]
