"""What happens when a worker vanishes, per job; and the audit. Instant on a big live table: a column with a constant
default rewrites nothing, and the CHECK is validated by 0004, outside this transaction's locks."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

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
]


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_table_storage"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # New columns need the table for a moment. Behind a long transaction that wait would hold up every start:
        # give up instead, and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="rerunnable",
            field=models.BooleanField(db_default=False, help_text="Running it twice does no harm."),
        ),
        migrations.AddField(
            model_name="job",
            name="max_attempts",
            field=models.SmallIntegerField(db_default=1, help_text="How many starts it may have, if rerunnable."),
        ),
        AddConstraintNotValid(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(max_attempts__gte=1, max_attempts__lte=100), name="jobs_max_attempts_bounded"
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="reason",
            field=models.TextField(blank=True, db_default="", editable=False, help_text="Why it is in its state."),
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verb", models.CharField(choices=VERBS, max_length=20)),
                ("reason", models.TextField(blank=True, db_default="")),
                ("at", models.DateTimeField()),
                ("from_state", models.SmallIntegerField(choices=STATES)),
                ("to_state", models.SmallIntegerField(choices=STATES)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: a program, or somebody whose account was deleted.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(verb__in=[verb for verb, _ in VERBS]), name="jobs_audit_verb_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            from_state__in=[state for state, _ in STATES], to_state__in=[state for state, _ in STATES]
                        ),
                        name="jobs_audit_states_known",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(from_state=5) | ~models.Q(reason=""), name="jobs_audit_says_why"
                    ),
                ],
            },
        ),
    ]
