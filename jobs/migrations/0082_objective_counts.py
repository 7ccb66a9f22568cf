"""What the watcher has counted of all objectives, for the processes that show them: one row. The table is new and empty."""

from django.db import migrations

TABLE = """
CREATE TABLE jobs_objectivecounts (
    id smallint PRIMARY KEY DEFAULT 1 CONSTRAINT jobs_objectivecounts_single CHECK (id = 1),
    stamp text NOT NULL,
    counted_at timestamptz NOT NULL,
    counts jsonb NOT NULL
) WITH (fillfactor = 50)
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0081_spread")]

    operations = [migrations.RunSQL(TABLE, "DROP TABLE jobs_objectivecounts")]
