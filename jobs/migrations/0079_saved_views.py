"""Lists of jobs that people save under a name. What the audit is about has one word more, which the database does not
check."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SUBJECTS = (
    *("job", "queue", "key", "trigger", "calendar", "worker", "creation_limit", "schedule", "installation"),
    *("team", "target", "token", "stop", "operation", "retention", "destination", "alert", "alert_rule"),
    *("subscription", "objective", "view", "account", "group", "login", "request"),
)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0078_apprise"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("query", models.CharField(blank=True, max_length=4000)),
                ("created_at", models.DateTimeField(editable=False)),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Whose members see it, too.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="jobs.team",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="jobs_savedview_name_once"),
                    models.CheckConstraint(condition=~models.Q(name=""), name="jobs_savedview_has_a_name"),
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
