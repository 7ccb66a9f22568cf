"""Which release of the time zones each process uses, and how well a worker knows the database's clock. Constant
defaults: no row is rewritten. Hours of calendars may go over midnight: backwards when none does."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0025_numbers_as_written")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="leadership",
            name="zones",
            field=models.CharField(
                db_default="", help_text="The release of the time zones that it uses.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="uncertainty_ms",
            field=models.FloatField(
                db_default=0,
                help_text="Milliseconds by which what it writes down of starts and ends may be wrong, either way.",
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="zones",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The release of the time zones that it uses.",
                max_length=32,
            ),
        ),
        # Calendars are few: whoever has a thousand of them waits for milliseconds.
        migrations.RemoveConstraint(model_name="calendar", name="jobs_calendar_hours_in_order"),
        migrations.AddConstraint(
            model_name="calendar",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("open_until__isnull", True),
                    models.Q(open_from__isnull=True, open_until__gt=datetime.time(0, 0)),
                    ("open_until__lt", models.F("open_from")),
                    ("open_until__gt", models.F("open_from")),
                    _connector="OR",
                ),
                name="jobs_calendar_has_hours",
            ),
        ),
        migrations.AlterField(
            model_name="calendar",
            name="open_until",
            field=models.TimeField(
                blank=True,
                help_text="When it closes; on the day after if that is earlier. Empty: at midnight.",
                null=True,
            ),
        ),
    ]
