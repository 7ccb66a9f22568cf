"""The request that has made a schedule, so that it may come twice. Null for rows of before: no row is rewritten."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0040_labels_indexed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "schedule", "idempotency_key", models.CharField(blank=True, editable=False, max_length=255, null=True)
        ),
        migrations.AddField(
            "schedule", "idempotency_digest", models.CharField(blank=True, editable=False, max_length=64, null=True)
        ),
        migrations.AddField(
            "schedule",
            "idempotency_by",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        # Of no row that is there: built in the time that it takes to read them.
        migrations.AddConstraint(
            "schedule",
            models.UniqueConstraint(
                condition=models.Q(idempotency_key__isnull=False),
                fields=("idempotency_by", "idempotency_key"),
                name="jobs_schedule_idempotency_key_once",
            ),
        ),
    ]
