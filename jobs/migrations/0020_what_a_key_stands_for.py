"""A digest of what was asked for with an Idempotency-Key. Null for rows of before: no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0019_dependencies_indexed")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        *(
            migrations.AddField(
                model_name=model,
                name="idempotency_digest",
                field=models.CharField(blank=True, editable=False, max_length=64, null=True),
            )
            for model in ("job", "batch")
        ),
    ]
