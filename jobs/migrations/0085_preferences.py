"""How each person looks at pages: by whose clocks, in which colours. A small table of its own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0084_creations_told"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="jobs_preference",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "times",
                    models.CharField(
                        choices=[("utc", "UTC"), ("mine", "Mine"), ("job", "The job's")],
                        db_default="utc",
                        default="utc",
                        max_length=4,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="Empty: the browser's.", max_length=64
                    ),
                ),
                (
                    "browser_zone",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="As the browser has said last.", max_length=64
                    ),
                ),
                (
                    "typed_zone",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="As a form had it last.", max_length=64
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        blank=True,
                        choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
                        db_default="",
                        default="",
                        max_length=6,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("times__in", ["utc", "mine", "job"])), name="jobs_preference_times_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("theme__in", ["", "system", "light", "dark"])),
                        name="jobs_preference_theme_known",
                    ),
                ],
            },
        ),
    ]
