"""Questions of the rules of alerts: a statement for each kind of event, bounded, however many rules there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import models

from jobs.database import connection
from jobs.models.occurrence import UNWANTED
from jobs.states import FINAL

MOST_FAILED = 5_000  # starts that failed, the newest
MOST_ROWS = 10_000  # of what runs, and of what waits, the first due first
MOST_INTERRUPTED = 1_000
MOST_HELD = 1_000  # of each queue, the last due first
LATEST_RUNS = 1_000  # of a schedule, in which is looked for the last that has ended
MOST_ENDED = 5_000  # jobs, the last that ended
LATEST_ENDED = 100  # runs of a schedule
RETRIED = "retried"  # what is said of one that has failed before itself


class Seen(NamedTuple):
    """A job, or a missed time of a schedule, as rules see it. `what`: the fingerprint of a failure, or a cause;
    `last_of`: the schedule of whose runs it is the last that has ended, where that was asked."""

    job_id: int | None
    queue: str
    target: str
    schedule: str
    team: str
    at: datetime | None = None
    what: str = ""
    last_of: str = ""


class Unfinished(NamedTuple):
    """A job that runs, or is due and waits: since when, and at which time it was to start."""

    seen: Seen
    runs: bool
    since: datetime
    run_at: datetime


# Whose a job is: as its label says, where there is such a team, else the owner of its queue.
WHOSE = """
LEFT JOIN LATERAL (SELECT name FROM jobs_schedule WHERE id = job.schedule_id) AS schedule ON true
LEFT JOIN LATERAL (
    SELECT coalesce(
        (SELECT name FROM jobs_team WHERE name = job.labels ->> 'team'),
        (SELECT team.name FROM jobs_ownership AS owns JOIN jobs_team AS team ON team.id = owns.team_id
         WHERE owns.kind = 'queue' AND owns.name = job.queue LIMIT 1)
    ) AS name
) AS team ON true
"""
COLUMNS = "job.id, job.queue, job.target, coalesce(schedule.name, ''), coalesce(team.name, '')"
FAILED = f"""
SELECT {COLUMNS}, job.finished_at, start.failure
FROM (
    SELECT job_id, number, failure FROM jobs_attempt WHERE failure IS NOT NULL ORDER BY id DESC LIMIT %(most)s
) AS start
JOIN jobs_job AS job ON job.id = start.job_id AND job.attempt = start.number AND job.state = 3
{WHOSE}
WHERE job.finished_at > %(since)s ORDER BY job.finished_at DESC
"""  # noqa: S608 - of our own words only
# The last run of each of these schedules that has ended, and each of these jobs; those of them that failed. Runs that
# wait are passed by, and what has moved to the history has ended as it has.
STILL_FAILED = f"""
WITH last AS (
    SELECT run.job_id, one.name AS last_of FROM jobs_schedule AS one CROSS JOIN LATERAL (
        SELECT run.job_id FROM (
            SELECT job_id, nominal_at FROM jobs_occurrence
            WHERE schedule_id = one.id AND job_id IS NOT NULL AND nominal_at <= %(now)s
            ORDER BY nominal_at DESC LIMIT {LATEST_RUNS}
        ) AS run CROSS JOIN LATERAL (SELECT state FROM jobs_all WHERE id = run.job_id LIMIT 1) AS job
        WHERE job.state IN (2, 3) ORDER BY run.nominal_at DESC LIMIT 1
    ) AS run
    WHERE one.name = ANY (%(schedules)s::text[])
    UNION ALL SELECT unnest(%(jobs)s::bigint[]), ''
)
SELECT {COLUMNS}, job.finished_at, coalesce(start.failure, ''), last.last_of
FROM last CROSS JOIN LATERAL (SELECT * FROM jobs_all WHERE id = last.job_id LIMIT 1) AS job
LEFT JOIN jobs_attempt AS start ON start.job_id = job.id AND start.number = job.attempt
{WHOSE}
WHERE job.state = 3 ORDER BY job.finished_at DESC
"""  # noqa: S608 - as above
# Jobs that have completed, and before which the last end of the same line was a failure for good: of the same schedule,
# of which runs follow each other by their nominal times, else of the same target and key, by their ends. One that was
# retried has failed before itself, unless another of its line has ended since.
RECOVERED = f"""
WITH ended AS (
    SELECT {{columns}} FROM jobs_job WHERE state IN ({", ".join(str(one.value) for one in sorted(FINAL))})
    ORDER BY finished_at DESC LIMIT %(most)s
), line AS (
    SELECT *, lag(state) OVER line AS was, lag(finished_at) OVER line AS was_at FROM ended
    WHERE state IN (2, 3) AND schedule_id IS NULL
    WINDOW line AS (PARTITION BY target, key ORDER BY finished_at, id)
    UNION ALL
    SELECT run.* FROM (
        SELECT DISTINCT schedule_id AS id FROM ended
        WHERE state = 2 AND finished_at > %(since)s AND schedule_id IS NOT NULL
        UNION SELECT id FROM jobs_schedule WHERE name = ANY (%(schedules)s::text[])
    ) AS one CROSS JOIN LATERAL (
        SELECT {{columns}}, lag(state) OVER line AS was, lag(finished_at) OVER line AS was_at FROM (
            SELECT job.*, run.nominal_at AS place FROM (
                SELECT job_id, nominal_at FROM jobs_occurrence
                WHERE schedule_id = one.id AND job_id IS NOT NULL AND nominal_at <= %(now)s
                ORDER BY nominal_at DESC LIMIT {LATEST_RUNS}
            ) AS run CROSS JOIN LATERAL (SELECT {{columns}} FROM jobs_all WHERE id = run.job_id LIMIT 1) AS job
            WHERE job.state IN (2, 3) ORDER BY run.nominal_at DESC LIMIT {LATEST_ENDED}
        ) AS run WINDOW line AS (ORDER BY place, id)
    ) AS run
    UNION ALL
    SELECT {{columns}}, NULL, NULL FROM jobs_all WHERE id = ANY (%(jobs)s::bigint[])
)
SELECT {COLUMNS}, job.finished_at, CASE WHEN job.retried THEN '{RETRIED}' ELSE '' END
FROM (
    SELECT *, attempt > 1 AND EXISTS (
        SELECT FROM jobs_audit WHERE job_id = line.id AND verb = 'retry' AND from_state = 3
            AND at > coalesce(line.was_at, '-infinity')
    ) AS retried FROM line WHERE state = 2 AND finished_at > %(since)s
) AS job
{WHOSE}
WHERE job.was = 3 OR job.retried ORDER BY job.finished_at DESC
""".format(columns="id, queue, target, key, schedule_id, labels, state, attempt, finished_at")  # noqa: S608 - as above
INTERRUPTED = f"""
SELECT {COLUMNS}, job.finished_at, ''
FROM (SELECT * FROM jobs_job WHERE state = 5 ORDER BY finished_at DESC LIMIT %(most)s) AS job
{WHOSE}
ORDER BY job.finished_at DESC
"""  # noqa: S608 - as above
MISSED = """
SELECT NULL, schedule.queue, schedule.target, schedule.name, coalesce(team.name, ''), run.nominal_at, run.cause
FROM jobs_occurrence AS run JOIN jobs_schedule AS schedule ON schedule.id = run.schedule_id
LEFT JOIN jobs_team AS team ON team.name = coalesce(
    (SELECT name FROM jobs_team WHERE name = schedule.labels ->> 'team'),
    (SELECT own.name FROM jobs_ownership AS owns JOIN jobs_team AS own ON own.id = owns.team_id
     WHERE owns.kind = 'queue' AND owns.name = schedule.queue LIMIT 1)
)
WHERE run.cause IS NOT NULL AND run.cause = ANY (%(unwanted)s::text[]) AND run.nominal_at >= %(day)s
    AND run.noted_at >= %(since)s
