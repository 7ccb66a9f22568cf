"""Jobs keep the trace of whoever has created them. See ADR 61.

No row is read or written: a column that may be empty costs nothing, and 0071 looks at the rows."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# A new column of the view goes behind those that it has: its rows are those of the table, then those of the history.
VIEW = """
DO $$ DECLARE of_jobs text; of_history text; BEGIN
    {before}
    SELECT string_agg(CASE WHEN own.attname IS NULL
            THEN format('NULL::%s AS %I', format_type(its.atttypid, its.atttypmod), its.attname)
            ELSE quote_ident(its.attname) END, ', ' ORDER BY its.attnum),
        string_agg(quote_ident(its.attname), ', ' ORDER BY its.attnum)
    INTO of_jobs, of_history
    FROM pg_attribute AS its LEFT JOIN pg_attribute AS own
        ON own.attrelid = 'jobs_job'::regclass AND own.attname = its.attname AND own.attnum > 0 AND NOT own.attisdropped
    WHERE its.attrelid = 'jobs_all'::regclass AND its.attnum > 0 AND its.attname <> 'traceparent';
    {after}
END $$
"""
COLUMN = VIEW.replace("{before}", "ALTER TABLE jobs_history ADD COLUMN traceparent text;").replace(
    "{after}",
    """EXECUTE format('CREATE OR REPLACE VIEW jobs_all AS SELECT %s, traceparent FROM jobs_job '
        'UNION ALL SELECT %s, traceparent FROM jobs_history', of_jobs, of_history);""",
)
NO_COLUMN = VIEW.replace("{before}", "").replace(
    "{after}",
    """DROP VIEW jobs_all;
    ALTER TABLE jobs_history DROP COLUMN traceparent;
    EXECUTE format('CREATE VIEW jobs_all AS SELECT %s FROM jobs_job '
        'UNION ALL SELECT %s FROM jobs_history', of_jobs, of_history);""",
)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0069_alerts")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddField(
            "job",
            "traceparent",
            models.TextField(
                blank=True, editable=False, help_text="The trace of whoever has created it, as W3C writes it.", null=True
            ),
        ),
        migrations.RunSQL(COLUMN, NO_COLUMN),
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=models.Q(
                    ("traceparent__regex", "^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
                ),
                name="jobs_traceparent_written_so",
            ),
        ),
    ]
