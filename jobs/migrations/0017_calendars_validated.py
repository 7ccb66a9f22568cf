"""The slow half of 0016, without a lock that a start would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0016_calendars")]

    operations = [
        ValidateConstraint("job", "jobs_blackout_known"),
        ValidateConstraint("job", "jobs_asked_run_at_in_range"),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("calendar__isnull", False)), fields=["calendar"], name="jobs_of_calendar"
            ),
        ),
    ]
