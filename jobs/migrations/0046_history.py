"""Jobs that are over go to a table of their own, which is removed by the day.

No row is read, moved or rewritten here. What is there stays where it is until a person has switched the moving on;
where nothing has been yet, it is on. Backwards it refuses while there is anything in the history: the rows would have
to go back into a big table under its lock. `manage.py retention --bring-back` does that first, some at a time."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

VERBS = [
    ("cancel", "Cancel"),
    ("run_now", "Run Now"),
    ("reschedule", "Reschedule"),
    ("retry", "Retry"),
    ("confirm_done", "Confirm Done"),
    ("confirm_failed", "Confirm Failed"),
    ("approve", "Approve"),
    ("create", "Create"),
    ("change", "Change"),
    ("delete", "Delete"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("limit", "Limit"),
    ("lift", "Lift"),
    ("drain", "Drain"),
    ("keep", "Keep"),
    ("let_go", "Let Go"),
]

HISTORY = """
CREATE TABLE jobs_history (
    LIKE jobs_job,
    attempts jsonb NOT NULL,
    waits_for bigint[] NOT NULL,
    dependents bigint[] NOT NULL,
    moved_at timestamptz NOT NULL,
    remove_on date
) PARTITION BY LIST (remove_on);
CREATE TABLE jobs_history_kept PARTITION OF jobs_history FOR VALUES IN (NULL);
CREATE INDEX jobs_history_id ON jobs_history (id);
CREATE INDEX jobs_history_finished ON jobs_history (finished_at DESC, id DESC);
CREATE INDEX jobs_history_of_batch ON jobs_history (batch_id) WHERE batch_id IS NOT NULL;

DO $$ DECLARE names text; BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names
    FROM pg_attribute WHERE attrelid = 'jobs_job'::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('CREATE VIEW jobs_all AS SELECT %s, NULL::timestamptz AS moved_at, NULL::date AS remove_on '
        'FROM jobs_job UNION ALL SELECT %s, moved_at, remove_on FROM jobs_history', names, names);
END $$
"""

BACK = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM jobs_history) THEN
        RAISE EXCEPTION 'jobs_history has rows, which the release before cannot read'
            USING HINT = 'Bring them back first: python manage.py retention --bring-back';
    END IF;
END $$;
DROP VIEW jobs_all;
DROP TABLE jobs_history;
"""

# Before the constraint is there again.
ONLY_THERE = """
UPDATE jobs_batch SET callback_id = NULL
WHERE callback_id IS NOT NULL AND NOT EXISTS (SELECT FROM jobs_job WHERE jobs_job.id = jobs_batch.callback_id)
"""

NEW_HAS_IT_ON = """
UPDATE jobs_installation SET retention_on_at = now()
WHERE NOT EXISTS (SELECT FROM jobs_job) AND NOT EXISTS (SELECT FROM jobs_audit)
    AND NOT EXISTS (SELECT FROM jobs_workerlog)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0045_workers_take_bundles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Kept",
            fields=[
                (
                    "job_id",
                    models.BigIntegerField(help_text="Whose row it is, wherever that is.", primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name_plural": "kept"},
        ),
        migrations.RunSQL(HISTORY, BACK),
        # What locks tables that are in use comes last: what Django does between takes longer than its statements.
        migrations.AlterField("audit", "verb", models.CharField(choices=VERBS, max_length=20)),
        migrations.RemoveConstraint("audit", "jobs_audit_verb_known"),
        migrations.RunSQL(
            migrations.RunSQL.noop, "UPDATE jobs_audit SET verb = 'change' WHERE verb IN ('keep', 'let_go')"
        ),
        # Without a look at the rows that are there: 0047 takes it.
        AddConstraintNotValid(
            "audit",
            models.CheckConstraint(
                condition=models.Q(verb__in=[verb for verb, _ in VERBS]), name="jobs_audit_verb_known"
            ),
        ),
        migrations.AddField(
            "installation",
            "retention_on_at",
            models.DateTimeField(
                help_text="When it began to remove what is old; empty: nothing is moved or removed.", null=True
            ),
        ),
        migrations.RunSQL(NEW_HAS_IT_ON, migrations.RunSQL.noop),
        migrations.AlterField(
            "batch",
            "callback",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The job that waits for the end of all of them.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="jobs.job",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, ONLY_THERE),
    ]
