"""Schedules say in which file they are declared. No row is rewritten: the default stands in the table, for processes of
the release before, too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0033_operations'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='schedule',
            name='declared_in',
            field=models.TextField(blank=True, db_default='', default='', editable=False, help_text='The file that declares it. Empty: a person has made it.'),
        ),
    ]
