"""Changes many jobs at once, as the verbs of one do (jobs/transitions/controls.py): the same guards, the same effects,
and a line of the audit for each. The caller has their rows, all in a state in which it can be done."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from jobs.models import Audit, Job, Occurrence, Verb, moments
from jobs.models.audit import Noted
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import JobQuerySet
from jobs.models.querysets.ids import is_one_of
from jobs.states import Cause, Hold, State
from jobs.transitions.changing import IN_LINE
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import Name, of
from jobs.transitions.requeue import Anew, NotAll, requeue_each
from jobs.transitions.schedules import succession

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Row(NamedTuple):
    """A job whose row is locked, as far as these need it."""

    id: int
    version: int
    state: int
    run_at: datetime
    not_before: datetime | None
    queue: str
    key: str | None
    holds: int
    approved_at: datetime | None
    schedule_id: int | None
    has_dependents: bool
    target: str
    waits_for_end: str | None
    start_within: int | None

    @property
    def pk(self) -> int:
        return self.id

    @property
    def due(self) -> datetime:
        return moments.due(self.run_at, self.not_before)


@dataclass(frozen=True)
class Part:
    """A batch of an operation: who has asked for it, and why."""

    operation: int
    by: AbstractBaseUser
    reason: str
    now: datetime


class To(NamedTuple):
    """A job, and the time for which it is to be pending. `over_calendar`: whatever its calendar says; `holds`: what it
    waits for then, None as it does now."""

    row: Row
    run_at: datetime
    over_calendar: bool = False
    holds: int | None = None


def locked(found: JobQuerySet, ids: Collection[int]) -> list[Row]:
    """Lock and return of these jobs those that are found and that nobody else has."""
    rows = found.filter(is_one_of(ids)).order_by("id").select_for_update(skip_locked=True, no_key=True)
    return [Row(*values) for values in rows.values_list(*Row._fields)]


def cancel_each(rows: Sequence[Row], part: Part) -> None:
    """Cancel these pending jobs."""
    if not rows:
        return
    ids = [row.id for row in rows]
    changed = (
        Job.objects.pending()
        .filter(is_one_of(ids))
        .update(state=State.CANCELLED, finished_at=part.now, reason=part.reason, version=NEXT_VERSION, holds=0)
    )
    if changed != len(rows):
        raise NotAll(f"{changed} of {len(rows)} jobs were pending")
    succession.missed(rows, Cause.PERSON, part.reason, now=part.now, by_id=part.by.pk)
    if waited_for := [row.id for row in rows if row.has_dependents]:
        dependencies.ended(waited_for, now=part.now)
    promotion.leave(ids, now=part.now, also=_lines(rows))
    _note([Noted(row.id, row.version + 1, row.state, State.CANCELLED) for row in rows], Verb.CANCEL, part)


def requeue_all(jobs: Sequence[To], verb: Verb, part: Part) -> None:
    """Make these jobs pending for their times, by this verb."""
    if not jobs:
        return
    pending = [to.row for to in jobs if to.row.state == State.PENDING]
    requeue_each([Anew(to.row, to.run_at, to.over_calendar, to.holds) for to in jobs], now=part.now)
    if verb == Verb.RETRY and (runs := [to.row.id for to in jobs if to.row.schedule_id is not None]):
        Occurrence.objects.started(runs)
    if pending:
        promotion.leave([row.id for row in pending], now=part.now, also=_lines(pending))
    noted = [
        Noted(to.row.id, to.row.version + 1, to.row.state, State.PENDING, _moved(to.row.run_at), _moved(to.run_at))
        for to in jobs
    ]
    _note(noted, verb, part)


def _lines(rows: Sequence[Row]) -> set[Name]:
    """Return the limits at which somebody is to look: in whose lines these have waited."""
    return {name for row in rows if Hold(row.holds) & IN_LINE for name in of(queue=row.queue, key=row.key)}


def _moved(run_at: datetime) -> str:
    return json.dumps({"run_at": run_at.isoformat()})


def _note(jobs: Sequence[Noted], verb: Verb, part: Part) -> None:
    Audit.objects.note_each(jobs, verb, operation=part.operation, by=part.by, reason=part.reason, now=part.now)
