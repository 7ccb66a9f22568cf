"""Moves schedules on that nobody else has moved: their next run is held, or whoever started it had no lock, or SQL has
deleted it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from jobs.models import Job, Occurrence, Schedule
from jobs.models.schedule import POSITION
from jobs.states import State
from jobs.transitions.schedules.lateness import skip_behind_waiting
from jobs.transitions.schedules.nominal import INSTANT
from jobs.transitions.schedules.succession import AT_LEISURE, left, move_on, rewind
from jobs.transitions.schedules.withdrawal import plan_anew, withdraw


def catch_up_with(ids: Collection[int], *, now: datetime) -> int:
    """Move those of these schedules on whose next nominal time has come, in a transaction of the caller's. Returns how
    many. Those that somebody has locked are left for the next time.

    1. Lock the schedules, without waiting.
    2. Skip their runs that come next where an earlier one still waits and two may not: that moves the schedule on.
    3. Move the others on; a run that is held stays, and its successor does not wait for it.
    """
    due = Schedule.objects.filter(pk__in=ids, next_at__lte=now)
    skipped = skip_behind_waiting(list(due.locked(wait=False)), now=now)
    return skipped + move_on(list(due.locked(wait=False)), now=now, most=AT_LEISURE)


def put_right(ids: Collection[int], *, now: datetime) -> int:
    """Make the next runs of these schedules anew that are not pending any more, in a transaction of the caller's.
    Returns how many."""
    done = 0
    for schedule in Schedule.objects.filter(pk__in=ids, next_at__gt=now).locked(wait=False):
        job = Job.objects.filter(pk=schedule.next_job_id).first() if schedule.next_job_id else None
        if job is not None and job.state == State.PENDING:
            continue
        if job is not None:  # it has left PENDING, and nobody has made its successor
            left([job], now=now)
        else:
            _make_again(schedule, now)
        done += 1
    return done


def begin_again(ids: Collection[int], *, now: datetime) -> int:
    """Account anew for what these schedules are yet to come to, in a transaction of the caller's: it was noted when the
    database's clock was ahead. Returns how many. Runs that have started then have started."""
    done = 0
    for schedule in Schedule.objects.filter(pk__in=ids).locked(wait=False):
        withdraw(schedule, "The database's clock was set back.", now=now)
        Occurrence.objects.filter(schedule=schedule, noted_at__gt=now).update(noted_at=now)
        plan_anew(schedule, now=now)
        done += 1
    return done


def _make_again(schedule: Schedule, now: datetime) -> None:
    """Account for its next nominal time anew: the job of that was deleted."""
    nominal = schedule.next_at or now
    rewind(schedule, nominal - INSTANT)
    Occurrence.objects.filter(schedule=schedule, nominal_at=nominal, number=1, cause__isnull=True).delete()
    schedule.next_at = schedule.next_job_id = None
    schedule.save(update_fields=POSITION)
    move_on([schedule], now=now, most=AT_LEISURE)
