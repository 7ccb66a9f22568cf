"""Starts and ends, by workers: one attempt holds a running job, and only that one may end it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction

from jobs import failpoints
from jobs.installation import known
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import OUTCOMES, State
from jobs.transitions import admission
from jobs.transitions.dependencies import ending as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import named
from jobs.transitions.limits.starting import Decided, decide, take_back
from jobs.transitions.refusals import Refusal, Row, write
from jobs.transitions.retries import start_again
from jobs.transitions.starts import Acquired, Ended, Started, Wanted, WorkerIdentity, ends

ERROR_LIMIT = 10_000  # characters kept of what went wrong; the rest is cut off


def acquire(
    wanted: Sequence[Wanted],
    *,
    worker: WorkerIdentity,
    now: datetime,
    due_before: datetime,
    sharing: bool = False,
) -> Acquired:
    """Take these rows for this worker: RUNNING and a ledger row each, committed together before any code of a job runs.

    Those that are ours come back in the order they were asked for. Those that share a limit are left alone unless
    `sharing`: then they are judged too, without waiting for anybody. There is nothing to start of the others: another
    has the row, it was edited, cancelled, or moved beyond `due_before`; or it is later than it may start, cannot start
    at all, or finds its limit taken, and says so now; or others are asked: it is of another queue than its message by
    now, or nothing that this worker knows and not yet MaxDelayTime late.
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
        why = storable(f"The ledger refuses this start: {error}")[:ERROR_LIMIT]
        only = Job.objects.pending().filter(pk=wanted[0].job_id, version=wanted[0].version)
        with transaction.atomic():
            failed = only.update(state=State.FAILED, finished_at=now, reason=why)  # 0: somebody was first
            dependencies.ended([wanted[0].job_id][:failed], now=now)
            promotion.leave([wanted[0].job_id][:failed], now=now)
        return Acquired()


# One statement for all of them: rows by way of objects would cost a worker four times the time.
TAKE = """
WITH taken AS (
    UPDATE jobs_job SET state = 1, locked_at = %(now)s, attempt = attempt + 1
    WHERE id = ANY (%(jobs)s::bigint[])
    RETURNING id, attempt, run_at
)
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at)
SELECT taken.id, taken.attempt, %(worker)s, %(session)s, wanted.token, taken.run_at, %(now)s
FROM taken JOIN unnest(%(jobs)s::bigint[], %(tokens)s::uuid[]) AS wanted (job_id, token) ON wanted.job_id = taken.id
RETURNING id
"""


def _acquire(
    wanted: Sequence[Wanted], *, worker: WorkerIdentity, now: datetime, due_before: datetime, sharing: bool
) -> Acquired:
    starts: list[int] = []
    with transaction.atomic():
        acquirable = Job.objects.acquirable([w.job_id for w in wanted], due_before=due_before, after=known.start)
        rows = {row[0]: Row._make(row) for row in acquirable.values_list(*Row._fields)}
        asked: dict[int, tuple[Row, Wanted]] = {}
        strayed: set[int] = set()
        for one in wanted:
            row = rows.get(one.job_id)
            # Its version under the lock: an edit since the message makes the message stale.
            if row is not None and row.version == one.version:
                if one.queue in (None, row.queue):
                    asked.setdefault(row.id, (row, one))
                elif row.id not in strayed:  # moved by SQL: its new queue has other workers, and other limits
                    strayed.add(row.id)
                    why = f"It was moved from the queue '{one.queue}' to '{row.queue}'."
                    write(row, Refusal(why, ask_again=row.due), now)
        limited = [] if sharing else [one for row, one in asked.values() if row.limits]
        judged = [row for row, _ in asked.values() if sharing or not row.limits]
        later = _refuse(judged, now)
        taken = [asked[row.id] for row in judged if row.id not in later.refused and row.id not in later.undecided]
        if taken:
            values: dict[str, Any] = {
                "now": now,
                "jobs": [row.id for row, _ in taken],
                "tokens": [one.token for _, one in taken],
                "worker": worker.name,
                "session": worker.session,
            }
            with connection.cursor() as cursor:
                cursor.execute(TAKE, values)
                starts = [start for (start,) in cursor.fetchall()]
        missed = [one.job_id for one in wanted if one.job_id not in asked]
        if missed:
            WorkerLog.objects.bulk_create(
                WorkerLog(action=WorkerLog.Action.ACQUIRE_FAILURE, job_id=job_id, client=worker.name, results=0, at=now)
                for job_id in missed
            )
        failpoints.hit("in-acquire")
    known.heard(max(starts, default=0))  # it is committed now
    return Acquired(
        [_started(row, now) for row, _ in taken],
        limited,
        [(asked[job_id][1], asked[job_id][0].due) for job_id in later.early],
        [asked[job_id][1] for job_id in later.busy],
    )


def _refuse(rows: Sequence[Row], now: datetime) -> Decided:
    """Write down what becomes of those that do not start now; the caller has their rows."""
    leaving = admission.refusals(rows, now=now)
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


def _started(row: Row, now: datetime) -> Started:
    ends_by = ends(row.run_at, now, row.deadline)
    number = row.attempt + 1
    return Started(row.id, number, row.target, row.payload, row.run_at, row.due, row.read_at, row.deadline, ends_by)


def acquired_by(job_id: int, token: uuid.UUID) -> Started | None:
    """The start that this token made, if its COMMIT took effect: for a worker that lost the answer to it.

    Raises OperationalError while anybody has the row's lock: it may be the lost transaction itself, about to commit.
    So None is final, and another try is safe.
    """
    with transaction.atomic():
        Job.objects.unlocked(job_id).first()
        attempt = Attempt.objects.open_by(token).first()
    if attempt is None or attempt.job.state != State.RUNNING or attempt.job.attempt != attempt.number:
        return None
    job = attempt.job
    ends_by = ends(job.run_at, attempt.locked_at, job.deadline)
    return Started(job.pk, attempt.number, job.target, job.payload, job.run_at, job.due, None, job.deadline, ends_by)


