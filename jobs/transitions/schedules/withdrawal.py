"""Takes back what is to come of a schedule that a person changes, and plans it anew."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from jobs.models import Job, Occurrence, Schedule
from jobs.models.job import NEXT_VERSION
from jobs.states import Cause, State
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.schedules import followers
from jobs.transitions.schedules.planning import Stop
from jobs.transitions.schedules.succession import AT_LEISURE, move_on, rewind, stop_all

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_TURNS = 4  # in which a person waits for what has passed to be written down


def account_and_withdraw(
    schedule: Schedule, why: str, *, by: AbstractBaseUser | None, now: datetime, stop: Stop | None = None
) -> None:
    """Take back the runs of the schedule that are to come, which the caller has locked and is about to change, and
    account for what has passed by what it has said until now. `stop`: it is stopped, and nothing of that starts."""
    withdraw(schedule, why, now=now)
    schedule.save()
    if not schedule.is_reckoned:
        stop = Stop(now, Cause.DISABLED, "", getattr(by, "pk", None))
    elif schedule.paused_at is not None and schedule.paused_until is None:
        stop = Stop(now, Cause.PAUSED, schedule.pause_reason, schedule.paused_by_id)
    for _ in range(0 if schedule.problem else MOST_TURNS):
        move_on([schedule], now=now, most=AT_LEISURE, stop=stop, only_past=True)
        schedule.refresh_from_db()
        if schedule.next_at is None:
            if not schedule.problem:  # what it says from now on would have meant until now is no time of it
                schedule.accounted_until = max(schedule.accounted_until, now)
            return
    if stop is not None and not schedule.problem:  # what was stopped never starts, however much it is
        stop_all(schedule, stop, now=now)
        schedule.refresh_from_db()


def plan_anew(schedule: Schedule, *, now: datetime) -> None:
    """Save the schedule, which the caller has locked and changed, and plan again, it and what comes after it."""
    schedule.save()
    move_on([schedule], now=now, most=AT_LEISURE)
    schedule.refresh_from_db()
    followers.look_at_them(schedule, now=now)


def withdraw(schedule: Schedule, why: str, *, now: datetime) -> list[int]:
    """Take back its runs whose time has not come: the next one, and those before it that somebody has skipped and then
    retried. Their jobs are cancelled and are no runs any more, their nominal times are not accounted for. Returns the
    ids of the jobs."""
    job_id, nominal = schedule.next_job_id, schedule.next_at
    schedule.next_at = schedule.next_job_id = None
    rewind(schedule, now)
    coming = Occurrence.objects.filter(schedule=schedule, number=1, nominal_at__gt=now, job_id__isnull=False)
    of_jobs = coming.filter(cause__isnull=True).order_by().values_list("job_id", flat=True)
    ids = {pk for pk in of_jobs if pk is not None}
    found = {job.pk: job for job in Job.objects.locked(ids, wait=True)} if ids else {}
    if job_id is not None and nominal is not None and nominal > now and job_id not in found:  # SQL has deleted it
        coming.filter(job_id=job_id, cause__isnull=True).delete()
    pending = [job for job in found.values() if job.state == State.PENDING]
    taken = [job.pk for job in pending]
    if not taken:
        return []
    Job.objects.filter(pk__in=taken).update(
        state=State.CANCELLED,
        finished_at=now,
        reason=why,
        version=NEXT_VERSION,
        holds=0,
        schedule=None,
        nominal_at=None,
    )
    if with_dependents := [job.pk for job in pending if job.has_dependents]:
        dependencies.ended(with_dependents, now=now)
    promotion.leave(taken, now=now)
    coming.filter(job_id__in=taken).delete()
    return taken


def restore(occurrence: Occurrence, *, now: datetime) -> bool:
    """Have a nominal time that is to come be accounted for anew, whose run was skipped or cancelled: its job is no run
    any more. Returns whether it is such a time. The caller has the schedule's row, and plans anew."""
    if occurrence.nominal_at <= now:
        return False
    skipped = Job.objects.locked([occurrence.job_id or 0], wait=True).filter(
        state__in=(State.CANCELLED, State.SKIPPED), run_at__gt=now
    )
    job = skipped.first()
    if job is None:
        return False
    Job.objects.filter(pk=job.pk).update(schedule=None, nominal_at=None)
    occurrence.delete()
    return True
