"""Controls of a job that is there, for programs: each by the one way that REST and the pages have, and as thin."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from jobs import transitions
from jobs.api.patience import FIRST_LOOK, LAST_LOOK, ended
from jobs.api.serializers import EditJobSerializer
from jobs.clock import clock, steady
from jobs.database import connection
from jobs.models import Job
from jobs.python.acting import asking
from jobs.python.handle import JobHandle
from jobs.python.reading import as_sent
from jobs.python.refused import Refused, refusing
from jobs.rights import reach_of
from jobs.rights.telling import seen_job
from jobs.states import State
from jobs.transitions import Answer

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def get(job_id: int) -> JobHandle:
    """Return the job of this id as it is now, also one that has gone into the history.

    Raises Refused (`not-found`) where there is none."""
    job = seen_job(job_id, reach_of(asking(None)))
    if job is None:
        raise Refused("not-found", f"There is no job {job_id}.")
    return read(job)


def cancel(job_id: int, reason: str = "", *, by: AbstractBaseUser | None = None) -> JobHandle:
    """Cancel a job that has not started; ask one that runs to stop. Returns what it is then.

    Raises Refused: `conflict` when it has ended, `not-found`, `permission-denied` where it is not `by`'s."""
    by = asking(by)
    unsaid = f"Cancelled by {by.get_username()} through Python." if by else "Cancelled by a program."
    with refusing():
        return _answered(transitions.cancel(job_id, now=clock.current(), reason=reason, by=by, unsaid=unsaid))


def reschedule(
    job_id: int, run_at: datetime | str, reason: str = "", *, by: AbstractBaseUser | None = None
) -> JobHandle:
    """Move a job that has not started to another time: an aware datetime, or ISO 8601 with a zone.

    Raises Refused as `cancel` does, and `invalid` with the field `run_at`."""
    with refusing():
        asked = EditJobSerializer().run_validation(as_sent({"run_at": run_at}))
        answer = transitions.reschedule(
            job_id, run_at=asked["run_at"], now=clock.current(), reason=reason, by=asking(by)
        )
        return _answered(answer)


def wait(job_id: int, timeout: float | None = None) -> JobHandle:
    """Return the job when it has ended, however it did: look at `state`. One that has joined another ends with that.
    `timeout`: seconds; None: without end. It looks up to fifty times a second, later four times.

    Raises TimeoutError when it has not ended by then, Refused (`not-found`), and RuntimeError inside a transaction:
    what that has created starts only after it."""
    looks = _Looks(job_id, timeout)
    while (over := looks.look()) is None:
        time.sleep(looks.pause())
    return over


async def await_job(job_id: int, timeout: float | None = None) -> JobHandle:
    """Return the job when it has ended, as `wait` does, and hold no thread until then."""
    looks = _Looks(job_id, timeout)
    while (over := await sync_to_async(looks.look)()) is None:
        await asyncio.sleep(looks.pause())
    return over


class _Looks:
    """Looks at a job, one after the other, until it has ended. `timeout`: seconds, None without end."""

    def __init__(self, job_id: int, timeout: float | None) -> None:
        self._job_id, self._timeout, self._pause = job_id, timeout, FIRST_LOOK
        self._until = None if timeout is None else steady() + timeout

    def look(self) -> JobHandle | None:
        """Return the job if it has ended. Raises TimeoutError, RuntimeError and Refused as `wait` says."""
        if ended([self._job_id]):
            return get(self._job_id)
        if connection.in_atomic_block:
            raise RuntimeError(
                f"Job {self._job_id} has not ended, and no job of this transaction starts before it commits; wait "
                "after it."
            )
        if self._until is not None and self._until <= steady():
            found = get(self._job_id)
            raise TimeoutError(
                f"Job {self._job_id} has not ended within {self._timeout:g} s; it is {found.state.label}."
            )
        return None

    def pause(self) -> float:
        """Return the seconds to the next look, more each time."""
        pause, self._pause = self._pause, min(self._pause * 1.5, LAST_LOOK)
        return pause if self._until is None else max(0.0, min(pause, self._until - steady()))


def _answered(answer: Answer) -> JobHandle:
    if answer.job is None:
        raise Refused("not-found", answer.why)
    if answer.forbidden:
        raise Refused("permission-denied", answer.why)
    if not answer.done:
        raise Refused("conflict", answer.why)
    return read(answer.job, with_starts=False)


def read(job: Job, *, created: bool = False, with_starts: bool = True) -> JobHandle:
    """Return the handle of a job that was read, `with_starts`: with what the last of them has returned, or that of the
    job which it has joined."""
    stands: Job | None = job
    if with_starts and job.joined_id is not None:
        stands = seen_job(job.joined_id, reach_of(None))
    starts = stands.attempts.all() if with_starts and stands is not None else ()
    last = max(starts, key=lambda start: start.number, default=None)
    return JobHandle(
        id=job.pk,
        target=job.target,
        run_at=job.run_at,
        state=State(job.state),
        created=created,
        result=None if last is None else last.result,
        error="" if last is None else last.error,
        reason=job.reason,
    )


acancel = sync_to_async(cancel)
areschedule = sync_to_async(reschedule)
