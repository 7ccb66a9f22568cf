"""Schedules that come after others: what they are tied to when they are defined, and when one of those is changed.

What each run waits for is judged by jobs/transitions/dependencies/runs.py."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import F

from jobs.database import connection, transaction
from jobs.events import emit
from jobs.events.schedules import FollowerNotBlocked
from jobs.models import Job, Occurrence, Schedule
from jobs.models.job import NEXT_VERSION
from jobs.rights import reach_of
from jobs.rules.schedule_order import GONE, circle
from jobs.states import OVER, Hold
from jobs.transitions.dependencies import block, runs

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

TWO_DAYS = timedelta(days=2)  # or less: no two runs of one day lie further apart
MOST_NAMED = 20
PATIENCE = "2s"  # with whoever has the row of a run that is to wait again


def new_among(pk: int, others: Collection[int]) -> set[int]:
    """Return after which of these the schedule does not come yet; no statement for none. Whoever is going to tie it to
    them locks them together with it: of two that begin each with their own one would wait for ever."""
    if not others:
        return set()
    known = Schedule.objects.filter(pk=pk).order_by().values_list("after_ids", flat=True).first()
    return set(others).difference(known or ())


def tie(schedule: Schedule, others: Collection[int], *, by: AbstractBaseUser | None = None) -> None:
    """Have the jobs of these schedules be made as such that others wait for, since this one is going to come after
    them. Raises ValidationError (field `after`) where one was deleted meanwhile, or comes after this one by now.

    It waits for their rows, and so comes before any row of a job in its transaction. Of two that would make a circle
    the second waits for the first, and sees what that has written."""
    if not others:
        return
    there = Schedule.objects.filter(pk__in=others).locked(wait=True)
    if len(there) < len(set(others)):
        raise ValidationError({"after": [GONE]})
    # Nothing comes after one that is new.
    if schedule.pk is not None and (problem := circle(schedule.name, [one.name for one in there], reach=reach_of(by))):
        raise ValidationError({"after": [problem]})
    Schedule.objects.filter(pk__in=others, has_followers=False).update(has_followers=True)


def mark(others: Collection[int], *, now: datetime) -> None:
    """Mark the jobs that these have already, in the transaction that has tied somebody to them. One that somebody else
    has just now ends unmarked, and the leader sees that."""
    if not others:
        return
    lately = Occurrence.objects.filter(
        schedule__in=others, nominal_at__gte=now - TWO_DAYS, number=1, job_id__isnull=False, cause__isnull=True
    )
    ids = lately.order_by().values_list("job_id", flat=True)
    block.mark(list(Job.objects.filter(pk__in=list(ids)).exclude(state__in=OVER).values_list("pk", flat=True)), now=now)


def names_after(schedule: Schedule, by: AbstractBaseUser | None) -> list[str]:
    """Return the names of those that come after this schedule that this user sees, the first MOST_NAMED; no statement
    where none can."""
    if not schedule.has_followers:
        return []
    others = Schedule.objects.followers_of(schedule.pk).within(reach_of(by)).order_by("name")
    return list(others.values_list("name", flat=True)[:MOST_NAMED])


def look_at_them(schedule: Schedule, *, now: datetime) -> None:
    """Have the next runs of those that come after this schedule wait again, where it has now what they must wait for.
    After the commit, holding nothing: whoever has the row of a run may want rows of ours."""
    if schedule.has_followers:
        transaction.on_commit(partial(_wait_again, schedule.pk, now), robust=True)


def _wait_again(pk: int, now: datetime) -> None:
    for schedule in Schedule.objects.followers_of(pk).filter(next_job_id__isnull=False):
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
                _wait_if_needed(schedule, now)
        except OperationalError as error:
            emit(FollowerNotBlocked(schedule.pk, schedule.name, error))


def _wait_if_needed(schedule: Schedule, now: datetime) -> None:
    job = Job.objects.pending().locked([schedule.next_job_id or 0], wait=True).first()
    if job is None or job.held_by & Hold.DEPENDENCIES or job.run_at <= now:
        return  # its time has come: it goes on, as any run does that an edit finds so
    if runs.judge([job], now=now)[job.pk].free:
        return
    Job.objects.filter(pk=job.pk).update(
        holds=F("holds").bitor(int(Hold.DEPENDENCIES)),
        version=NEXT_VERSION,
        enqueued_at=None,
        deliveries=0,
    )
