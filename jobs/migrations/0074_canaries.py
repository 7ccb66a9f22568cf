"""An operation may try some jobs first, and go on by itself only if most of these succeed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0073_failures_indexed")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="operation",
            name="first",
            field=models.SmallIntegerField(
                blank=True,
                help_text="How many it tries first; the others follow if most of these succeed.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="operation",
            name="went_on_at",
            field=models.DateTimeField(
                blank=True, help_text="When enough of the first had succeeded.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="operation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first__isnull", True), ("went_on_at__isnull", True)),
                    models.Q(
                        ("first__gt", 0),
                        ("first__isnull", False),
                        ("kind", "jobs"),
                        ("per_minute__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="jobs_operation_first",
            ),
        ),
        # Backwards one that is trying its first jobs would change all: the release before knows no first ones.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "UPDATE jobs_operation SET ended_at = now(), outcome = 'cancelled', why = 'The release before cannot try some first.'"
            " WHERE ended_at IS NULL AND first IS NOT NULL",
        ),
    ]
