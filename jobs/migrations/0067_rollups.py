"""What became of starts, counted in stretches of time: see ADR 58. The first leader begins to count; what ended before it has
no figures. All tables are new and empty, so no lock is held for long."""

from django.db import migrations

TABLES = """
CREATE TABLE jobs_series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    target text NOT NULL,
    team text NOT NULL,
    used_on date NOT NULL,
    CONSTRAINT jobs_series_once UNIQUE (queue, target, team)
) WITH (fillfactor = 70);
CREATE TABLE jobs_rollup (
    step integer NOT NULL,
    at timestamptz NOT NULL,
    series_id integer NOT NULL,
    starts integer NOT NULL,
    completed integer NOT NULL,
    failed integer NOT NULL,
    interrupted integer NOT NULL,
    delays integer NOT NULL,
    delay_sum float8 NOT NULL,
    delay_squares float8 NOT NULL,
    delay_max float8 NOT NULL,
    delay_digest integer[] NOT NULL,
    durations integer NOT NULL,
    duration_sum float8 NOT NULL,
    duration_squares float8 NOT NULL,
    duration_max float8 NOT NULL,
    duration_digest integer[] NOT NULL,
    PRIMARY KEY (step, at, series_id),
    CONSTRAINT jobs_rollup_step_known CHECK (step IN (10, 60, 3600)),
    CONSTRAINT jobs_rollup_on_its_step CHECK (extract(epoch FROM at) % step = 0),
    CONSTRAINT jobs_rollup_counts CHECK (least(starts, completed, failed, interrupted, delays, durations) >= 0)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE jobs_rollupqueue (
    step integer NOT NULL,
    at timestamptz NOT NULL,
    series_id integer NOT NULL,
    samples integer NOT NULL,
    pending bigint NOT NULL,
    pending_max integer NOT NULL,
    overdue_max integer NOT NULL,
    oldest_max float8 NOT NULL,
    slots bigint NOT NULL,
    busy bigint NOT NULL,
    PRIMARY KEY (step, at, series_id),
    CONSTRAINT jobs_rollupqueue_step_known CHECK (step IN (10, 60, 3600)),
    CONSTRAINT jobs_rollupqueue_on_its_step CHECK (extract(epoch FROM at) % step = 0),
    CONSTRAINT jobs_rollupqueue_samples CHECK (samples > 0 AND samples <= step / 10)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE jobs_rollupposition (
    id smallint PRIMARY KEY CONSTRAINT jobs_rollupposition_single CHECK (id = 1),
    upto bigint NOT NULL,
    turn bigint NOT NULL,
    added_at timestamptz NOT NULL,
    sampled_at timestamptz
) WITH (fillfactor = 50);
CREATE TABLE jobs_rollupopen (
    attempt_id bigint PRIMARY KEY,
    series_id integer,
    noted_at timestamptz NOT NULL,
    fence xid8 NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 500);
-- Two digests as one: pairs of a place and how many are there.
CREATE FUNCTION jobs_digest_sum(one integer[], other integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN one = '{}' THEN other WHEN other = '{}' THEN one ELSE (
        SELECT array_agg(ARRAY[place, n] ORDER BY place) FROM (
            SELECT place, sum(n)::integer FROM (
                SELECT one[i][1], one[i][2] FROM generate_subscripts(one, 1) AS i
                UNION ALL SELECT other[i][1], other[i][2] FROM generate_subscripts(other, 1) AS i
            ) AS pair (place, n) GROUP BY place
        ) AS merged (place, n)
    ) END
$$;
"""
NO_TABLES = """
DROP TABLE jobs_rollup, jobs_rollupqueue, jobs_rollupposition, jobs_rollupopen, jobs_series;
DROP FUNCTION jobs_digest_sum(integer[], integer[]);
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0066_redaction_validated")]

    operations = [migrations.RunSQL(TABLES, NO_TABLES)]
