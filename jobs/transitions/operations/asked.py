"""Says what is asked of all jobs of a filter: which verb, with what, and which jobs these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from jobs import rules
from jobs.models import Job, Operation, Verb
from jobs.models.constraints import LATEST_RUN_AT
from jobs.models.querysets import JobQuerySet
from jobs.rights import Reach
from jobs.rules.controls import CONTROLS, Control
from jobs.rules.finding import kept, matching, wanted_of
from jobs.transitions.operations.spreading import InOrder, Places

# Not the approval: it is the word of somebody who has looked at this one job.
OFFERED = (
    Verb.CANCEL,
    Verb.RESCHEDULE,
    Verb.RUN_NOW,
    Verb.EDIT,
    Verb.RETRY,
    Verb.CONFIRM_DONE,
    Verb.CONFIRM_FAILED,
)
FARTHEST = timedelta(days=3653)  # by which jobs are moved


@dataclass(frozen=True)
class AskedOfMany:
    """A verb for all jobs that these filters find. To reschedule them needs `run_at`, an offset `by_seconds`, or a
    window `over_seconds` long over which they are spread, from `run_at` on or from the time of the first; to edit them
    the `queue` to which they move."""

    verb: Verb
    wanted: Mapping[str, Any] = field(default_factory=dict)
    run_at: datetime | None = None
    by_seconds: int | None = None
    over_seconds: int | None = None
    queue: str | None = None
    in_order: Sequence[int] = ()

    @classmethod
    def said(cls, operation: Operation) -> AskedOfMany:
        """Return what the row of an operation says, without the order of its jobs."""
        given = dict(operation.arguments)
        if "run_at" in given:
            given["run_at"] = datetime.fromisoformat(given["run_at"])
        return cls(operation.does, wanted_of(operation.filters), **given)

    @classmethod
    def of(cls, operation: Operation) -> AskedOfMany:
        """Return all of that. One statement more where jobs are spread."""
        found = cls.said(operation)
        return replace(found, in_order=operation.in_order or ()) if found.spreads else found

    @property
    def spreads(self) -> bool:
        return self.over_seconds is not None

    @cached_property
    def places(self) -> Places | None:
        """Return where in its window each job is to be; None where they are not spread, or have not been ordered."""
        if self.over_seconds is None or self.run_at is None:
            return None
        return Places(self.run_at, self.over_seconds, self.in_order)

    @property
    def control(self) -> Control:
        return CONTROLS[self.verb]

    @property
    def row(self) -> dict[str, Any]:
        """Return the filters as the row of an operation keeps them."""
        return kept(self.wanted)

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the verb needs, as the row of an operation keeps it."""
        moment = None if self.run_at is None else self.run_at.isoformat()
        given = {
            "run_at": moment,
            "by_seconds": self.by_seconds,
            "over_seconds": self.over_seconds,
            "queue": self.queue,
        }
        return {name: value for name, value in given.items() if value is not None}

    def problems(self, now: datetime) -> dict[str, list[str]]:
        """Return what is wrong with it by field, in sentences; empty: nothing."""
        if self.verb == Verb.RESCHEDULE and self.spreads:
            return self._window_problems(now)
        if self.verb == Verb.RESCHEDULE:
            if (self.run_at is None) == (self.by_seconds is None):
                return {"run_at": ["Give the new time, or by how much they move: one of the two."]}
            if self.run_at is not None:
                found = rules.run_at_problems(self.run_at, now, needed=True)
                return {"run_at": found} if found else {}
            if not self.by_seconds or abs(self.by_seconds) > FARTHEST.total_seconds():
                return {"by_seconds": ["Move them by a second at least, and by ten years at most."]}
        if self.verb == Verb.EDIT:
            found = rules.queue_problems(self.queue or "")
            return {"queue": found} if found else {}
        return {}

    def _window_problems(self, now: datetime) -> dict[str, list[str]]:
        if not 1 <= (self.over_seconds or 0) <= FARTHEST.total_seconds():
            return {"over_seconds": ["Spread them over a second at least, and over ten years at most."]}
        found = [] if self.run_at is None else rules.run_at_problems(self.run_at, now, needed=True)
        return {"run_at": found} if found else {}

    def found(self, reach: Reach, at: datetime) -> JobQuerySet:
        """Return all jobs that whoever asks sees and that the filters find, as they were at that moment. A statement
        for each of some filters: see `matching`."""
        jobs: JobQuerySet = Job.objects.order_by()
        return matching(jobs, self.wanted, at).within(reach)

    def moved(self, job_id: int, run_at: datetime, now: datetime) -> datetime | None:
        """Return the new time of a job that is rescheduled, now where that has passed; None beyond what there is."""
        if self.places is not None:
            at = self.places.at(job_id, run_at)
            return None if at > LATEST_RUN_AT else rules.not_before(at, now)
        if self.run_at is not None:
            return rules.not_before(self.run_at, now)
        offset = timedelta(seconds=self.by_seconds or 0)
        return None if run_at >= LATEST_RUN_AT - max(offset, timedelta()) else rules.not_before(run_at + offset, now)


def touchable(jobs: JobQuerySet, verb: Verb, reach: Reach) -> JobQuerySet:
    """Select of these the jobs to which whoever asks may do this."""
    return jobs.touched_within(reach, or_own=verb == Verb.CANCEL)


def to_spread(asked: AskedOfMany, reach: Reach, now: datetime) -> JobQuerySet:
    """Return the jobs that this would spread."""
    return touchable(asked.found(reach, now).in_state(asked.control.states), asked.verb, reach)


def ordered(asked: AskedOfMany, jobs: Sequence[InOrder], now: datetime) -> AskedOfMany:
    """Return it with its jobs, and with its window from the first of them on where nothing else is said; not before
    now."""
    begins_at = max(asked.run_at or jobs[0].run_at, now)
    return replace(asked, run_at=begins_at, in_order=[job.id for job in jobs])
