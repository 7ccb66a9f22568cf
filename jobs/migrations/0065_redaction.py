"""Jobs that are over can be redacted, and rules of how long they stay are rows of a table. See ADR 54.

No row of a big table is read or written: a column that may be empty costs nothing. Backwards 0066 refuses while a job
is redacted."""

from importlib import import_module

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

STAYS = import_module("jobs.migrations.0056_audit_stays").STAYS

SUBJECTS = [
    *("job", "queue", "key", "trigger", "calendar", "worker", "creation_limit", "schedule", "installation", "team"),
    *("target", "token", "stop", "operation", "retention", "account", "group", "login", "request"),
]
BEFORE = [
    *("cancel", "run_now", "reschedule", "retry", "confirm_done", "confirm_failed", "approve"),
    *("create", "change", "delete", "pause", "resume", "limit", "lift", "drain", "keep", "let_go", "log_in", "refuse"),
]
WITH_REDACT = [*BEFORE[:-2], "redact", *BEFORE[-2:]]
VERBS = [(verb, verb.replace("_", " ").title()) for verb in WITH_REDACT]
FINAL = [2, 3, 4, 5, 6]

# The view has the columns of the table, then what only the history has: a new one goes behind these.
COLUMN = """
ALTER TABLE jobs_history ADD COLUMN redacted_at timestamptz;
DO $$ DECLARE names text; BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names
    FROM pg_attribute WHERE attrelid = 'jobs_job'::regclass AND attnum > 0 AND NOT attisdropped
        AND attname <> 'redacted_at';
    EXECUTE format('CREATE OR REPLACE VIEW jobs_all AS '
        'SELECT %s, NULL::timestamptz AS moved_at, NULL::date AS remove_on, redacted_at FROM jobs_job '
        'UNION ALL SELECT %s, moved_at, remove_on, redacted_at FROM jobs_history', names, names);
END $$
"""
NO_COLUMN = """
DO $$ DECLARE names text; BEGIN
    DROP VIEW jobs_all;
    ALTER TABLE jobs_history DROP COLUMN redacted_at;
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names
    FROM pg_attribute WHERE attrelid = 'jobs_job'::regclass AND attnum > 0 AND NOT attisdropped
        AND attname <> 'redacted_at';
    EXECUTE format('CREATE VIEW jobs_all AS SELECT %s, NULL::timestamptz AS moved_at, NULL::date AS remove_on '
        'FROM jobs_job UNION ALL SELECT %s, moved_at, remove_on FROM jobs_history', names, names);
END $$
"""

# What of a job's audit is free text or data of its own: who changed which of them, and when, stays.
REDACTED = """
CREATE FUNCTION jobs_audit_redacted(described jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN jsonb_typeof(described) = 'object' THEN coalesce((
    SELECT jsonb_object_agg(key, CASE
        WHEN key IN ('payload', 'name', 'key', 'labels') AND value <> 'null' THEN '"redacted"' ELSE value END)
    FROM jsonb_each(described)
), described) ELSE described END
$$
"""
STAYS_BUT_FOR_THAT = """
CREATE OR REPLACE FUNCTION jobs_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '29 days' THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND NEW.by_id IS NULL AND to_jsonb(NEW) - 'by_id' = to_jsonb(OLD) - 'by_id' THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'before' - 'after' = to_jsonb(OLD) - 'before' - 'after'
        AND NEW.before IS NOT DISTINCT FROM jobs_audit_redacted(OLD.before)
        AND NEW.after IS NOT DISTINCT FROM jobs_audit_redacted(OLD.after)
        AND (EXISTS (SELECT FROM jobs_job WHERE id = OLD.job_id AND redacted_at IS NOT NULL)
            OR EXISTS (SELECT FROM jobs_history WHERE id = OLD.job_id AND redacted_at IS NOT NULL)) THEN
        RETURN NEW;
    END IF;
    RAISE restrict_violation USING TABLE = 'jobs_audit', CONSTRAINT = 'jobs_audit_stays',
        MESSAGE = 'rows of jobs_audit stay as they were written (jobs_audit_stays)',
        HINT = 'They may be deleted when they are 29 days old; JOBS_KEEP_AUDIT says when RunAt does.';
END $$
"""
AS_IT_WAS = STAYS.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")

