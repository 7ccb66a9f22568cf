"""Ties a new job to those that it waits for: each has ended already, or its end will find it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import publishing
from jobs.database import connection, transaction
from jobs.models import Dependency, Job
from jobs.models.history import found
from jobs.models.querysets import Listed
from jobs.models.querysets.dependencies import ToBeWaitedFor
from jobs.permissions import VIEW_JOB
from jobs.rights import EVERYTHING, Reach, reach_of
from jobs.states import OVER, Hold, State
from jobs.transitions.dependencies.unblock import unblock_or_skip
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MARKED_TOGETHER = 100  # jobs: some 5 ms


def problems(ids: Collection[int], by: AbstractBaseUser | None) -> list[str]:
    """Return why this user cannot let a job wait for these, in sentences; none where he can."""
    if not ids:
        return []
    # Whether there is a job of this id is for those to know who may see it.
    reach = reach_of(by)
    there = Job.objects.within(reach).filter(pk__in=ids).order_by()
    missing = sorted(set(ids) - set(there.values_list("pk", flat=True)))
    return [_missing(missing, reach)] if missing else []


def prepare(ids: Collection[int], *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Mark these as jobs for which others may wait, before the transaction that creates who does. Raises
    ValidationError (field `waits_for`) where one is missing, or where this user may not let a job wait for them.

    A hundred at a time, for the time of one small transaction each: marking is most of what `tie` would have to do
    while it has all of their rows. A mark for which nobody comes does no harm.
    """
    wrong = problems(ids, by)
    if wrong:
        raise ValidationError({"waits_for": wrong})
    if connection.in_atomic_block:
        return  # a transaction of the caller's would have them until its end
    ordered = sorted(ids)
    for first in range(0, len(ordered), MARKED_TOGETHER):
        with transaction.atomic():
            mark(ordered[first : first + MARKED_TOGETHER], now=now)


def mark(ids: Collection[int], *, now: datetime) -> None:
    """Mark these jobs, unless somebody has them: their ends look for who waits."""
    _publish_again(Job.objects.to_be_marked(ids), now)


def keep(ids: Collection[int]) -> None:
    """Keep these from being deleted until the transaction ends, first in the one that creates who waits for them. They
    can start and end. Raises ValidationError (field `waits_for`) where one is missing."""
    missing = sorted(set(ids) - Job.objects.kept(ids))
    if missing:
        raise ValidationError({"waits_for": [_missing(missing, EVERYTHING)]})


def tie(waits: Mapping[int, Sequence[int]], *, now: datetime, own: Collection[int] = ()) -> None:
    """Write down what these new jobs wait for, and let go of those whose wait is over already. `own` are those that
    this transaction has made itself, with `has_dependents`; all others have been kept.

    The last of its transaction: the others' rows are locked at its end, for the milliseconds until the commit. A job
    whose row is locked starts late, and the rows of a thousand jobs are not written in milliseconds."""
    pairs = [Dependency(job_id=job, waits_for_id=other) for job, others in waits.items() for other in others]
    Dependency.objects.bulk_create(pairs, batch_size=1000)
    others = {other for group in waits.values() for other in group}.difference(own)
    if not others:
        return
    connection.check_constraints()  # or the commit looks up each pair's rows, with the locks held
    over = _over(others)
    _unblock_of(waits, over, now)
    locked = Job.objects.to_be_waited_for(others)
    _publish_again(locked, now)
    may_end = {job.id for job in locked if job.state not in OVER}
    _unblock_of(waits, others - may_end - over, now)


def _over(ids: Collection[int]) -> set[int]:
    return set(Job.objects.filter(pk__in=ids).in_state(OVER).order_by().values_list("pk", flat=True))


def _unblock_of(waits: Mapping[int, Sequence[int]], over: set[int], now: datetime) -> None:
    if over:
        unblock_or_skip([job for job, group in waits.items() if not over.isdisjoint(group)], now=now)


def _publish_again(locked: Sequence[ToBeWaitedFor], now: datetime) -> None:
    """Publish these again at commit: while we had their rows, a list query has passed them by, and so has a worker
    whose time for them had come."""
    waiting = [job for job in locked if job.state == State.PENDING and not job.holds]
    listed = {job.id: Listed.first(job) for job in waiting}
    unpublished = [listed[job.id] for job in waiting if job.enqueued_at is None]
    published = [listed[job.id] for job in waiting if job.enqueued_at is not None]
    publishing.late_publisher.overtaken_at_commit([one for one in unpublished if one.run_at < now + publishing.SOON])
    publishing.late_publisher.missed_at_commit(published)
    lines = [of(queue=job.queue, key=job.key) for job in locked if Hold(job.holds) & (Hold.KEY | Hold.QUEUE)]
    promotion.at_commit({name for names in lines for name in names}, now=now)  # their turns have passed them by, too


def _missing(ids: Sequence[int], reach: Reach) -> str:
    if left := sorted(job.pk for job in found([pk for pk in ids if 0 < pk < 2**63]) if reach.sees_job(job)):
        return f"Job {left[0]} is over and has gone into the history: there is nothing to wait for, so leave it out."
    named = ", ".join(str(pk) for pk in ids[:5]) + (" and others" if len(ids) > 5 else "")
    if reach.own_only:
        return f"There is no job {named} of your own, and to wait for those of others needs '{VIEW_JOB}'."
    return f"There is no job {named}; a job waits for jobs that exist already: create those first."
