"""The ledger loses its foreign key, which looked at the job of each start once more, and the index of its tokens. Triggers
refuse the same, once a statement: a start without its job, and a job that is deleted before its starts. See ADR 45.

Backwards the foreign key is not validated: what is there the triggers have let pass, and to read all of it would hold up starts.
"""

import django.db.models.deletion
from django.db import migrations, models

# By the names that Django gives them.
REFERENCE = "jobs_attempt_job_id_b587cf59_fk_jobs_job_id"
TOKEN = "jobs_attempt_token_key"

# Their questions are put together as text, so that they are planned anew each time: a plan that was made while a table was
# small would read all of it when it is big. The table beside is looked for where the trigger's own is.
TRIGGERS = """
CREATE FUNCTION jobs_attempt_without_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    EXECUTE format('SELECT job_id FROM started WHERE NOT EXISTS (SELECT FROM %I.jobs_job AS job'
        ' WHERE job.id = started.job_id) LIMIT 1', TG_TABLE_SCHEMA) INTO missing;
    IF missing IS NOT NULL THEN
        RAISE foreign_key_violation USING TABLE = 'jobs_attempt', CONSTRAINT = 'jobs_attempt_of_job',
            MESSAGE = format('a row of jobs_attempt (constraint jobs_attempt_of_job) has no job: there is no job %s', missing);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION jobs_job_before_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    left_behind bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('SELECT job_id FROM %I.jobs_attempt LIMIT 1', TG_TABLE_SCHEMA) INTO left_behind;
    ELSE
        EXECUTE format('SELECT id FROM gone WHERE EXISTS (SELECT FROM %I.jobs_attempt AS start WHERE start.job_id = gone.id)'
            ' LIMIT 1', TG_TABLE_SCHEMA) INTO left_behind;
    END IF;
    IF left_behind IS NOT NULL THEN
        RAISE foreign_key_violation USING TABLE = 'jobs_attempt', CONSTRAINT = 'jobs_attempt_of_job',
            MESSAGE = format('job %s has rows in jobs_attempt (constraint jobs_attempt_of_job)', left_behind),
            HINT = 'Delete its rows of jobs_attempt first.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_attempt_of_job AFTER INSERT ON jobs_attempt REFERENCING NEW TABLE AS started
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_attempt_without_job();
CREATE TRIGGER jobs_attempt_of_job AFTER DELETE ON jobs_job REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_job_before_attempts();
CREATE TRIGGER jobs_attempt_of_all_jobs AFTER TRUNCATE ON jobs_job
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_job_before_attempts();
"""
NO_TRIGGERS = """
DROP TRIGGER jobs_attempt_of_job ON jobs_attempt;
DROP TRIGGER jobs_attempt_of_job ON jobs_job;
DROP TRIGGER jobs_attempt_of_all_jobs ON jobs_job;
DROP FUNCTION jobs_attempt_without_job();
DROP FUNCTION jobs_job_before_attempts();
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0048_room_for_marks")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        # In the order in which a start locks them: the other one would be a deadlock.
        migrations.RunSQL(
            "LOCK TABLE jobs_job, jobs_attempt IN ACCESS EXCLUSIVE MODE", migrations.RunSQL.noop
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE jobs_attempt DROP CONSTRAINT {REFERENCE}",
                    f"ALTER TABLE jobs_attempt ADD CONSTRAINT {REFERENCE} FOREIGN KEY (job_id) REFERENCES jobs_job (id)"
                    " DEFERRABLE INITIALLY DEFERRED NOT VALID",
                ),
                migrations.RunSQL(
                    f"ALTER TABLE jobs_attempt DROP CONSTRAINT {TOKEN}",
                    # Built by the way back of 0050, which holds up nobody. One who never went there waits for it here.
                    f"CREATE UNIQUE INDEX IF NOT EXISTS {TOKEN} ON jobs_attempt (token);"
                    f"ALTER TABLE jobs_attempt ADD CONSTRAINT {TOKEN} UNIQUE USING INDEX {TOKEN}",
                ),
                migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="attempt",
                    name="job",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="jobs.job",
                    ),
                ),
                migrations.AlterField(model_name="attempt", name="token", field=models.UUIDField()),
            ],
        ),
        # The end of a start touches no index any more, so that it can stay on its page: see 0048.
        migrations.RunSQL(
            "ALTER TABLE jobs_attempt SET (fillfactor = 50)", "ALTER TABLE jobs_attempt SET (fillfactor = 80)"
        ),
        # The way back begins here.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "SET LOCAL lock_timeout = '800ms'; LOCK TABLE jobs_job, jobs_attempt IN ACCESS EXCLUSIVE MODE",
        ),
    ]
