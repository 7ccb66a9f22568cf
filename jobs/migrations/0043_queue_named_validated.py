"""The slow half of 0042, without a lock that a start would wait for."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0042_queue_named_cheaply")]

    operations = [ValidateConstraint("job", "jobs_queue_named")]
