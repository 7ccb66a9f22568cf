"""Calendars, and what a job says of its own. Constant defaults: no row is rewritten. The foreign key comes with an empty
column, so no row is read for it; the rest of what reads rows is in 0017."""

import datetime
import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0015_validate_running'),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Stands in its address.', max_length=100, unique=True)),
                ('time_zone', models.CharField(db_default='UTC', default='UTC', help_text='Of its days and hours: UTC or a name like Europe/Berlin.', max_length=64)),
                ('open_days', models.SmallIntegerField(db_default=31, default=31, help_text='1 is Monday, 2 Tuesday, 4 Wednesday ...; their sum.')),
                ('open_from', models.TimeField(blank=True, help_text='When each of these days opens. Empty: at midnight.', null=True)),
                ('open_until', models.TimeField(blank=True, help_text='When it closes. Empty: at midnight.', null=True)),
                ('holidays_of', models.CharField(blank=True, db_default='', default='', help_text='Closed on the public holidays of this country, or of a part of it: DE, DE-BW. Empty: of none.', max_length=60)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name__regex', '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$')), name='jobs_calendar_named'), models.CheckConstraint(condition=models.Q(('open_days__gte', 0), ('open_days__lte', 127)), name='jobs_calendar_days_known'), models.CheckConstraint(condition=models.Q(('open_until__gt', models.F('open_from')), models.Q(('open_from__isnull', True), ('open_until__gt', datetime.time(0, 0))), ('open_until__isnull', True), _connector='OR'), name='jobs_calendar_hours_in_order')],
            },
        ),
        migrations.CreateModel(
            name='CalendarRange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_day', models.DateField()),
                ('first_time', models.TimeField(blank=True, help_text='Empty: from its midnight on.', null=True)),
                ('last_day', models.DateField()),
                ('last_time', models.TimeField(blank=True, help_text='Empty: all of the last day.', null=True)),
                ('is_open', models.BooleanField(db_default=False, default=False, help_text='Open, instead of closed.')),
                ('label', models.CharField(blank=True, db_default='', default='', help_text='Why, for people.', max_length=200)),
            ],
            options={
                'verbose_name': 'range of its own',
                'verbose_name_plural': 'ranges of its own',
                'ordering': ['first_day', 'first_time', 'id'],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='asked_run_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When it was to start, if its calendar has moved it.', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='blackout',
            field=models.CharField(choices=[('skip', 'it is skipped'), ('earlier', 'it starts before, as late as that may be, or else at the next opening'), ('next', 'it starts at the next opening')], db_default='next', help_text='What becomes of it when its calendar is closed at its time.', max_length=10),
        ),
        migrations.AddField(
            model_name='job',
            name='calendar_waived',
            field=models.BooleanField(db_default=False, editable=False, help_text='Its next start was told by a person, who goes over its calendar.'),
        ),
        migrations.AddField(
            model_name='job',
            name='calendar',
            field=models.ForeignKey(blank=True, db_index=False, help_text='When it may start. Empty: at any time.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='jobs.calendar'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('blackout__in', ['skip', 'earlier', 'next'])), name='jobs_blackout_known'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('asked_run_at__gte', datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), ('asked_run_at__lt', datetime.datetime(9999, 12, 31, 0, 0, tzinfo=datetime.timezone.utc))), name='jobs_asked_run_at_in_range'),
        ),
        migrations.AddField(
            model_name='calendarrange',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ranges', to='jobs.calendar'),
        ),
        migrations.AddConstraint(
            model_name='calendarrange',
            constraint=models.CheckConstraint(condition=models.Q(('first_day__gte', datetime.date(1970, 1, 1)), ('last_day__lt', datetime.date(9999, 1, 1))), name='jobs_calendar_range_reckoned'),
        ),
        migrations.AddConstraint(
            model_name='calendarrange',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='jobs_calendar_range_in_order'),
        ),
    ]
