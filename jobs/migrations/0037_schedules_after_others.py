"""Schedules may come after others. No row is rewritten: the defaults stand in the table, for processes of the release
before, too. 0038 has the indexes."""

import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0036_shadow_indexed'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='schedule',
            name='after_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, help_text='The schedules after which it comes.', size=None),
        ),
        migrations.AddField(
            model_name='schedule',
            name='after_end',
            field=models.CharField(choices=[('success', 'all of them completed'), ('any', 'all of them ended, however')], db_default='success', default='success', max_length=10),
        ),
        migrations.AddField(
            model_name='schedule',
            name='has_followers',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Whether others may come after it.'),
        ),
        AddConstraintNotValid(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('after_end__in', ['success', 'any'])), name='jobs_schedule_after_end_known'),
        ),
    ]
