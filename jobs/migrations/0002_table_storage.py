"""How the busy tables are stored."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        # Marking a job as published updates no indexed column: with room on the page the update is
        # heap-only and leaves the indexes alone. A changed fillfactor only speaks to pages written from now on,
        # so this is instant on a big table.
        migrations.RunSQL(
            "ALTER TABLE jobs_job SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE jobs_job RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE jobs_attempt SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE jobs_attempt RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