# Rows stay when this is undone: those that the release before has no word for are not looked at again.
AS_BEFORE = f"""
ALTER TABLE jobs_audit ADD CONSTRAINT jobs_audit_verb_known
    CHECK (verb IN ({", ".join(f"'{verb}'" for verb in BEFORE)})) NOT VALID
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0064_view_secrets")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "does",
                    models.CharField(
                        choices=[
                            ("remove", "removed: nothing stays of them"),
                            (
                                "redact",
                                "redacted: payload, result, errors, output, name, key and labels go, the ledger stays",
                            ),
                        ],
                        max_length=10,
                        verbose_name="they are",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("queue", "those of the queue"),
                            ("target", "those of the target"),
                            ("label", "those with the label (key:value, or key for any value)"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="which jobs",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of that queue, target or label.",
                        max_length=200,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completed", "completed"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("interrupted", "interrupted"),
                            ("skipped", "skipped"),
                        ],
                        db_default="",
                        default="",
                        help_text="Empty: however.",
                        max_length=12,
                        verbose_name="ended as",
                    ),
                ),
                ("days", models.IntegerField(help_text="So many days after their end, 1 to 36,500.")),
            ],
            options={
                "ordering": ["does", "kind", "name", "state"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("does", "kind", "name", "state"),
                        name="jobs_retention_rule_once",
                        violation_error_message="There is a rule for these jobs already: change that one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 1), ("days__lte", 36500)),
                        name="jobs_retention_rule_days",
                        violation_error_message="The days are 1 to 36,500.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", ""), ("name", "")),
                            models.Q(
                                models.Q(("kind", ""), _negated=True),
                                models.Q(("name", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="jobs_retention_rule_named",
                        violation_error_message="Name the queue, target or label, or choose all jobs and no name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("does", "remove"), ("kind", "label"), _negated=True),
                        name="jobs_retention_rule_removes_by",
                        violation_error_message="Jobs are removed by their queue, target or state, not by a label.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("does", "remove"), ("kind", ""), ("state", ""), _negated=True),
                        name="jobs_retention_rule_removes_some",
                        violation_error_message="Say of which queue, target or state the removed jobs are.",
                    ),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="job",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("control_job", "Can cancel, run now, retry and reschedule jobs"),
                    ("approve_job", "Can approve jobs of others"),
                    ("view_secrets", "Can see what is secret in arguments"),
                    ("redact_job", "Can redact jobs: take away what they were given and have returned"),
                ],
            },
        ),
        migrations.AlterField(
            "audit",
            "subject",
            models.CharField(
                choices=[(subject, subject.replace("_", " ").title()) for subject in SUBJECTS],
                db_default="job",
                default="job",
                max_length=20,
            ),
        ),
        migrations.AlterField("audit", "verb", models.CharField(choices=VERBS, max_length=20)),
        # What locks tables that are in use comes last: what Django does between takes longer than its statements.
        migrations.RunSQL(REDACTED, "DROP FUNCTION jobs_audit_redacted(jsonb)"),
        migrations.RunSQL(STAYS_BUT_FOR_THAT, AS_IT_WAS),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("ALTER TABLE jobs_audit DROP CONSTRAINT jobs_audit_verb_known", AS_BEFORE)
            ],
            state_operations=[migrations.RemoveConstraint("audit", "jobs_audit_verb_known")],
        ),
        # Without a look at the rows that are there: 0066 takes it.
        AddConstraintNotValid(
            "audit",
            models.CheckConstraint(
                condition=models.Q(verb__in=[verb for verb, _ in VERBS]), name="jobs_audit_verb_known"
            ),
        ),
        migrations.AddField(
            "job",
            "redacted_at",
            models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When what it held was taken away; null: it is all there.",
                null=True,
            ),
        ),
        migrations.RunSQL(COLUMN, NO_COLUMN),
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=models.Q(("redacted_at__isnull", True), ("state__in", FINAL), _connector="OR"),
                name="jobs_redacted_is_over",
            ),
        ),
    ]
