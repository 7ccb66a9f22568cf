"""The table refuses more of what cannot be true, and the leader notes since when messages may be missing.

Rows that are refused from now on can only have come by SQL. They are repaired so that nothing else changes:

- more than one start without the declaration: `max_attempts` becomes 1, which is what such a row has meant until now;
- a time that Python cannot hold, such as 'infinity': `run_at` takes its place, the one time that was always checked.
  `enqueued_at` becomes empty instead, so that the row is listed: with 'infinity' there no list query ever found it again.

No update of such a row would pass the new CHECKs, so one of them would fail the list query and with it all jobs: the rows
that beats and workers touch are repaired here, in the transaction that adds the CHECKs. That reads the pending and the
running jobs under its lock; 0006 does the rest beside everybody's work."""

from datetime import UTC, datetime

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
INSTEAD = {
    "created_at": "run_at",
    "enqueued_at": "NULL",
    "locked_at": "run_at",
    "execute_at": "run_at",
    "finished_at": "run_at",
}
OFF = {name: f"({name} < '{FIRST}' OR {name} >= '{LAST}')" for name in INSTEAD}
REPAIR = f"""
UPDATE jobs_job SET
    max_attempts = CASE WHEN rerunnable THEN max_attempts ELSE 1 END,
    {", ".join(f"{name} = CASE WHEN {OFF[name]} THEN {other} ELSE {name} END" for name, other in INSTEAD.items())}
WHERE (max_attempts <> 1 AND NOT rerunnable OR {" OR ".join(OFF.values())}) AND """


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_validate_and_index")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        # The jobs before the leader, as in a list query: two orders would be a deadlock.
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("rerunnable", True), ("max_attempts", 1), _connector="OR"),
                name="jobs_starts_as_declared",
            ),
        ),
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    *((f"{name}__gte", FIRST) for name in INSTEAD), *((f"{name}__lt", LAST) for name in INSTEAD)
                ),
                name="jobs_moments_in_range",
            ),
        ),
        migrations.RunSQL([REPAIR + "state = 0", REPAIR + "state = 1"], migrations.RunSQL.noop),
        migrations.AddField(
            model_name="leadership",
            name="unpublished_since",
            field=models.DateTimeField(help_text="Jobs marked since then may have no message yet.", null=True),
        ),
        # What a leader of before this column has left.
        migrations.RunSQL(
            "UPDATE jobs_leadership SET unpublished_since = listed_at WHERE published_at IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
