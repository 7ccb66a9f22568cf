"""By what and where a start has failed: null for those that have not, and for all that there are. No row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0071_traceparent_validated")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="attempt",
            name="failure",
            field=models.TextField(
                blank=True, help_text="By what and where it failed: its fingerprint.", null=True
            ),
        ),
    ]
