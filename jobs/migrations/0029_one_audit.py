"""One audit of all that people change: what they asked of limits joins what they asked of jobs, with triggers, calendars and
workers, each with what it was before and after. A view stands where the audit of limits was: processes of the release before
read and write it while they run beside this one. Backwards the rows of limits go back, and those of triggers, calendars and
workers go, for which there was no place."""

import django.db.models.deletion
import jobs.models.payload
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

JOINS = """
LOCK TABLE jobs_limitaudit IN ACCESS EXCLUSIVE MODE;
INSERT INTO jobs_audit (subject, name, verb, by_id, reason, at, after)
SELECT kind, name, verb, by_id, reason, at, nullif("values", '{}') FROM jobs_limitaudit ORDER BY id
"""
LEAVES = """
INSERT INTO jobs_limitaudit (kind, name, verb, by_id, reason, at, "values")
SELECT subject, left(name, 200), verb, by_id, reason, at, coalesce(after, '{}') FROM jobs_audit
WHERE subject IN ('queue', 'key') ORDER BY id;
DELETE FROM jobs_audit WHERE subject <> 'job'
"""
AS_BEFORE = """
CREATE VIEW jobs_limitaudit AS
SELECT id, subject AS kind, name, verb, reason, after AS "values", at, by_id FROM jobs_audit WHERE subject IN ('queue', 'key')
"""
STATES = [
    (0, "pending"),
    (1, "running"),
    (2, "completed"),
    (3, "failed"),
    (4, "cancelled"),
    (5, "interrupted"),
    (6, "skipped"),
]
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
]
SUBJECTS = [
    ("job", "Job"),
    ("queue", "Queue"),
    ("key", "Key"),
    ("trigger", "Trigger"),
    ("calendar", "Calendar"),
    ("worker", "Worker"),
    ("creation_limit", "Creation Limit"),
]
DESCRIBED = {
    "blank": True,
    "null": True,
    "decoder": jobs.models.payload.PayloadDecoder,
    "encoder": jobs.models.payload.PayloadEncoder,
}


class Migration(migrations.Migration):
    dependencies = [("jobs", "0028_lane_is_limit")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "audit",
            "subject",
            models.CharField(choices=SUBJECTS, db_default="job", default="job", max_length=20),
        ),
        migrations.AddField(
            "audit", "name", models.CharField(blank=True, db_default="", default="", max_length=255)
        ),
        migrations.AddField(
            "audit", "before", models.JSONField(help_text="Empty: it was not there.", **DESCRIBED)
        ),
        migrations.AddField("audit", "after", models.JSONField(help_text="Empty: it is gone.", **DESCRIBED)),
        migrations.AlterField(
            "audit",
            "job",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="audit",
                to="jobs.job",
            ),
        ),
        migrations.AlterField(
            "audit", "from_state", models.SmallIntegerField(blank=True, choices=STATES, null=True)
        ),
        migrations.AlterField("audit", "to_state", models.SmallIntegerField(blank=True, choices=STATES, null=True)),
        migrations.AlterField("audit", "verb", models.CharField(choices=VERBS, max_length=20)),
        # Without a look at the rows that are there: 0030 takes it, without a lock that anybody would wait for.
        migrations.RemoveConstraint("audit", "jobs_audit_verb_known"),
        AddConstraintNotValid(
            "audit",
            models.CheckConstraint(
                condition=models.Q(verb__in=[verb for verb, _ in VERBS]), name="jobs_audit_verb_known"
            ),
        ),
        AddConstraintNotValid(
            "audit",
            models.CheckConstraint(
                condition=models.Q(
                    subject="job", job__isnull=False, from_state__isnull=False, to_state__isnull=False
                )
                | models.Q(~models.Q(subject="job"), job__isnull=True),
                name="jobs_audit_of_something",
            ),
        ),
        migrations.RunSQL(JOINS, LEAVES),
        migrations.DeleteModel("LimitAudit"),
        migrations.RunSQL(AS_BEFORE, "DROP VIEW jobs_limitaudit"),
    ]
