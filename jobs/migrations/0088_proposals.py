"""Changes that programs propose and people approve. The table is new and empty. What the audit is about has one word
more, which the database does not check."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jobs.models.payload

SUBJECTS = (
    *("job", "queue", "key", "trigger", "calendar", "worker", "creation_limit", "schedule", "installation"),
    *("team", "target", "token", "stop", "operation", "retention", "destination", "alert", "alert_rule"),
    *("subscription", "objective", "view", "proposal", "account", "group", "login", "request"),
)
PERSON = {"null": True, "db_constraint": False, "related_name": "+", "to": settings.AUTH_USER_MODEL}
ACTIONS = ("cancel", "retry", "run_now", "reschedule", "create", "pause_queue")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0087_uploads"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        max_length=20, choices=[(word, word.replace("_", " ").title()) for word in ACTIONS]
                    ),
                ),
                (
                    "job_id",
                    models.BigIntegerField(null=True, help_text="Of the job that it is about, or that it has created."),
                ),
                ("name", models.CharField(blank=True, max_length=255, help_text="Of that job.")),
                ("queue", models.CharField(max_length=255)),
                ("target", models.CharField(blank=True, max_length=255)),
                ("labels", models.JSONField(default=dict)),
                (
                    "arguments",
                    models.JSONField(
                        encoder=jobs.models.payload.PayloadEncoder, decoder=jobs.models.payload.PayloadDecoder
                    ),
                ),
                (
                    "seen",
                    models.CharField(
                        blank=True, max_length=64, help_text="The version of what it is about, as it was seen."
                    ),
                ),
                ("preview", models.TextField(help_text="What would be done, in sentences.")),
                ("reason", models.TextField(help_text="Why, in the words of whoever proposes it.")),
                ("created_by", models.ForeignKey(on_delete=django.db.models.deletion.SET_NULL, **PERSON)),
                ("created_by_name", models.CharField(blank=True, max_length=254)),
                (
                    "created_by_token",
                    models.CharField(blank=True, max_length=255, help_text="Its beginning and its name."),
                ),
                ("created_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(help_text="From then on nobody can approve it.")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("", "open"), ("done", "done"), ("refused", "refused"), ("stale", "not done")],
                        default="",
                        max_length=10,
                    ),
                ),
                ("answer", models.TextField(blank=True, help_text="What became of it, in a sentence.")),
                ("decided_by", models.ForeignKey(on_delete=django.db.models.deletion.SET_NULL, **PERSON)),
                ("decided_by_name", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["ends_at"], name="jobs_proposal_ends")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(outcome="", decided_at=None)
                        | (~models.Q(outcome="") & models.Q(decided_at__isnull=False)),
                        name="jobs_proposal_decided_or_open",
                    ),
                    models.CheckConstraint(condition=~models.Q(reason=""), name="jobs_proposal_says_why"),
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
    ]
