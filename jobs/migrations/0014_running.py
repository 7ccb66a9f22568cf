"""What a body says while it runs, how long it may take, and who wants it to stop. Null for all that is there: no row
is rewritten, and the checks are validated by 0015."""

from datetime import UTC, datetime

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("jobs", "0013_health")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="attempt",
            name="log",
            field=models.JSONField(blank=True, help_text="What the target said while it ran.", null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="progress",
            field=models.FloatField(blank=True, help_text="Of its work, 0 to 1, as it says itself.", null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="progress_note",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="cancel_requested_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="deadline",
            field=models.IntegerField(
                blank=True,
                help_text="How many seconds it may take, from its time or, if later, from when its worker took it. "
                "Empty: any.",
                null=True,
            ),
        ),
        AddConstraintNotValid(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="jobs_attempt_progress_is_a_share"
            ),
        ),
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(condition=Q(deadline__gt=0), name="jobs_deadline_positive"),
        ),
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=Q(cancel_requested_at__isnull=True)
                | Q(
                    ~Q(state__in=[0, 4, 6]),
                    cancel_requested_at__gte=datetime(1970, 1, 1, tzinfo=UTC),
                    cancel_requested_at__lt=datetime(9999, 12, 31, tzinfo=UTC),
                ),
                name="jobs_asked_to_stop_has_run",
            ),
        ),
    ]
