"""What a worker says of itself: versions, what waits on it, and its last hour by minutes. Workers of before say none."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0085_preferences")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "worker",
            "versions",
            models.JSONField(
                blank=True, db_default={}, default=dict, help_text="Of RunAt, Python and Celery; empty: not known."
            ),
        ),
        migrations.AddField(
            "worker",
            "waiting",
            models.PositiveIntegerField(
                blank=True, help_text="Jobs that it holds for their time; null: not known.", null=True
            ),
        ),
        migrations.AddField(
            "worker",
            "minutes_until",
            models.DateTimeField(blank=True, help_text="The end of the last minute of these two.", null=True),
        ),
        migrations.AddField(
            "worker",
            "minute_starts",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(null=True), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            "worker",
            "minute_use",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(null=True),
                blank=True,
                db_default=[],
                default=list,
                help_text="Percent of its slots that were taken.",
                size=None,
            ),
        ),
        # A row for each start of a worker: built within moments.
        migrations.AddIndex("worker", models.Index(fields=["gone_at"], name="jobs_worker_gone")),
    ]
