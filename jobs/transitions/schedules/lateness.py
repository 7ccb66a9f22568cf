"""Judges runs whose time came while nothing could start them, or while an earlier run still waited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile

from jobs import sentences
from jobs.conf import conf
from jobs.models import Job, Schedule
from jobs.models.job import NEXT_VERSION
from jobs.recurrence import BadExpression
from jobs.states import Cause, Overlap, State
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.refusals import Refusal, Row
from jobs.transitions.schedules.nominal import times_after
from jobs.transitions.schedules.planning import is_stale, too_late
from jobs.transitions.schedules.succession import missed


def refusals(rows: Collection[Row], *, now: datetime) -> dict[int, Refusal]:
    """Return by id why runs of schedules do not start any more: they come too late, and the schedule does not make up
    for them. One that somebody or something has held back was not missed. The caller has their rows."""
    grace = timedelta(seconds=conf().max_delay_time)
    late = [row for row in rows if row.nominal_at is not None and now - row.run_at > grace and _was_free(row)]
    if not late:
        return {}
    schedules = Schedule.objects.in_bulk({row.schedule_id for row in late})
    found = {}
    for row in late:
        schedule = schedules.get(row.schedule_id or 0)
        if schedule is None or row.nominal_at is None or row.run_at != row.nominal_at + schedule.offset:
            continue  # a run that somebody or something has moved, or a repeat, comes at a time of its own
        later = _later(schedule, row.nominal_at, now)
        if is_stale(schedule, row.run_at, now=now, grace=grace, later=later):
            cause, why = too_late(schedule)
            found[row.id] = Refusal(why, State.SKIPPED, cause=cause)
    return found


def _was_free(row: Row) -> bool:
    return not row.waited_for and row.approved_at is None


def _later(schedule: Schedule, nominal: datetime, now: datetime) -> int:
    try:
        times = takewhile(lambda one: one <= now, times_after(schedule, nominal))
        return sum(1 for _ in islice(times, schedule.catch_up_limit))
    except BadExpression:
        return 0


def skip_behind_waiting(schedules: Sequence[Schedule], *, now: datetime) -> int:
    """Skip the runs that come next of these schedules and whose time has come, where an earlier run still waits and
    two may not. Returns how many. The caller has the schedules' rows; a job that somebody has locked is left alone."""
    ids = [one.next_job_id for one in schedules if one.next_job_id and one.overlap in (Overlap.SKIP, Overlap.JOIN)]
    if not ids:
        return 0
    waiting = Job.objects.pending_before(ids)
    # Only these are locked: a worker that comes for a row passes by whoever has it.
    behind = [job for job in Job.objects.pending().locked(waiting, wait=False) if job.run_at <= now]
    for job in behind:
        first = waiting[job.pk]
        why = sentences.RUN_STILL_WAITED(earlier=first.id, nominal=first.nominal_at)
        Job.objects.filter(pk=job.pk).update(
            state=State.SKIPPED, finished_at=now, reason=why, holds=0, version=NEXT_VERSION
        )
        missed([job], Cause.RUNNING, why, now=now)
    dependencies.ended([job.pk for job in behind if job.has_dependents], now=now)
    promotion.leave([job.pk for job in behind], now=now)
    return len(behind)
