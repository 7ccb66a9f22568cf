"""Takes the rows of all jobs that are due together in one transaction, and finds out what a lost COMMIT has done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError

from jobs import transitions
from jobs.clock import clock
from jobs.conf import conf
from jobs.events import emit
from jobs.events.worker.arm import AcquireAgainFailed, AcquireFailed, AcquireRaised
from jobs.transitions import Acquired, AcquireRequest, Started, WorkerIdentity
from jobs.worker.record.database_retry import retry_until_answered

# A message may arm this much too early and still be the right one; a row moved further away makes it stale.
ARM_SLACK = timedelta(seconds=1)
TRIES = 3


@dataclass(frozen=True)
class Acquisition:
    """The answer to a request for rows: what was `acquired`, and the starts `in_doubt`, of which we do not know whether
    they are committed. `resolve` asks about those one by one, since each may have to wait for somebody else's lock, and
    one row must not hold up the others."""

    acquired: Acquired
    in_doubt: list[AcquireRequest]


def acquire(asked: Sequence[tuple[Any, ...]], worker: WorkerIdentity, *, sharing: bool = False) -> Acquisition:
    """Take the rows of these (job id, version, queue of the message, perhaps when that came) for this worker, all in
    one transaction; with `sharing` those that share a limit too. Never raises: what has failed is in doubt.

    1. Give each job a token of its own, which its row of the ledger will carry.
    2. Take the rows: see `jobs.transitions.acquire`. Due is what is due at most `JOBS_ARM_LEAD` and a second from now.
    3. If that raised, its COMMIT may have taken effect all the same: return every start as in doubt.
    """
    wanted = [AcquireRequest(job_id, version, uuid.uuid4(), *more) for job_id, version, *more in asked]
    try:
        return Acquisition(_acquire(wanted, worker, sharing), [])
    except Exception as error:  # noqa: BLE001 - an answer, which is in doubt
        if isinstance(error, (DatabaseError, InterfaceError)):
            emit(AcquireFailed(len(wanted), error))
        else:
            emit(AcquireRaised(len(wanted), error))
        return Acquisition(Acquired(), wanted)


def resolve(doubtful: AcquireRequest, worker: WorkerIdentity, *, sharing: bool = False) -> Acquired:
    """Find out whether this start is committed, and try again if it is not: the message is spent, and after a restart
    of the database every connection is broken. Raises what an error of ours raises: then nothing is committed, and the
    list query finds the job.

    1. Ask the ledger for the token, until the database answers. If it is there, the start is ours: return it.
    2. If not, take the row again, under a new token; after another lost answer begin anew, `TRIES` times.
    3. Ask once more for the last token; return nothing acquired if it is not there.
    """
    for _ in range(TRIES):
        lost = _committed(doubtful, worker)
        if lost is not None:
            return Acquired([lost])
        doubtful = doubtful._replace(token=uuid.uuid4())
        try:
            return _acquire([doubtful], worker, sharing)
        except (DatabaseError, InterfaceError) as error:
            emit(AcquireAgainFailed(doubtful.job_id, error))
    lost = _committed(doubtful, worker)
    return Acquired([lost] if lost is not None else [])


def _committed(doubtful: AcquireRequest, worker: WorkerIdentity) -> Started | None:
    ask = partial(transitions.acquired_by, doubtful.job_id, doubtful.token, client=worker.name)
    return retry_until_answered(ask)


def _acquire(wanted: Sequence[AcquireRequest], worker: WorkerIdentity, sharing: bool) -> Acquired:
    now = clock.current()
    asked_at = clock.timestamp()
    due_before = now + timedelta(seconds=conf().arm_lead) + ARM_SLACK
    acquired = transitions.acquire(wanted, worker=worker, now=now, due_before=due_before, sharing=sharing)
    if acquired.started and acquired.started[0].read_at is not None:
        clock.check(acquired.started[0].read_at, asked_at)
    return acquired
