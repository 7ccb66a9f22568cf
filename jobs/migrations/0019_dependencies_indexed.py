"""The slow half of 0018, without a lock that a start would wait for."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0018_dependencies")]

    operations = [
        ValidateConstraint("job", "jobs_waits_for_end_known"),
        migrations.RunSQL("ALTER TABLE jobs_job VALIDATE CONSTRAINT jobs_job_batch_id_fk", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('batch__isnull', False)), fields=['batch', 'state'], name='jobs_of_batch'),
        ),
    ]
