"""Reads what a subscription has not been told, and writes it down to be sent, in one transaction with how far it has
come: so nothing is left out, whoever dies, and one batch after the other keeps the order of each job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jobs.alerts.changes import asking
from jobs.alerts.changes.asking import Row
from jobs.alerts.changes.horizon import Upto
from jobs.alerts.changes.telling import Change
from jobs.conf import conf
from jobs.database import transaction
from jobs.models import Delivery, Subscription
from jobs.models.subscription import JobChange, OpenStart

MOST_WAITING = 20  # batches of a destination: then what is new waits in the ledger


class Read(NamedTuple):
    """Result of a turn. `written`: something is to be sent; `more`: there may be more to read."""

    written: bool = False
    more: bool = False


def read(subscription_id: int, upto: Upto, source: str, now: datetime) -> Read:
    """Read a batch for this subscription. Up to nine statements, three where nothing is new.

    A subscription that begins hears of what happens from then on.
    """
    with transaction.atomic():
        row = Subscription.objects.taken(subscription_id)
        if row is None:
            return Read()
        if row.starts_upto is None or row.audit_upto is None:
            _come(row, upto)
            return Read()
        if Delivery.objects.waiting_changes(row.destination_id) >= MOST_WAITING:
            return Read()
        # One that has begun under the release before has been told of no creation: it begins with those now.
        come = Upto(row.starts_upto, row.audit_upto, upto.jobs if row.jobs_upto is None else row.jobs_upto)
        batch = _batch(row, come, upto)
        OpenStart.objects.filter(subscription=row, attempt_id__in=batch.ended).delete()
        OpenStart.objects.bulk_create(
            [
                OpenStart(subscription=row, attempt_id=one["id"])
                for one in batch.starts
                if one["outcome"] is None and _is_of(row, asking.begun(one))
            ],
            ignore_conflicts=True,
        )
        if batch.upto != (row.starts_upto, row.audit_upto, row.jobs_upto):
            _come(row, batch.upto)
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
        _come(row, None)
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
    2. Jobs that were created: their starts come after that, so as above.
    3. Starts, and their ends where they have ended.
    4. When all starts have been read, what was asked of jobs: it comes before a start, or between two. Where there are
       more, what was asked of these jobs before a start that is told now: it is told again in its turn, as the same.
    """
    ends = asking.ended(row.pk)
    changes, ended = [change for one in ends for change in asking.end(one)], [one["id"] for one in ends]
    if len(ends) == asking.AT_A_TIME:
        return _Batch(changes, ended, [], come, True)
    if row.wants(JobChange.CREATED) and upto.jobs > come.jobs:
        created = asking.created(come.jobs, upto.jobs)
        changes += created
        if len(created) == asking.AT_A_TIME:
            return _Batch(changes, ended, [], come._replace(jobs=created[-1].row), True)
    come = come._replace(jobs=max(upto.jobs, come.jobs))
    starts = asking.started(come.starts, upto.starts) if upto.starts > come.starts else []
    changes += [change for one in starts for change in (asking.begun(one), *asking.end(one))]
    if len(starts) == asking.AT_A_TIME:
        for one in asking.asked_of({start["job_id"] for start in starts}, come.audit, upto.audit):
            if (place := _place(changes, one)) < len(changes):
                changes.insert(place, one)
        return _Batch(changes, ended, starts, come._replace(starts=starts[-1]["id"]), True)
    audit, read_all = come.audit, True
    if upto.audit > come.audit:
        asked, audit, read_all = asking.asked(come.audit, upto.audit)
        for one in asked:
            changes.insert(_place(changes, one), one)
    return _Batch(changes, ended, starts, Upto(max(upto.starts, come.starts), audit, come.jobs), not read_all)


def _come(row: Subscription, upto: Upto | None) -> None:
    """Note how far it has come; None: nowhere."""
    row.starts_upto, row.audit_upto, row.jobs_upto = upto or (None, None, None)
    row.save(update_fields=["starts_upto", "audit_upto", "jobs_upto"])


def _place(changes: Sequence[Change], asked: Change) -> int:
    """Return where it comes: before the first later start of its job, else at the end. Nothing else is moved, since
    moments are of several clocks."""
    for place, one in enumerate(changes):
        if one.job_id == asked.job_id and one.what == JobChange.STARTED and one.at > asked.at:
            return place
    return len(changes)


def _is_of(row: Subscription, change: Change) -> bool:
    wanted = ((row.queue, change.queue), (row.target, change.target), (row.its_team, change.team))
    return all(not name or name == its for name, its in wanted)
