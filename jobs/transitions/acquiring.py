"""Starts of jobs, by workers: one attempt holds a running job."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError

from jobs import failpoints, sentences
from jobs.database import transaction
from jobs.events import emit
from jobs.events.transitions import AcquireMissed
from jobs.installation import known
from jobs.models import Attempt, Job, WorkerLog, moments
from jobs.states import Cause, State
from jobs.transitions import admission
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.finishing import ERROR_LIMIT, storable
from jobs.transitions.limits import promotion
from jobs.transitions.limits.starting import Decided, decide, take_back
from jobs.transitions.refusals import Refusal, Row, write
from jobs.transitions.rows import locked
from jobs.transitions.schedules import lateness, succession
from jobs.transitions.starts import Acquired, AcquireRequest, Started, Way, WorkerIdentity
from jobs.transitions.statements import array, rows_of, words_of


def acquire(
    wanted: Sequence[AcquireRequest],
    *,
    worker: WorkerIdentity,
    now: datetime,
    due_before: datetime,
    sharing: bool = False,
) -> Acquired:
    """Take these rows for this worker: RUNNING and a ledger row each, committed together before any code of a job runs.

    1. Lock the pending rows, without waiting, that are due before `due_before`: whoever has one locked has it.
    2. Drop those whose version is not the message's: they were edited since. Those whose queue is not the message's
       were moved by SQL: ask workers of the new queue.
    3. Leave alone those that share a limit, unless `sharing`.
    4. Judge the others: a job that is later than it may start, cannot start at all or finds its limit taken is written
       down so now; one whose target this worker does not know is asked of others until it is MaxDelayTime late; one
       whose limit somebody else decides about is left for later. Nobody is waited for.
    5. Write RUNNING and a row of the ledger, with the request's token, for all that are left, in one statement.
    6. Commit, and return what has started, in the order of the requests, and what was left alone.

    Where the ledger already has one of these starts they are taken one by one, and that one ends as FAILED.
    """
    how = partial(_acquire, worker=worker, now=now, due_before=due_before, sharing=sharing)
    try:
        return how(wanted)
    except IntegrityError as error:
        if len(wanted) > 1:  # one of them; the others must not wait for it
            return Acquired.all_of(
                [acquire([w], worker=worker, now=now, due_before=due_before, sharing=sharing) for w in wanted]
            )
        # The ledger already has this start: somebody has set the count of attempts back.
        why = storable(f"The ledger refuses this start: {words_of(error)}")[:ERROR_LIMIT]
        only = Job.objects.pending().filter(pk=wanted[0].job_id, version=wanted[0].version)
        with transaction.atomic():
            failed = only.update(state=State.FAILED, finished_at=now, reason=why)  # 0: somebody was first
            dependencies.ended([wanted[0].job_id][:failed], now=now)
            succession.missed(Job.objects.filter(pk=wanted[0].job_id)[:failed], Cause.TARGET, why, now=now)
            promotion.leave([wanted[0].job_id][:failed], now=now)
        return Acquired()


# One statement for all of them: rows by way of objects would cost a worker four times the time.
TAKE = """
WITH taken AS (
    UPDATE jobs_job SET state = 1, locked_at = %(now)s, attempt = attempt + 1
    FROM unnest(%(jobs)s::bigint[], %(tokens)s::uuid[]) AS wanted (job_id, token)
    WHERE id = wanted.job_id
    RETURNING id, attempt, run_at, token
)
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at)
SELECT id, attempt, %(worker)s, %(session)s, token, run_at, %(now)s FROM taken
RETURNING id
"""


def _acquire(
    wanted: Sequence[AcquireRequest], *, worker: WorkerIdentity, now: datetime, due_before: datetime, sharing: bool
) -> Acquired:
    starts: list[int] = []
    with transaction.atomic():
        rows = locked([w.job_id for w in wanted], due_before=due_before, after=known.start)
        asked: dict[int, tuple[Row, AcquireRequest]] = {}
        strayed: set[int] = set()
        for one in wanted:
            row = rows.get(one.job_id)
            # Its version under the lock: an edit since the message makes the message stale.
            if row is not None and row.version == one.version:
                if one.queue in (None, row.queue):
                    asked.setdefault(row.id, (row, one))
                elif row.id not in strayed:  # moved by SQL: its new queue has other workers, and other limits
                    strayed.add(row.id)
                    why = sentences.STRAYED(was=one.queue, queue=row.queue)
                    write(row, Refusal(why, ask_again=row.due), now)
        limited = [] if sharing else [one for row, one in asked.values() if row.limits]
        judged = [row for row, _ in asked.values() if sharing or not row.limits]
        later = _refuse(judged, now)
        taken = [asked[row.id] for row in judged if row.id not in later.refused and row.id not in later.undecided]
        if taken:
            values: dict[str, Any] = {
                "now": now,
                "jobs": array(row.id for row, _ in taken),
                "tokens": array(one.token for _, one in taken),
                "worker": worker.name,
                "session": worker.session,
            }
            starts = [start for (start,) in rows_of(TAKE, values)]
        missed = [one.job_id for one in wanted if one.job_id not in asked]
        if missed:
            WorkerLog.objects.bulk_create(
                WorkerLog(action=WorkerLog.Action.ACQUIRE_FAILURE, job_id=job_id, client=worker.name, results=0, at=now)
                for job_id in missed
            )
        succession.follow([row for row, _ in taken], later.refused, rows, now=now)
        if taken:
            failpoints.hit("in-acquire")
    known.heard(max(starts, default=0))  # it is committed now
    if missed:
        emit(AcquireMissed(len(missed)))
    return Acquired(
        [_started(row, one, now) for row, one in taken],
        limited,
        [(asked[job_id][1], asked[job_id][0].due) for job_id in later.early],
        [(asked[job_id][1], name) for job_id, name in later.busy.items()],
    )


def _refuse(rows: Sequence[Row], now: datetime) -> Decided:
    """Write down what becomes of the jobs that do not start now, and return that; the caller has their rows."""
    leaving = lateness.refusals(rows, now=now)
    leaving |= admission.refusals([row for row in rows if row.id not in leaving], now=now)
    sharing = [row for row in rows if row.limits]
    decided = decide([row for row in sharing if row.id not in leaving], now=now) if sharing else Decided()
    decided.refused |= leaving
    for row in rows:
        if row.id in decided.refused:
            write(row, decided.refused[row.id], now)
    ended = [job_id for job_id, refusal in decided.refused.items() if refusal.state is not None]
    if ended:
        dependencies.ended(ended, now=now)
    promotion.at_commit(take_back(sharing, decided.refused, now=now), now=now)
    return decided


def _started(row: Row, asked: AcquireRequest, now: datetime) -> Started:
    ends_by = moments.ends_by(row.run_at, now, row.deadline)
    number = row.attempt + 1
    way = None
    if row.created_at is not None:
        way = Way(row.queue, row.created_at, row.enqueued_at, now, *(asked.came or ()))
    at, more = row.read_at, (row.deadline, ends_by, row.nominal_at, row.labels, row.queue, row.traceparent, way)
    return Started(row.id, number, row.target, row.payload, row.run_at, row.due, at, *more)


def acquired_by(job_id: int, token: uuid.UUID, *, client: str) -> Started | None:
    """Return the start that this token made, if its COMMIT took effect, else None: for a worker, the `client`, that
    lost the answer to it. The one query of a single job's status that a worker makes, and logged as such.

    Raises OperationalError while anybody has the row's lock: it may be the lost transaction itself, about to commit. So
    None is final, and another try is safe.
    """
    with transaction.atomic():
        Job.objects.unlocked(job_id).first()
        attempt = Attempt.objects.open_by(job_id, token).first()
        found = 0 if attempt is None else 1
        WorkerLog.objects.create(action=WorkerLog.Action.QUERYJOB, job_id=job_id, client=client, results=found)
    if attempt is None or attempt.job.state != State.RUNNING or attempt.job.attempt != attempt.number:
        return None
    return Started.of(attempt.job, attempt.number, attempt.locked_at)
