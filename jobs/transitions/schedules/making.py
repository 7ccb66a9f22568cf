"""Writes the jobs of runs: one statement for all of them, with their occurrences and where their schedules stand.

Jobs of objects, one by one, would take a start's lead where many are due at one instant: docs/adr/0038."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from jobs import exactjson, publishing
from jobs.blackouts import Bound
from jobs.database import connection
from jobs.models import Schedule, accounts
from jobs.models.querysets import Listed
from jobs.rights import target_rules
from jobs.states import Hold
from jobs.transitions import creation

if TYPE_CHECKING:
    from jobs.transitions.schedules.planning import Plan, Run


class Planned(NamedTuple):
    """A schedule with what comes of it."""

    schedule: Schedule
    plan: Plan


class PlacedRun(NamedTuple):
    """A run whose job is to be written, when it starts, and how its calendar binds it. A `number` of 2 and more is a
    repeat."""

    schedule: Schedule
    run: Run
    run_at: datetime
    bound: Bound
    number: int = 1


# A nominal time that has a row already gets no other job, whoever has made it; the schedule then stands at that one.
# Whoever asks for what: a schedule in shadow makes none.
MAKE = """
WITH asked AS (
    SELECT * FROM unnest(
        %(schedules)s::bigint[], %(nominal)s::timestamptz[], %(numbers)s::smallint[], %(run_at)s::timestamptz[],
        %(overlaps)s::text[], %(payloads)s::text[], %(holds)s::smallint[], %(asked_run_at)s::timestamptz[],
        %(whys)s::text[], %(makers)s::{key_type}[]
    ) AS a (schedule_id, nominal_at, number, run_at, overlap, payload, holds, asked_run_at, why, made_by_id)
), made AS (
    INSERT INTO jobs_job (
        name, target, payload, queue, run_at, rerunnable, max_attempts, retry_on, start_within, deadline, if_late,
        key, key_limit, overlap, calendar_id, blackout, labels, asked_run_at, waited_for, holds, enqueued_at,
        deliveries, created_by_id, schedule_id, nominal_at, waits_for_end, has_dependents
    )
    SELECT s.name, s.target, coalesce(asked.payload::jsonb, s.payload), s.queue, asked.run_at, s.rerunnable,
        s.max_attempts, s.retry_on, s.start_within, s.deadline, s.if_late,
        CASE WHEN s.key <> '' THEN s.key WHEN s.overlap <> 'allow' THEN 'schedule:' || s.id END,
        s.key_limit, asked.overlap, s.calendar_id, s.blackout, s.labels, asked.asked_run_at, asked.why,
        asked.holds,
        CASE WHEN asked.run_at < %(late)s AND asked.holds = 0 THEN %(now)s END,
        CASE WHEN asked.run_at < %(late)s AND asked.holds = 0 THEN 1 ELSE 0 END,
        coalesce(asked.made_by_id, s.created_by_id), s.id, asked.nominal_at,
        CASE WHEN (asked.holds & 2) > 0 THEN s.after_end END, s.has_followers
    FROM asked JOIN jobs_schedule s ON s.id = asked.schedule_id
    WHERE NOT s.shadow AND NOT EXISTS (
        SELECT FROM jobs_occurrence o
        WHERE o.schedule_id = asked.schedule_id AND o.nominal_at = asked.nominal_at AND o.number = asked.number
    )
    RETURNING id, schedule_id, nominal_at, run_at, queue, holds
), noted AS (
    INSERT INTO jobs_occurrence (schedule_id, nominal_at, number, job_id, noted_at)
    SELECT made.schedule_id, made.nominal_at, asked.number, made.id, %(now)s
    FROM made JOIN asked ON asked.schedule_id = made.schedule_id AND asked.nominal_at = made.nominal_at
), moved AS (
    UPDATE jobs_schedule SET accounted_until = stands.accounted_until, made = stands.made, next_at = stands.next_at,
        problem = '', next_job_id = coalesce(made.id, (
            SELECT o.job_id FROM jobs_occurrence o
            WHERE o.schedule_id = stands.id AND o.nominal_at = stands.next_at AND o.number = 1
        ))
    FROM unnest(
        %(standing)s::bigint[], %(accounted_until)s::timestamptz[], %(made)s::int[], %(next_at)s::timestamptz[]
    ) AS stands (id, accounted_until, made, next_at)
    LEFT JOIN made ON made.schedule_id = stands.id AND made.nominal_at = stands.next_at
    WHERE jobs_schedule.id = stands.id
)
SELECT id, run_at, queue FROM made WHERE holds = 0
"""


@cache
def _statement() -> str:
    """Return MAKE for the accounts of this project, whose keys may be UUIDs."""
    return MAKE.format(**accounts.names())


def make(wanted: Sequence[PlacedRun], *, now: datetime, standing: Sequence[Planned] = ()) -> None:
    """Write the jobs of these runs with their occurrences, and where these schedules stand then. The caller has the
    schedules' rows; what a run asks for has passed the rules with its schedule."""
    late = publishing.horizon(now)
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(),
            {
                "now": now,
                "late": late,
                "schedules": [one.schedule.pk for one in wanted],
                "nominal": [one.run.nominal_at for one in wanted],
                "numbers": [one.number for one in wanted],
                "run_at": [one.run_at for one in wanted],
                "overlaps": [one.run.overlap for one in wanted],
                "payloads": [None if one.run.payload is None else exactjson.dumps(one.run.payload) for one in wanted],
                "holds": [_waits_for(one) for one in wanted],
                "asked_run_at": [one.bound.asked_run_at for one in wanted],
                "whys": [one.bound.why for one in wanted],
                "makers": [one.run.made_by_id for one in wanted],
                "standing": [schedule.pk for schedule, _ in standing],
                "accounted_until": [plan.accounted_until for _, plan in standing],
                "made": [plan.made for _, plan in standing],
                "next_at": [plan.next_at for _, plan in standing],
            },
        )
        rows = cursor.fetchall()
    creation.publish_new([Listed(job_id, 1, run_at, queue) for job_id, run_at, queue in rows], late)


def _waits_for(one: PlacedRun) -> int:
    """Return what a new run waits for, as a sum of Holds. A repeat, which a person has asked for, waits for no others.
    Whether there is anything to wait for is looked at when it is there: no start waits for that."""
    after = bool(one.schedule.after_ids) and one.number == 1
    payload = one.schedule.payload if one.run.payload is None else one.run.payload
    return int(Hold.APPROVAL) * target_rules.is_dangerous(one.schedule.target, payload) | int(Hold.DEPENDENCIES) * after
