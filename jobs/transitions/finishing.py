"""Ends of attempts, by workers: only the attempt that holds a running job may end it, and what another says is kept as
evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from jobs import failpoints, fingerprints
from jobs.database import transaction
from jobs.models import Attempt, Job
from jobs.states import OUTCOMES, State
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import named
from jobs.transitions.retries import start_again
from jobs.transitions.starts import Ended
from jobs.transitions.statements import array, rows_of

ERROR_LIMIT = 10_000  # characters kept of what went wrong; the rest is cut off


def storable(text: str) -> str:
    """Return the text as PostgreSQL can hold it: an undecodable file's name has half surrogates, and a body may say
    NUL."""
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
        %(logs)s::text[], %(shares)s::float8[], %(notes)s::text[], %(stories)s::text[], %(failures)s::text[]
    ) AS e (job_id, number, outcome, execute_at, finished_at, error, result, log, progress, note, story, failure)
), locked AS MATERIALIZED (
    SELECT jobs_job.id, ended.number, ended.outcome, ended.execute_at, ended.finished_at, ended.error
    FROM ended JOIN jobs_job ON jobs_job.id = ended.job_id
    WHERE jobs_job.id = ANY (%(jobs)s::bigint[]) AND (SELECT setting FROM brief) IS NOT NULL
    ORDER BY jobs_job.id FOR NO KEY UPDATE OF jobs_job
), finished AS (
    UPDATE jobs_job SET state = locked.outcome, execute_at = locked.execute_at, finished_at = locked.finished_at,
        reason = coalesce(locked.error, '')
    FROM locked
    -- Added to, or stale statistics have the server read all that run by their index.
    WHERE jobs_job.id = locked.id AND (jobs_job.state + 0) = 1 AND jobs_job.attempt = locked.number
    RETURNING jobs_job.id, jobs_job.attempt, jobs_job.has_dependents
), freed AS (
    DELETE FROM jobs_turn WHERE job_id = ANY (%(jobs)s::bigint[])  -- a join may read all of them
        AND EXISTS (SELECT FROM finished WHERE finished.id = jobs_turn.job_id)
    RETURNING job_id, kind, name
), noted AS (
    UPDATE jobs_attempt SET started_at = ended.execute_at, finished_at = ended.finished_at, outcome = ended.outcome,
        error = coalesce(ended.story, ''), result = ended.result::jsonb, log = ended.log::jsonb,
        progress = coalesce(ended.progress, jobs_attempt.progress),
        progress_note = coalesce(ended.note, jobs_attempt.progress_note), failure = ended.failure
    FROM ended, finished
    WHERE jobs_attempt.job_id = ended.job_id AND jobs_attempt.number = ended.number
        AND finished.id = ended.job_id AND finished.attempt = ended.number
)
SELECT id, attempt, has_dependents, kind, name FROM finished LEFT JOIN freed ON freed.job_id = finished.id
"""


def finish(endings: Sequence[Ended]) -> list[Ended]:
    """Record the ends of attempts, together. Returns those whose row was no longer theirs: their end is kept in the
    ledger as evidence, and changes nothing else. Raises ValueError for an outcome that is none.

    1. Lock the jobs' rows in the order of their ids; the server ends this transaction when it stands still for 6 s.
    2. Write the end into each job that is still RUNNING in this very attempt; delete its places in limits; write the
       end into the ledger. All that is one statement.
    3. Of the others tell those whose end is recorded already, since the answer to its COMMIT was lost, from those that
       came too late: note the end of these in the ledger.
    4. Requeue rerunnable jobs that want another start after such an end.
    5. Let go of, or skip, what waits for these jobs.
    6. After the commit, look whose turn is next in the limits that have a place free.
    """
    for ended in endings:
        if ended.outcome not in OUTCOMES:
            raise ValueError(f"{ended.outcome!r} is not an end of an attempt")
    with transaction.atomic():
        rows = rows_of(END, _values(endings))
        finished = {(job_id, number) for job_id, number, *_ in rows}
        orphaned = [
            ended
            for ended in endings
            if (ended.started.job_id, ended.started.attempt) not in finished and not _ended_before(ended)
        ]
        start_again([e for e in endings if e.kinds and (e.started.job_id, e.started.attempt) in finished])
        awaited = {job_id for job_id, _, has_dependents, *_ in rows if has_dependents}
        if awaited:
            dependencies.ended(awaited, now=max(e.finished_at for e in endings))
        freed = named([(kind, name) for *_, kind, name in rows if kind is not None])
        promotion.at_commit(freed, now=max(ended.finished_at for ended in endings))
        if finished:
            failpoints.hit("in-finish")
    return orphaned


def _values(endings: Sequence[Ended]) -> dict[str, Any]:
    """Return the values of END. What no end of these says is no array at all, which most of them are."""
    return {
        "jobs": array(ended.started.job_id for ended in endings),
        "numbers": array(ended.started.attempt for ended in endings),
        "outcomes": array(int(ended.outcome) for ended in endings),
        "execute": array(ended.execute_at for ended in endings),
        "finished": array(ended.finished_at for ended in endings),
        "errors": _said(_reason(ended) for ended in endings),
        "results": _said(ended.result for ended in endings),
        "logs": _said(ended.log for ended in endings),
        "shares": _said(ended.progress for ended in endings),
        "notes": _said(ended.progress_note for ended in endings),
        "stories": _said(_story(ended) for ended in endings),
        "failures": _said(_failure(ended) for ended in endings),
    }


def _said(values: Iterable[str | float | None]) -> list[str | float | None] | None:
    """Return these as a list; None if there is nothing in any of them."""
    said = [None if value == "" else value for value in values]
    return None if said.count(None) == len(said) else said


def _reason(ended: Ended) -> str:
    return storable(ended.error)[:ERROR_LIMIT] if ended.error else ""


def _story(ended: Ended) -> str:
    """Return the text that the ledger keeps: the reason, and how the code came to it."""
    return f"{_reason(ended)}\n\n{storable(ended.story)}"[:ERROR_LIMIT] if ended.story else _reason(ended)


def _failure(ended: Ended) -> str:
    """Return by what and where it failed; empty for a good end, of which nothing is looked at."""
    if ended.outcome == State.COMPLETED:
        return ""
    found = ended.failure or fingerprints.of_kinds(ended.kinds) or fingerprints.of_words(ended.error)
    return storable(found or State(ended.outcome).label)[: fingerprints.LONGEST]


def _ended_before(ended: Ended) -> bool:
    """Return whether this end is recorded already: the answer to its COMMIT was lost. Otherwise note it as evidence."""
    attempt = Attempt.objects.filter(job_id=ended.started.job_id, number=ended.started.attempt)
    if attempt.filter(outcome=ended.outcome, finished_at=ended.finished_at).exists():
        return True
    what = f"Ended as {State(ended.outcome).label} at {ended.finished_at.isoformat()}, when it no longer held the job."
    result, log = (None if text is None else json.loads(text) for text in (ended.result, ended.log))
    if Job.objects.filter(pk=ended.started.job_id, redacted_at__isnull=False).exists():
        attempt.update(started_at=ended.execute_at, error=what)  # a late word brings nothing back
        return False
    error = f"{what} {_story(ended)}"[:ERROR_LIMIT]
    attempt.update(started_at=ended.execute_at, error=error, result=result, log=log)
    return False