ORDER BY run.nominal_at DESC LIMIT %(most)s
"""
# Queue by queue, as the index of what is held is: not one of the held jobs that are due later is read.
HELD = """
SELECT held.* FROM (
    WITH RECURSIVE line AS (
        (SELECT queue FROM jobs_job WHERE state = 0 AND holds <> 0 ORDER BY queue LIMIT 1)
        UNION ALL
        SELECT (SELECT queue FROM jobs_job WHERE state = 0 AND holds <> 0 AND queue > line.queue ORDER BY queue LIMIT 1)
        FROM line WHERE line.queue IS NOT NULL
    ) SELECT queue FROM line WHERE queue IS NOT NULL
) AS line CROSS JOIN LATERAL (
    SELECT id, queue, target, schedule_id, labels, false, run_at AS since, run_at
    FROM jobs_job WHERE state = 0 AND holds <> 0 AND queue = line.queue AND run_at <= %(now)s
    ORDER BY run_at DESC, id DESC LIMIT %(of_queue)s
) AS held LIMIT %(most)s
"""
UNFINISHED = f"""
SELECT {COLUMNS}, job.is_running, job.since, job.run_at
FROM (
    (SELECT id, queue, target, schedule_id, labels, true AS is_running, greatest(locked_at, run_at) AS since, run_at
     FROM jobs_job WHERE state = 1 ORDER BY locked_at LIMIT %(most)s)
    UNION ALL
    (SELECT id, queue, target, schedule_id, labels, false, coalesce(not_before, run_at), run_at
     FROM jobs_job WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) <= %(now)s
     ORDER BY coalesce(not_before, run_at), id LIMIT %(most)s)
    UNION ALL
    ({HELD})
) AS job
{WHOSE}
"""  # noqa: S608 - as above
WHOLE = f"""
SELECT {COLUMNS}, job.execute_at, '' FROM jobs_job AS job {WHOSE} WHERE job.id = ANY (%(ids)s::bigint[])
ORDER BY job.run_at DESC
"""  # noqa: S608 - as above


def failed(since: datetime) -> list[Seen]:
    """Return the jobs that failed for good since then, the last first."""
    return [Seen(*row) for row in _rows(FAILED, {"since": since, "most": MOST_FAILED})]


def still_failed(schedules: Collection[str], jobs: Collection[int], now: datetime) -> list[Seen]:
    """Return the jobs among these that failed, and the last runs of these schedules where they did."""
    return [Seen(*row) for row in _rows(STILL_FAILED, {"schedules": list(schedules), "jobs": list(jobs), "now": now})]


def recovered(schedules: Collection[str], jobs: Collection[int], since: datetime, now: datetime) -> list[Seen]:
    """Return the jobs that have completed since then after a failure, the last first: among the last MOST_ENDED that
    have ended, the runs of these schedules, and these jobs."""
    values = {"schedules": list(schedules), "jobs": list(jobs), "since": since, "now": now, "most": MOST_ENDED}
    return [Seen(*row) for row in _rows(RECOVERED, values)]


def interrupted() -> list[Seen]:
    """Return the jobs that wait for a person to say what became of them."""
    return [Seen(*row) for row in _rows(INTERRUPTED, {"most": MOST_INTERRUPTED})]


def whole(jobs: models.QuerySet[Any]) -> list[Seen]:
    """Return these jobs, as rules see them. Two statements, one where there is none."""
    ids = list(jobs.values_list("pk", flat=True))
    return [Seen(*row) for row in _rows(WHOLE, {"ids": ids})] if ids else []


def missed(since: datetime) -> list[Seen]:
    """Return the times, of the last day, of which it was noted since then that they have no run and should have."""
    values = {"unwanted": [cause.value for cause in UNWANTED], "since": since, "day": since - timedelta(days=1)}
    return [Seen(*row) for row in _rows(MISSED, {**values, "most": MOST_INTERRUPTED})]


def unfinished(now: datetime) -> list[Unfinished]:
    """Return what runs, and what is due and waits."""
    rows = _rows(UNFINISHED, {"now": now, "most": MOST_ROWS, "of_queue": MOST_HELD})
    return [Unfinished(Seen(*row[:5]), *row[5:]) for row in rows]


def _rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
