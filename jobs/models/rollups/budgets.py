"""Counts the starts of objectives, and those of them that were late, over several spans up to now: of queues and
targets by the figures of the past, of schedules by their runs. One statement each, for any number of objectives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.database import connection
from jobs.models.occurrence import UNWANTED
from jobs.models.querysets.within import and_in_reach
from jobs.models.rollups.digest import last_place_within
from jobs.states import Cause, State

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

MOST_RUNS = 50_000  # of one schedule that are looked at, the latest
RUNS_IN_ALL = 100_000  # of all schedules that are asked for at once
# The step whose stretches a span is counted by: at most so many of them are read for each series.
STEP_OF = ((timedelta(minutes=30), 10), (timedelta(hours=12), 60), (timedelta(days=366), 3600))


class Asked(NamedTuple):
    """Objective whose starts are counted: of a queue, or of a target; or of a schedule by its name."""

    id: int
    kind: str
    name: str
    within_ms: int
    days: int


class Counted(NamedTuple):
    """Starts of one objective in one span up to now; of those, how many were late."""

    id: int
    span: timedelta
    starts: int
    late: int


# What was never longer than that is late in none of it, and its digest is not read.
COUNT = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(names)s::text[], %(places)s::int[], %(days)s::int[])
        AS one (id, kind, name, place, days)
), spans AS MATERIALIZED (
    SELECT * FROM unnest(%(lengths)s::float8[], %(steps)s::int[], %(since)s::timestamptz[]) AS one (length, step, since)
), pairs AS MATERIALIZED (
    SELECT asked.id, asked.place, series.id AS series_id, asked.days
    FROM asked JOIN (
        SELECT id, queue, target, (SELECT created_by_id FROM jobs_job LIMIT 0) AS created_by_id,
            jsonb_build_object('team', team) AS labels
        FROM jobs_series
    ) AS series ON asked.name = CASE asked.kind WHEN 'queue' THEN series.queue ELSE series.target END{within}
), wanted AS (
    SELECT pairs.id, pairs.place, pairs.series_id, spans.length, spans.step, spans.since FROM pairs, spans
    UNION ALL
    SELECT id, place, series_id, days * 86400.0, 3600, date_trunc('hour', %(now)s - days * interval '1 day', 'UTC')
    FROM pairs
)
SELECT wanted.id, wanted.length, coalesce(sum(r.delays), 0)::bigint, coalesce(sum(
    CASE WHEN r.delay_max < 0.01 * 10 ^ (wanted.place / 12.0) THEN 0 ELSE (
        SELECT coalesce(sum(r.delay_digest[i][2]), 0) FROM generate_subscripts(r.delay_digest, 1) AS i
        WHERE r.delay_digest[i][1] > wanted.place
    ) END
), 0)::bigint
FROM wanted JOIN jobs_rollup AS r ON r.step = wanted.step AND r.at >= wanted.since AND r.series_id = wanted.series_id
WHERE r.delays > 0
GROUP BY 1, 2
"""
# What a person has confirmed has no moment of its start. A time that has no run, and should have had one, is late.
# All schedules have the same share of the runs that are looked at; what some do not need is shared by the others.
COUNT_RUNS = f"""
WITH asked AS MATERIALIZED (
    SELECT one.id, schedule.id AS schedule_id, one.within_ms, one.days
    FROM unnest(%(ids)s::bigint[], %(names)s::text[], %(within)s::int[], %(days)s::int[])
        AS one (id, name, within_ms, days)
    JOIN jobs_schedule AS schedule ON schedule.name = one.name
), shares AS MATERIALIZED (
    SELECT greatest(%(in_all)s / greatest(count(*), 1), 1) AS share FROM asked
), sized AS MATERIALIZED (
    SELECT asked.*, share, number FROM asked CROSS JOIN shares CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM (
            SELECT FROM jobs_occurrence
            WHERE schedule_id = asked.schedule_id AND nominal_at <= %(now)s
                AND nominal_at >= %(now)s - asked.days * interval '1 day'
            LIMIT share + 1
        ) AS its
    ) AS counted
), bounded AS MATERIALIZED (
    SELECT id, schedule_id, within_ms, days, least(%(most)s, CASE WHEN number <= share THEN number ELSE share + (
        (sum(greatest(share - number, 0)) OVER ())::bigint / count(*) FILTER (WHERE number > share) OVER ()
    ) END) AS most
    FROM sized
), runs AS MATERIALIZED (
    SELECT asked.id, asked.days, run.nominal_at, run.count, run.cause = ANY (%(unwanted)s::text[]) AS is_missed,
        extract(epoch FROM job.execute_at - job.run_at) * 1000 > asked.within_ms AS is_late
    FROM bounded AS asked CROSS JOIN LATERAL (
        SELECT nominal_at, count, job_id, cause FROM jobs_occurrence
        WHERE schedule_id = asked.schedule_id AND nominal_at <= %(now)s
            AND nominal_at >= %(now)s - asked.days * interval '1 day'
        ORDER BY nominal_at DESC LIMIT asked.most
    ) AS run
    LEFT JOIN LATERAL (
        SELECT execute_at, run_at FROM jobs_all
        WHERE id = run.job_id AND NOT (state = {State.COMPLETED.value} AND reason > '') LIMIT 1
    ) AS job ON run.cause IS NULL
    WHERE run.cause = ANY (%(unwanted)s::text[]) OR job.execute_at IS NOT NULL
), spans AS (
    SELECT unnest(%(lengths)s::float8[]) AS length
)
SELECT id, length, sum(count)::bigint, coalesce(sum(count) FILTER (WHERE is_missed OR is_late), 0)::bigint
FROM (
    SELECT runs.*, length FROM runs, spans
    UNION ALL SELECT runs.*, days * 86400.0 FROM runs
) AS one
WHERE nominal_at > %(now)s - length * interval '1 s'
GROUP BY 1, 2
"""  # noqa: S608 - of our own words only


