"""The lines of the limits, in indexes that hold exactly those who wait: the new ones before the old one goes."""

import django.db.models.lookups
import jobs.models.holding
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0022_turns")]

    operations = [
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(models.Q(('state', 0)), models.Q(django.db.models.lookups.GreaterThan(jobs.models.holding.Bits(models.F('holds'), 8), 0))), fields=['key', 'run_at', 'id'], name='jobs_line_of_key'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(models.Q(('state', 0)), models.Q(django.db.models.lookups.GreaterThan(jobs.models.holding.Bits(models.F('holds'), 16), 0))), fields=['queue', 'run_at', 'id'], name='jobs_line_of_queue'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(models.Q(('state', 0)), models.Q(('holds', 0), _negated=True)), fields=['queue', 'run_at', 'id'], name='jobs_held'),
        ),
        RemoveIndexConcurrently(
            model_name='job',
            name='jobs_pending_held',
        ),
    ]
