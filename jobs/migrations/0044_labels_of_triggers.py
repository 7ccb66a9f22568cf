"""Labels of triggers, for the jobs that they start. A constant default, and a table of few rows."""

from importlib import import_module

from django.db import migrations, models

labels_are_texts = import_module("jobs.migrations.0039_labels").labels_are_texts


class Migration(migrations.Migration):
    dependencies = [("jobs", "0043_queue_named_validated")]

    operations = [
        migrations.AddField(
            "trigger",
            "labels",
            models.JSONField(blank=True, db_default={}, default=dict, help_text="On every job that it starts."),
        ),
        migrations.AddConstraint("trigger", labels_are_texts("jobs_trigger_labels_are_texts")),
    ]
