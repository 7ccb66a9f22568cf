"""The order in which an operation spreads jobs: a column that may be empty, of a small table."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0080_admin_unlocks")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="operation",
            name="in_order",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                editable=False,
                help_text="Of jobs that are spread: all of them, in the order of their times when it began.",
                null=True,
                size=None,
            ),
        ),
    ]
