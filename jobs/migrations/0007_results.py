"""A place for what a target returned. Null for all that is there: no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_repair_and_validate")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="attempt",
            name="result",
            field=models.JSONField(
                blank=True, help_text="What the target returned; a long one is cut short.", null=True
            ),
        ),
    ]
