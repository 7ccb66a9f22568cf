"""The slow half of 0039, without a lock that a start would wait for."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0039_labels")]

    operations = [
        ValidateConstraint("job", "jobs_labels_are_texts"),
        ValidateConstraint("schedule", "jobs_schedule_labels_are_texts"),
        AddIndexConcurrently(
            "job",
            GinIndex(
                fields=["labels"],
                opclasses=["jsonb_path_ops"],
                fastupdate=False,
                condition=~models.Q(labels={}),
                name="jobs_labels",
            ),
        ),
    ]
