"""Labels of jobs and schedules. Constant defaults: no row is rewritten."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models.lookups import Exact, LessThanOrEqual


def labels_are_texts(name):
    kind = models.Func("labels", function="jsonb_typeof", output_field=models.TextField())
    size = models.Func("labels", function="pg_column_size", output_field=models.IntegerField())
    other = models.Func(
        "labels",
        models.Value('strict $.* ? (@.type() != "string")'),
        function="jsonb_path_exists",
        output_field=models.BooleanField(),
    )
    texts = models.Q(Exact(kind, "object"), LessThanOrEqual(size, 8192), Exact(other, models.Value(False)))
    return models.CheckConstraint(condition=models.Q(labels={}) | texts, name=name)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0038_schedules_after_others_indexed")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "schedule",
            "labels",
            models.JSONField(blank=True, db_default={}, default=dict, help_text="On every job that it makes."),
        ),
        AddConstraintNotValid("schedule", labels_are_texts("jobs_schedule_labels_are_texts")),
        # The busy table last: what Django does between takes longer than these statements.
        migrations.AddField("job", "labels", models.JSONField(blank=True, db_default={}, default=dict)),
        AddConstraintNotValid("job", labels_are_texts("jobs_labels_are_texts")),
    ]