def storable(text: str) -> str:
    """Text that PostgreSQL can hold: an undecodable file's name has half surrogates, and a body may say NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


# Guarded by state and attempt: an attempt that no longer holds its job ends nothing. The rows are locked in the order
# in which everyone who locks several does it. The server ends this transaction when it stands still: see `briefly`.
END = """
WITH brief AS MATERIALIZED (
    SELECT set_config('idle_in_transaction_session_timeout', '6s', true) AS setting
), ended AS MATERIALIZED (
    SELECT * FROM unnest(
        %(jobs)s::bigint[], %(numbers)s::int[], %(outcomes)s::smallint[], %(execute)s::timestamptz[],
        %(finished)s::timestamptz[], %(errors)s::text[], %(results)s::text[],
        %(logs)s::text[], %(shares)s::float8[], %(notes)s::text[], %(stories)s::text[]
    ) AS e (job_id, number, outcome, execute_at, finished_at, error, result, log, progress, note, story)
), locked AS MATERIALIZED (
    SELECT id FROM jobs_job WHERE id = ANY (%(jobs)s::bigint[]) AND (SELECT setting FROM brief) IS NOT NULL
    ORDER BY id FOR NO KEY UPDATE
), held AS (
    UPDATE jobs_job SET state = ended.outcome, execute_at = ended.execute_at, finished_at = ended.finished_at,
        reason = ended.error
    FROM ended, locked
    WHERE jobs_job.id = ended.job_id AND locked.id = ended.job_id
        AND jobs_job.state = 1 AND jobs_job.attempt = ended.number
    RETURNING jobs_job.id, jobs_job.attempt, jobs_job.has_dependents
), freed AS (
    DELETE FROM jobs_turn WHERE job_id = ANY (%(jobs)s::bigint[])  -- a join may read all of them
        AND EXISTS (SELECT FROM held WHERE held.id = jobs_turn.job_id)
    RETURNING job_id, kind, name
), noted AS (
    UPDATE jobs_attempt SET started_at = ended.execute_at, finished_at = ended.finished_at, outcome = ended.outcome,
        error = ended.story, result = ended.result::jsonb, log = ended.log::jsonb,
        progress = coalesce(ended.progress, jobs_attempt.progress),
        progress_note = coalesce(ended.note, jobs_attempt.progress_note)
    FROM ended, held
    WHERE jobs_attempt.job_id = ended.job_id AND jobs_attempt.number = ended.number
        AND held.id = ended.job_id AND held.attempt = ended.number
)
SELECT id, attempt, has_dependents, kind, name FROM held LEFT JOIN freed ON freed.job_id = held.id
"""


def finish(endings: Sequence[Ended]) -> list[Ended]:
    """Record the ends of attempts, together. Returns those whose row was no longer theirs: their end is kept in the
    ledger as evidence, and changes nothing else. Raises ValueError for an outcome that is none."""
    for ended in endings:
        if ended.outcome not in OUTCOMES:
            raise ValueError(f"{ended.outcome!r} is not an end of an attempt")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                END,
                {
                    "jobs": [ended.started.job_id for ended in endings],
                    "numbers": [ended.started.attempt for ended in endings],
                    "outcomes": [int(ended.outcome) for ended in endings],
                    "execute": [ended.execute_at for ended in endings],
                    "finished": [ended.finished_at for ended in endings],
                    "errors": [_reason(ended) for ended in endings],
                    "results": [ended.result for ended in endings],
                    "logs": [ended.log for ended in endings],
                    "shares": [ended.progress for ended in endings],
                    "notes": [ended.progress_note for ended in endings],
                    "stories": [_story(ended) for ended in endings],
                },
            )
            rows = cursor.fetchall()
        held = {(job_id, number) for job_id, number, *_ in rows}
        unheld = [
            ended
            for ended in endings
            if (ended.started.job_id, ended.started.attempt) not in held and not _ended_before(ended)
        ]
        start_again([e for e in endings if e.kinds and (e.started.job_id, e.started.attempt) in held])
        awaited = {job_id for job_id, _, has_dependents, *_ in rows if has_dependents}
        if awaited:
            dependencies.ended(awaited, now=max(e.finished_at for e in endings))
        freed = named([(kind, name) for *_, kind, name in rows if kind is not None])
        promotion.at_commit(freed, now=max(ended.finished_at for ended in endings))
        failpoints.hit("in-finish")
    return unheld


def _reason(ended: Ended) -> str:
    return storable(ended.error)[:ERROR_LIMIT]


def _story(ended: Ended) -> str:
    """What the ledger keeps: the reason, and how the code came to it."""
    return f"{_reason(ended)}\n\n{storable(ended.story)}"[:ERROR_LIMIT] if ended.story else _reason(ended)


def _ended_before(ended: Ended) -> bool:
    """Whether we are here again with an end that is recorded: the answer to its COMMIT was lost. Otherwise it is
    noted as evidence."""
    attempt = Attempt.objects.filter(job_id=ended.started.job_id, number=ended.started.attempt)
    if attempt.filter(outcome=ended.outcome, finished_at=ended.finished_at).exists():
        return True
    what = f"Ended as {State(ended.outcome).label} at {ended.finished_at.isoformat()}, when it no longer held the job."
    result, log = (None if text is None else json.loads(text) for text in (ended.result, ended.log))
    error = f"{what} {_story(ended)}"[:ERROR_LIMIT]
    attempt.update(started_at=ended.execute_at, error=error, result=result, log=log)
    return False
