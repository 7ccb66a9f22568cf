"""Says within which time each job was to start: by the objective of its schedule, else of its target, else of its
queue; a second where it has none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property

from django.db.models import Case, DurationField, Value, When

from jobs.models import Job, Objective
from jobs.models.objective import LEAST_MS, StartLimit
from jobs.models.querysets import OVERDUE_AFTER

LEAST = timedelta(milliseconds=LEAST_MS)  # that any objective can ask for
Kind = Objective.Kind


class StartLimits:
    """The limits of all objectives, read once."""

    def __init__(self, limits: Iterable[StartLimit]) -> None:
        self._all = list(limits)

    @cached_property
    def _of(self) -> dict[tuple[str, str | int | None], timedelta]:
        return {(one.kind, one.schedule_id if one.kind == Kind.SCHEDULE else one.name): one.within for one in self._all}

    @cached_property
    def _named(self) -> dict[tuple[str, str], timedelta]:
        return {(one.kind, one.name): one.within for one in self._all}

    def of(self, job: Job) -> timedelta:
        """Return the limit of this job."""
        for key in ((Kind.SCHEDULE, job.schedule_id), (Kind.TARGET, job.target), (Kind.QUEUE, job.queue)):
            if key in self._of:
                return self._of[key]
        return OVERDUE_AFTER

    def of_named(self, schedule: str, target: str, queue: str) -> timedelta:
        """Return the limit of a job by what these are called."""
        for key in ((Kind.SCHEDULE, schedule), (Kind.TARGET, target), (Kind.QUEUE, queue)):
            if key in self._named:
                return self._named[key]
        return OVERDUE_AFTER

    @property
    def as_expression(self) -> timedelta | Case:
        """Return the same as a part of a statement about jobs."""
        if not self._all:
            return OVERDUE_AFTER
        ranked = sorted(self._all, key=lambda one: (Kind.SCHEDULE, Kind.TARGET, Kind.QUEUE).index(Kind(one.kind)))
        whens = [
            When(
                **(
                    {"schedule_id": one.schedule_id}
                    if one.kind == Kind.SCHEDULE
                    else {"target" if one.kind == Kind.TARGET else "queue": one.name}
                ),
                then=Value(one.within),
            )
            for one in ranked
        ]
        return Case(*whens, default=Value(OVERDUE_AFTER), output_field=DurationField())


def start_limits() -> StartLimits:
    """Read them. One statement."""
    return StartLimits(Objective.objects.start_limits())
