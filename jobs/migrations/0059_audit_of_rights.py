"""The audit has more subjects: accounts, groups, logins, requests that were refused; and says which token was used."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

BEFORE = [
    *("cancel", "run_now", "reschedule", "retry", "confirm_done", "confirm_failed", "approve"),
    *("create", "change", "delete", "pause", "resume", "limit", "lift", "drain", "keep", "let_go"),
]
VERBS = [(verb, verb.replace("_", " ").title()) for verb in (*BEFORE, "log_in", "refuse")]
SUBJECTS = [
    *("job", "queue", "key", "trigger", "calendar", "worker", "creation_limit", "schedule", "installation", "team"),
    *("target", "token", "stop", "account", "group", "login", "request"),
]
# Rows stay when this is undone: those that the release before has no words for are not looked at again.
AS_BEFORE = f"""
ALTER TABLE jobs_audit ADD CONSTRAINT jobs_audit_verb_known
    CHECK (verb IN ({", ".join(f"'{verb}'" for verb in BEFORE)})) NOT VALID
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0058_stops_not_over")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
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
        migrations.AddField(
            "audit",
            "by_token",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Which token it was asked with; empty: none.",
                max_length=255,
            ),
        ),
        # Without a look at the rows that are there: 0060 takes it.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("ALTER TABLE jobs_audit DROP CONSTRAINT jobs_audit_verb_known", AS_BEFORE)
            ],
            state_operations=[migrations.RemoveConstraint("audit", "jobs_audit_verb_known")],
        ),
        AddConstraintNotValid(
            "audit",
            models.CheckConstraint(
                condition=models.Q(verb__in=[verb for verb, _ in VERBS]), name="jobs_audit_verb_known"
            ),
        ),
    ]
