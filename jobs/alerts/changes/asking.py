"""Questions for what a subscription has not been told: new jobs, starts and ends by the ledger, and what people have
asked of jobs by the audit; each bounded, and by ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from jobs.alerts.changes.telling import Change
from jobs.database import connection
from jobs.models import Verb
from jobs.models.querysets.watching import WHOSE
from jobs.models.subscription import JobChange
from jobs.states import State

AT_A_TIME = 200  # jobs, starts, ends, and lines of the audit, of a subscription in a turn
OUTCOMES = {
    State.COMPLETED: JobChange.COMPLETED,
    State.FAILED: JobChange.FAILED,
    State.INTERRUPTED: JobChange.INTERRUPTED,
}

COLUMNS = "job.queue, job.target, coalesce(team.name, ''), coalesce(schedule.name, '')"
OF_A_START = f"""
start.id, start.job_id, start.number, start.worker, start.run_at, start.locked_at, start.started_at, start.finished_at,
    start.outcome, start.failure, {COLUMNS}
"""
JOB = f"""
LEFT JOIN LATERAL (
    SELECT queue, target, labels, schedule_id FROM jobs_all WHERE id = {{id}} LIMIT 1
) AS job ON true
{WHOSE}
"""  # noqa: S608 - of our own words only
# The position moves over all of them, so those of other jobs are read, too; whose they are is told apart here.
STARTS = f"""
SELECT {OF_A_START} FROM (
    SELECT * FROM jobs_attempt WHERE id > %(after)s AND id <= %(upto)s ORDER BY id LIMIT %(most)s
) AS start {JOB.format(id="start.job_id")} ORDER BY start.id
"""  # noqa: S608 - as above
ENDS = f"""
SELECT {OF_A_START} FROM (
    SELECT start.* FROM jobs_subscriptionopen AS open JOIN jobs_attempt AS start ON start.id = open.attempt_id
    WHERE open.subscription_id = %(subscription)s AND start.outcome IS NOT NULL ORDER BY start.id LIMIT %(most)s
) AS start {JOB.format(id="start.job_id")} ORDER BY start.id
"""  # noqa: S608 - as above
# Jobs by their ids; one that has left the table by now is not among them.
CREATED = f"""
SELECT job.id, job.id, job.created_at, NULL, NULL, NULL, {COLUMNS} FROM (
    SELECT id, created_at, queue, target, labels, schedule_id FROM jobs_job WHERE id > %(after)s AND id <= %(upto)s
    ORDER BY id LIMIT %(most)s
) AS job {WHOSE} ORDER BY job.id
"""  # noqa: S608 - as above
OF_AUDIT = f"row.id, row.job_id, row.at, row.verb, row.from_state, row.to_state, {COLUMNS}"
ASKED = f"""
SELECT {OF_AUDIT} FROM (
    SELECT id, job_id, at, verb, from_state, to_state FROM jobs_audit WHERE id > %(after)s AND id <= %(upto)s
    ORDER BY id LIMIT %(most)s
) AS row {JOB.format(id="row.job_id")} ORDER BY row.id
"""  # noqa: S608 - as above
ASKED_OF = f"""
SELECT {OF_AUDIT} FROM jobs_audit AS row {JOB.format(id="row.job_id")}
WHERE row.job_id = ANY (%(jobs)s::bigint[]) AND row.id > %(after)s AND row.id <= %(upto)s ORDER BY row.id
"""  # noqa: S608 - as above
# What people and programs ask of a job, by the verb of the audit; what leads to the state cancelled is that before all.
ASKED_AS = {
    Verb.APPROVE: JobChange.APPROVED,
    Verb.RESCHEDULE: JobChange.RESCHEDULED,
    Verb.RUN_NOW: JobChange.RESCHEDULED,
    Verb.EDIT: JobChange.EDITED,
    Verb.RETRY: JobChange.REQUEUED,
    Verb.CONFIRM_DONE: JobChange.CONFIRMED_DONE,
    Verb.CONFIRM_FAILED: JobChange.CONFIRMED_FAILED,
}

Row = Mapping[str, Any]


def created(after: int, upto: int) -> list[Change]:
    """Return the jobs that were created, after one of this id."""
    return [_asked(row, JobChange.CREATED) for row in _rows(CREATED, {"after": after, "upto": upto})]


def started(after: int, upto: int) -> list[Row]:
    """Return the starts after this one, some of which have ended."""
    return _starts(STARTS, after=after, upto=upto)


def ended(subscription_id: int) -> list[Row]:
    """Return the starts of which this subscription has been told, and that have ended since."""
    return _starts(ENDS, subscription=subscription_id)


def asked(after: int, upto: int) -> tuple[list[Change], int, bool]:
    """Return what was asked of jobs, up to which line of the audit that is, and whether it is all up to `upto`."""
    rows = _rows(ASKED, {"after": after, "upto": upto})
    read_all = len(rows) < AT_A_TIME
    return list(_changes(rows)), upto if read_all else rows[-1][0], read_all


def asked_of(jobs: Collection[int], after: int, upto: int) -> list[Change]:
    """Return what was asked of these jobs after that line."""
    return list(_changes(_rows(ASKED_OF, {"jobs": list(jobs), "after": after, "upto": upto})))


def begun(one: Row) -> Change:
    """Return the beginning of a start."""
    return _change(JobChange.STARTED, one, one["locked_at"])


def end(one: Row) -> Iterator[Change]:
    """Yield the end of a start, where it has ended."""
    if one["outcome"] is not None:
        yield _change(OUTCOMES[State(one["outcome"])], one, one["finished_at"])


def _changes(rows: Sequence[Any]) -> Iterator[Change]:
    """Yield what these lines of the audit say of jobs: those that change nothing of a job, such as that it is kept, are
    passed by, and those of what is no job."""
    for row in rows:
        _, job_id, _, verb, before, after, *_ = row
        if job_id is None or before is None or after is None:
            continue
        is_cancelled = after == State.CANCELLED and before != State.CANCELLED
        what = JobChange.CANCELLED if is_cancelled else ASKED_AS.get(verb)
        if what is not None:
            yield _asked(row, what)


def _asked(row: Any, what: JobChange) -> Change:
    line, job_id, at, _, before, _, queue, target, team, schedule = row
    was = State(before).label if before is not None else None
    return Change(what, at, line, job_id, queue or "", target or "", team, schedule, was=was)


def _starts(statement: str, **values: Any) -> list[Row]:
    names = (
        *("id", "job_id", "number", "worker", "run_at", "locked_at", "started_at", "finished_at", "outcome"),
        *("failure", "queue", "target", "team", "schedule"),
    )
    return [dict(zip(names, row, strict=True)) for row in _rows(statement, values)]


def _change(what: JobChange, one: Row, at: datetime) -> Change:
    return Change(
        what,
        at,
        one["id"],
        one["job_id"],
        one["queue"] or "",
        one["target"] or "",
        one["team"],
        one["schedule"],
        one["number"],
        one["worker"],
        one["run_at"],
        one["started_at"] if what != JobChange.STARTED else None,
        one["failure"] if what == JobChange.FAILED else None,
    )


def _rows(statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "most": AT_A_TIME})
        return list(cursor.fetchall())
