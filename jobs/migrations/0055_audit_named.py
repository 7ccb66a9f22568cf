"""The audit keeps the name of who asked when the account goes. See ADR 48."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0054_stops")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "audit",
            "by_name",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of whoever asked; empty: a program.",
                max_length=254,
            ),
        ),
    ]
