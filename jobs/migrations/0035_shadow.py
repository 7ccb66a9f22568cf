"""Schedules in shadow: they note when they would have started. No row is rewritten: the default stands in the table, for
processes of the release before, too. Backwards what was in shadow is switched off, as it counted all the while."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

CAUSES = [
    ("paused", "the schedule was paused"),
    ("disabled", "the schedule was switched off"),
    ("downtime", "nothing was there to start it"),
    ("catch_up", "more had been missed than the schedule makes up for"),
    ("calendar", "the calendar was closed"),
    ("running", "an earlier run had not ended"),
    ("late", "it was later than it may start"),
    ("person", "somebody skipped it"),
    ("target", "its target could not be called"),
    ("dependency", "a job that it waited for did not end as wanted"),
    ("shadow", "it would have started: the schedule is in shadow"),
]


class Migration(migrations.Migration):
    dependencies = [("jobs", "0034_declared_schedules")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "schedule",
            "shadow",
            models.BooleanField(
                db_default=False, default=False, help_text="It notes when it would have started, and starts nothing."
            ),
        ),
        migrations.AlterField(
            "occurrence", "cause", models.CharField(blank=True, choices=CAUSES, max_length=12, null=True)
        ),
        # Without a look at the rows that are there: 0036 takes it.
        AddConstraintNotValid(
            "schedule",
            models.CheckConstraint(
                condition=models.Q(enabled=False) | models.Q(shadow=False), name="jobs_schedule_shadow_is_off"
            ),
        ),
        migrations.RemoveConstraint("occurrence", "jobs_occurrence_cause_known"),
        AddConstraintNotValid(
            "occurrence",
            models.CheckConstraint(
                condition=models.Q(cause__isnull=True) | models.Q(cause__in=[cause for cause, _ in CAUSES]),
                name="jobs_occurrence_cause_known",
            ),
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop, "UPDATE jobs_occurrence SET cause = 'disabled' WHERE cause = 'shadow'"
        ),
    ]
