"""Whether a worker takes messages of many jobs. Workers of before say nothing of it, and do not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0044_labels_of_triggers")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "worker",
            "bundles",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="It takes messages that carry many jobs; releases before do not.",
            ),
        ),
    ]