def count(
    asked: Iterable[Asked], spans: Iterable[timedelta], now: datetime, *, within: Reach | None = None
) -> list[Counted]:
    """Return the counts of each objective over each of these spans, and over its days; none where nothing has started.
    Of queues and targets only what is within this reach as a team's counts; None: all. At most two statements."""
    found: list[Counted] = []
    lengths = sorted(spans)
    every = list(asked)
    of_figures = [one for one in every if one.kind != "schedule"]
    of_runs = [one for one in every if one.kind == "schedule"]
    with connection.cursor() as cursor:
        if of_figures:
            steps = [_step_of(length) for length in lengths]
            values: dict[str, Any] = {
                "ids": [one.id for one in of_figures],
                "kinds": [one.kind for one in of_figures],
                "names": [one.name for one in of_figures],
                "places": [last_place_within(one.within_ms) for one in of_figures],
                "days": [one.days for one in of_figures],
                "lengths": [length.total_seconds() for length in lengths],
                "steps": steps,
                "since": [_begin(now - length, step) for length, step in zip(lengths, steps, strict=True)],
                "now": now,
            }
            condition, more = and_in_reach(within)
            cursor.execute(COUNT.format(within=condition), values | more)
            found += [_counted(row) for row in cursor.fetchall()]
        if of_runs:
            values = {
                "ids": [one.id for one in of_runs],
                "names": [one.name for one in of_runs],
                "within": [one.within_ms for one in of_runs],
                "days": [one.days for one in of_runs],
                "lengths": [length.total_seconds() for length in lengths],
                "unwanted": [Cause(cause).value for cause in UNWANTED],
                "most": MOST_RUNS,
                "in_all": RUNS_IN_ALL,
                "now": now,
            }
            cursor.execute(COUNT_RUNS, values)
            found += [_counted(row) for row in cursor.fetchall()]
    return found


def _counted(row: tuple[int, float, int, int]) -> Counted:
    objective, seconds, starts, late = row
    return Counted(objective, timedelta(seconds=float(seconds)), starts, late)


def _step_of(length: timedelta) -> int:
    return next(step for most, step in STEP_OF if length <= most)


def _begin(moment: datetime, step: int) -> datetime:
    """Return the beginning of the stretch in which this moment is."""
    return datetime.fromtimestamp(moment.timestamp() // step * step, moment.tzinfo)
