"""Writes what becomes of a job whose time has come and that does not start now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db.models.functions import Coalesce

from jobs import publishing
from jobs.database import transaction
from jobs.models import Job, moments
from jobs.models.querysets import Listed
from jobs.rights.reach import are_of_one_team
from jobs.states import Cause, State
from jobs.transitions.limits.names import Name, of


class Row(NamedTuple):
    """A pending job as it was read under its lock: what a start needs of it. Times are in UTC."""

    id: int
    #: Counts up with each edit; a message of another version acquires nothing.
    version: int
    #: How many starts there have been.
    attempt: int
    target: str
    payload: object
    run_at: datetime
    #: The moment that a rate has given it; None without one.
    not_before: datetime | None
    #: Seconds after `run_at` in which it may start; None: at any time.
    start_within: int | None
    #: What becomes of it when it is later than that (`IfLate`).
    if_late: str
    #: Seconds after `run_at`, or after its row is taken if that is later, by which it is to end; None: at any time.
    deadline: int | None
    approved_at: datetime | None
    queue: str
    key: str | None
    #: How many jobs of its key may run at a time.
    key_limit: int
    #: What becomes of it when its key's limit is reached (`Overlap`).
    overlap: str
    #: Its calendar, which binds this start unless a person has waived that; None without one.
    calendar_id: int | None
    #: Whether its queue has limits.
    queue_limited: bool
    #: The schedule that has made it, and the time of that which it stands for; None for what no schedule has made.
    schedule_id: int | None
    nominal_at: datetime | None
    #: What it can be found by: texts by keys.
    labels: dict[str, str]
    #: What has held it back; empty for what nothing has.
    waited_for: str
    #: What the database's clock read under the lock.
    read_at: datetime
    #: The trace of whoever has created it; None for none.
    traceparent: str | None = None
    #: When it was created and listed; None where nobody draws that.
    created_at: datetime | None = None
    enqueued_at: datetime | None = None

    @property
    def pk(self) -> int:
        return self.id

    @property
    def due(self) -> datetime:
        return moments.due(self.run_at, self.not_before)

    @property
    def limits(self) -> list[Name]:
        """The limits that the job shares with others; none for most."""
        names = of(queue=self.queue, key=self.key)
        return names if self.queue_limited else names[:-1]


@dataclass(frozen=True)
class Refusal:
    """A decision that a job does not start now. It is over (`state`), or it stays pending: held, due later, moved to
    another time, or as it is, for whoever gets its next message (`ask_again`: for which moment)."""

    why: str
    state: State | None = None
    cause: Cause | None = None  # why the nominal time of a schedule does not start, with `state`
    hold: int = 0
    by: Name | None = None  # the limit that holds it
    not_before: datetime | None = None
    moment_of: Sequence[Name] = ()  # the limits whose rates have given that moment
    run_at: datetime | None = None
    joined_id: int | None = None
    instead_of: Sequence[int] = ()  # jobs that are asked to stop for it
    ask_again: datetime | None = None


def write(row: Row, refusal: Refusal, now: datetime) -> None:
    """Write a refusal down, in the transaction that has the row locked."""
    job = Job.objects.filter(pk=row.id)
    if refusal.state is not None:
        job.update(state=refusal.state, finished_at=now, reason=refusal.why, joined_id=refusal.joined_id)
    elif refusal.hold:
        values = {"holds": refusal.hold, "not_before": None, "waited_for": refusal.why}
        job.update(**values, turn_at=None, enqueued_at=None, deliveries=0)
        # Not before: whoever ends one of them has its row.
        for other in refusal.instead_of:
            transaction.on_commit(partial(_make_way, other, row.id, now), robust=True)
    elif refusal.ask_again is not None:
        job.update(waited_for=refusal.why, turn_at=None, enqueued_at=None, deliveries=0)
        _publish(row, refusal.ask_again, now)
    elif refusal.run_at is not None:
        job.update(
            run_at=refusal.run_at,
            asked_run_at=Coalesce("asked_run_at", "run_at"),
            not_before=None,
            turn_at=None,
            enqueued_at=None,
            deliveries=0,
            waited_for=refusal.why,
        )
        _publish(row, refusal.run_at, now)
    else:
        moment = refusal.not_before
        job.update(not_before=moment, waited_for=refusal.why, turn_at=None, enqueued_at=None, deliveries=0)
        _publish(row, moment or row.due, now)


def _make_way(job_id: int, for_job: int, now: datetime) -> None:
    """Cancel a job for another that takes its place, in the name of whoever has created that: had the right to stop it,
    and is audited. One without a creator, by SQL or of an account that was deleted, stops what is of its own team."""
    from jobs.transitions.controls import cancel  # noqa: PLC0415 - the verbs know the limits, and these what is refused

    found = Job.objects.select_related("created_by").in_bulk([job_id, for_job])
    older, newer = found.get(job_id), found.get(for_job)
    if older is None or newer is None or (newer.created_by is None and not are_of_one_team(newer, older)):
        return
    cancel(job_id, now=now, by=newer.created_by, reason=f"Job {for_job} of the same key takes its place.")


def _publish(row: Row, due: datetime, now: datetime) -> None:
    publishing.publish_at_commit([Listed.first(row, due)], now=now)
