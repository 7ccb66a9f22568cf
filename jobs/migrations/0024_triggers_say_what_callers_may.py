"""Triggers name the arguments that callers may give, none where none is named: those of before give none from now on.
Their runs may have times, and know by which trigger they were started. No row is rewritten: jobs_job only gets a column
without a default."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("jobs", "0023_turns_indexed")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="trigger",
            name="caller_arguments",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text='Which arguments those who start it may give, such as ["json"]. Empty: none.',
            ),
        ),
        migrations.AddField(
            model_name="trigger",
            name="deadline",
            field=models.IntegerField(
                blank=True,
                help_text="How many seconds a run may take; then it fails. Empty: however long.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="trigger",
            name="start_within",
            field=models.IntegerField(
                blank=True,
                help_text="How many seconds late a run may start; later it is skipped. Empty: any.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="trigger",
            constraint=models.CheckConstraint(
                condition=(Q(deadline__isnull=True) | Q(deadline__gte=1))
                & (Q(start_within__isnull=True) | Q(start_within__gte=1)),
                name="jobs_trigger_times_positive",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="trigger",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="The trigger that has started it.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="jobs.trigger",
            ),
        ),
    ]
