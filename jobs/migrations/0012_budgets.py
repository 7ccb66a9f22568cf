"""How fast jobs may be created. Two new tables: nothing that is there is read or rewritten."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('jobs', '0011_policies_indexed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('subject', models.TextField(primary_key=True, serialize=False)),
                ('moment', models.DateTimeField(help_text='When all that was created will have been earned.')),
            ],
        ),
        migrations.CreateModel(
            name='CreationLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rate', models.FloatField(blank=True, help_text='Jobs a second, on average. Empty: unlimited.', null=True)),
                ('burst', models.IntegerField(blank=True, help_text='Jobs at once, after a pause. Empty: as many as in one second, at least 1.', null=True)),
                ('bulk_rate', models.FloatField(blank=True, help_text='Jobs a second in bulk requests. Empty: as for single jobs, in a budget of its own.', null=True)),
                ('bulk_burst', models.IntegerField(blank=True, help_text='Jobs at once, after a pause. Empty: as many as in one second, at least 1. No bulk request may be bigger.', null=True)),
                ('group', models.ForeignKey(blank=True, help_text='Its members, each for themselves. Empty: everyone with a session (page, admin, browser) who is in no group of this list.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='auth.group')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('group', 0), name='jobs_creationlimit_one_each', violation_error_message='There is a limit for these already; change that one.'), models.CheckConstraint(condition=models.Q(('rate__gte', 0.001), ('rate__lte', 10000)), name='jobs_creationlimit_rate_range', violation_error_message='Rate: give 0.001 to 10,000, or nothing.'), models.CheckConstraint(condition=models.Q(('burst__gte', 1), ('burst__lte', 1000000)), name='jobs_creationlimit_burst_range', violation_error_message='Burst: give 1 to 1,000,000, or nothing.'), models.CheckConstraint(condition=models.Q(('bulk_rate__gte', 0.001), ('bulk_rate__lte', 10000)), name='jobs_creationlimit_bulk_rate_range', violation_error_message='Bulk rate: give 0.001 to 10,000, or nothing.'), models.CheckConstraint(condition=models.Q(('bulk_burst__gte', 1), ('bulk_burst__lte', 1000000)), name='jobs_creationlimit_bulk_burst_range', violation_error_message='Bulk burst: give 1 to 1,000,000, or nothing.'), models.CheckConstraint(condition=models.Q(models.Q(('burst', None), ('rate__isnull', False), _connector='OR'), models.Q(('bulk_burst', None), ('bulk_rate__isnull', False), _connector='OR')), name='jobs_creationlimit_burst_has_rate', violation_error_message='A burst without a rate limits nothing: give the rate too, or neither.')],
            },
        ),
        # Each limited creation updates one row, and no indexed column of it.
        migrations.RunSQL(
            "ALTER TABLE jobs_budget SET (fillfactor = 50)", "ALTER TABLE jobs_budget RESET (fillfactor)"
        ),
    ]
