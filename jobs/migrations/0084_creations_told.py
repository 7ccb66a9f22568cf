"""How far the creations of jobs have been told to a subscription: a column of a table of fifty rows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0083_telling'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='subscription',
            name='jobs_upto',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
    ]
