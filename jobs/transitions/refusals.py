"""What becomes of a job whose time has come and that does not start now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Coalesce

from jobs import dispatcher
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.states import State
from jobs.transitions import lanes
from jobs.transitions.verbs import cancel


class Row(NamedTuple):
    """A pending job as it was read under its lock: what a start needs of it. `has_rules`: its queue or its key has;
    `read_at`: what the database's clock read then."""

    id: int
    version: int
    attempt: int
    target: str
    payload: object
    run_at: datetime
    not_before: datetime | None
    turn_at: datetime | None
    start_within: int | None
    if_late: str
    deadline: int | None
    approved_at: datetime | None
    queue: str
    key: str | None
    key_limit: int
    overlap: str
    calendar_id: int | None
    has_rules: bool
    read_at: datetime

    @property
    def due(self) -> datetime:
        return self.run_at if self.not_before is None else max(self.run_at, self.not_before)

    @property
    def lanes(self) -> list[lanes.Name]:
        """Those that it has to ask; none for most."""
        return lanes.of(queue=self.queue, key=self.key) if self.has_rules or self.key is not None else []


@dataclass(frozen=True)
class Refusal:
    """It does not start now. It is over (`state`), or it stays pending: held, due later, or moved to another time."""

    why: str
    state: State | None = None
    hold: int = 0
    not_before: datetime | None = None
    run_at: datetime | None = None
    joined_id: int | None = None
    instead_of: Sequence[int] = ()  # jobs that are asked to stop for it
    anew: bool = False  # the moment that a rate has given it is lost


def write(row: Row, refusal: Refusal, now: datetime) -> None:
    """Write it down, in the transaction that has the row locked."""
    job = Job.objects.filter(pk=row.id)
    if refusal.state is not None:
        job.update(state=refusal.state, finished_at=now, reason=refusal.why, joined_id=refusal.joined_id)
    elif refusal.hold:
        moment = None if refusal.anew else row.not_before
        values = {"holds": refusal.hold, "not_before": moment, "waited_for": refusal.why}
        job.update(**values, turn_at=None, enqueued_at=None, deliveries=0)
        # Not before: whoever ends one of them has its row, and waits for our lanes.
        for other in refusal.instead_of:
            transaction.on_commit(partial(_make_way, other, row.id, now), robust=True)
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
        values = {"not_before": refusal.not_before, "waited_for": refusal.why}
        job.update(**values, turn_at=None, enqueued_at=None, deliveries=0)
        _publish(row, refusal.not_before or row.due, now)


def _make_way(job_id: int, for_job: int, now: datetime) -> None:
    cancel(job_id, now=now, reason=f"Job {for_job} of the same key takes its place.")


def _publish(row: Row, due: datetime, now: datetime) -> None:
    dispatcher.publish_at_commit([Listed(row.id, row.version, due, row.queue, 1)], now=now)
