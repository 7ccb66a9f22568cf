"""Reads what a subscription has not been told, and writes it down to be sent, in one transaction with how far it has
come: so nothing is left out, whoever dies, and one batch after the other keeps the order of each job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from jobs.alerts.changes.horizon import Upto
from jobs.alerts.changes.telling import Change
from jobs.conf import conf
from jobs.models import Delivery, Subscription
from jobs.models.querysets.watching import WHOSE
from jobs.models.subscription import JobChange, OpenStart
from jobs.states import State

AT_A_TIME = 200  # starts, ends, and lines of the audit, of a subscription in a turn
MOST_WAITING = 20  # batches of a destination: then what is new waits in the ledger
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
CANCELLED = f"""
SELECT row.id, row.job_id, row.at, {COLUMNS} FROM (
    SELECT id, job_id, at, subject, to_state FROM jobs_audit WHERE id > %(after)s AND id <= %(upto)s
    ORDER BY id LIMIT %(most)s
) AS row {JOB.format(id="row.job_id")} WHERE row.job_id IS NOT NULL AND row.to_state = {State.CANCELLED.value}
ORDER BY row.id
"""  # noqa: S608 - as above
LAST_OF_AUDIT = """
SELECT coalesce(max(id), %(upto)s), count(*) FROM (
    SELECT id FROM jobs_audit WHERE id > %(after)s AND id <= %(upto)s ORDER BY id LIMIT %(most)s
) AS row
"""

Row = Mapping[str, Any]


class Read(NamedTuple):
    """Result of a turn. `written`: something is to be sent; `more`: there may be more to read."""

    written: bool = False
    more: bool = False


def read(subscription_id: int, upto: Upto, source: str, now: datetime) -> Read:
    """Read a batch for this subscription. Up to eight statements, three where nothing is new.

    A subscription that begins hears of what starts and is cancelled from then on.
    """
    with transaction.atomic():
        row = Subscription.objects.taken(subscription_id)
        if row is None:
            return Read()
        if row.starts_upto is None or row.audit_upto is None:
            row.starts_upto, row.audit_upto = upto
            row.save(update_fields=["starts_upto", "audit_upto"])
            return Read()
        if Delivery.objects.waiting_changes(row.destination_id) >= MOST_WAITING:
            return Read()
        batch = _batch(row, Upto(row.starts_upto, row.audit_upto), upto)
        OpenStart.objects.filter(subscription=row, attempt_id__in=batch.ended).delete()
        OpenStart.objects.bulk_create(
            [
                OpenStart(subscription=row, attempt_id=one["id"])
                for one in batch.starts
                if one["outcome"] is None and _is_of(row, _begun(one))
            ],
            ignore_conflicts=True,
        )
        if batch.upto != (row.starts_upto, row.audit_upto):
            row.starts_upto, row.audit_upto = batch.upto
            row.save(update_fields=["starts_upto", "audit_upto"])
        wanted = [one for one in batch.changes if row.wants(one.what) and _is_of(row, one)]
        if wanted:
            events = [one.as_cloud_event(source, conf().public_url) for one in wanted]
            Delivery.objects.create(
                destination=row.destination, event=Delivery.CHANGES, made_at=now, next_at=now, data=events
            )
    return Read(bool(wanted), batch.more)


def forget(subscription_id: int, now: datetime) -> None:
    """Let one that is switched off forget how far it has come: once it is on again it hears of what happens from then
    on, not of all its pause. The log of deliveries says so."""
    with transaction.atomic():
        row = Subscription.objects.taken_off(subscription_id)
        if row is None:
            return
        row.starts_upto = row.audit_upto = None
        row.save(update_fields=["starts_upto", "audit_upto"])
        OpenStart.objects.filter(subscription=row).delete()
        Delivery.objects.create(
            destination=row.destination,
            event=Delivery.CHANGES,
            made_at=now,
            next_at=now,
            done_at=now,
            data=[],
            error=f"Subscription {row.pk} ({row}) is switched off: nothing is told until it is on again, and then what "
            "happens from then on.",
        )


class _Batch(NamedTuple):
    """Changes in the order of each job. `ended`: those of the open starts whose end is among them; `starts`: those that
    were read; `upto`: how far it has come; `more`: there may be more."""

    changes: list[Change]
    ended: list[int]
    starts: list[Row]
    upto: Upto
    more: bool


def _batch(row: Subscription, come: Upto, upto: Upto) -> _Batch:
    """Read the next batch, after where the subscription has come.

    1. Ends of starts that it has been told: a later start of such a job comes after them, so if these are many, nothing
       else is read.
    2. Starts, and their ends where they have ended.
    3. When all starts have been read, what was cancelled: a job is cancelled before its start, or between two.
    """
    ends = _starts(ENDS, subscription=row.pk)
    changes, ended = [change for one in ends for change in _end(one)], [one["id"] for one in ends]
    if len(ends) == AT_A_TIME:
        return _Batch(changes, ended, [], come, True)
    starts = _starts(STARTS, after=come.starts, upto=upto.starts) if upto.starts > come.starts else []
    changes += [change for one in starts for change in (_begun(one), *_end(one))]
    if len(starts) == AT_A_TIME:
        return _Batch(changes, ended, starts, Upto(starts[-1]["id"], come.audit), True)
    audit, read_all = come.audit, True
    if upto.audit > come.audit:
        cancelled, audit, read_all = _cancelled(come.audit, upto.audit)
        for one in cancelled:
            changes.insert(_place(changes, one), one)
    return _Batch(changes, ended, starts, Upto(max(upto.starts, come.starts), audit), not read_all)


def _place(changes: Sequence[Change], cancelled: Change) -> int:
    """Return where it comes: before the first later start of its job, else at the end. Nothing else is moved, since
    moments are of several clocks."""
    for place, one in enumerate(changes):
        if one.job_id == cancelled.job_id and one.what == JobChange.STARTED and one.at > cancelled.at:
            return place
    return len(changes)


def _starts(statement: str, **values: Any) -> list[Row]:
    names = (
        *("id", "job_id", "number", "worker", "run_at", "locked_at", "started_at", "finished_at", "outcome"),
        *("failure", "queue", "target", "team", "schedule"),
    )
    return [dict(zip(names, row, strict=True)) for row in _rows(statement, values)]


def _cancelled(after: int, upto: int) -> tuple[list[Change], int, bool]:
    values = {"after": after, "upto": upto}
    ((last, number),) = _rows(LAST_OF_AUDIT, values)
    rows = _rows(CANCELLED, values)
    found = [
        Change(JobChange.CANCELLED, at, row, job, queue or "", target or "", team, schedule)
        for row, job, at, queue, target, team, schedule in rows
    ]
    return found, last if number == AT_A_TIME else upto, number < AT_A_TIME


def _begun(one: Row) -> Change:
    return _change(JobChange.STARTED, one, one["locked_at"])


def _end(one: Row) -> Iterator[Change]:
    if one["outcome"] is not None:
        yield _change(OUTCOMES[State(one["outcome"])], one, one["finished_at"])


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


def _is_of(row: Subscription, change: Change) -> bool:
    wanted = ((row.queue, change.queue), (row.target, change.target), (row.its_team, change.team))
    return all(not name or name == its for name, its in wanted)


def _rows(statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "most": AT_A_TIME})
        return list(cursor.fetchall())
