"""After which ends a rerunnable job starts again, and how late a job may start. Constant defaults: no row is rewritten."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models.lookups import Exact


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_results")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="retry_on",
            field=models.JSONField(
                blank=True,
                db_default=[],
                default=list,
                help_text="After which ends it starts again, if rerunnable: failure, unknown, unsent, 5xx, TimeoutError ...",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="start_within",
            field=models.IntegerField(
                blank=True,
                help_text="How many seconds after its time it may still start; later it is skipped. Empty: any.",
                null=True,
            ),
        ),
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(condition=models.Q(start_within__gt=0), name="jobs_start_within_positive"),
        ),
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    Exact(
                        models.Func("retry_on", function="jsonb_typeof", output_field=models.TextField()),
                        "array",
                    ),
                    models.Q(("rerunnable", True), ("retry_on", []), _connector="OR"),
                ),
                name="jobs_retries_as_declared",
            ),
        ),
    ]
