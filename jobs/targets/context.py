"""Context of a start, for its target: what it may know of it, and say while it runs and beside its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobs.clock import clock
from jobs.targets.execution import Execution


class TargetFailed(Exception):
    """The job has failed. `result`, JSON, is kept with the attempt; `kinds` are names by which a rerunnable job may
    want another start after it, `retry_after` the seconds before which that should not be."""

    def __init__(
        self,
        message: str,
        result: object = None,
        kinds: tuple[str, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.result, self.kinds, self.retry_after = result, kinds, retry_after


class OutcomeUnknown(TargetFailed):
    """Failure after which nobody knows whether the job has had its effect: it is INTERRUPTED and waits for a person."""


class Cancelled(TargetFailed):
    """The body has stopped because it was asked to."""


class DeadlinePassed(TargetFailed):
    """The body has stopped because its deadline has passed."""

    def __init__(self, message: str, result: object = None, kinds: tuple[str, ...] = ("deadline",)) -> None:
        super().__init__(message, result, kinds)


@dataclass(frozen=True)
class Context:
    """Start of a job. A target that declares a parameter of this type is given it; it is no JSON argument."""

    job_id: int
    #: Number of this start, from 1.
    attempt: int
    #: Time that the job is planned for, aware, on the database's clock, as all times here are.
    run_at: datetime
    #: Moment at which its time is over; None for a job that may take however long.
    deadline: datetime | None = None
    #: Seconds that it may take; None for any.
    limit: int | None = None
    #: Instant at which the body is entered: `run_at`, or the later moment that a rate has given it.
    due: datetime | None = None
    #: Time of its schedule that it stands for, also where it starts later or earlier; None without a schedule.
    nominal_time: datetime | None = None
    #: Labels of the job: texts by keys.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: Trace to pass on to others, as W3C writes it: this start's own span or, where starts have none, that of whoever
    #: created the job; None where there is neither.
    traceparent: str | None = None
    execution: Execution = field(default_factory=Execution, repr=False, compare=False)

    @property
    def idempotency_key(self) -> str:
        """Key for others, to recognise a second start of this job: equal for all of its starts."""
        return f"runat-job-{self.job_id}"

    @property
    def prepared(self) -> Any:
        """Result of the target's `prepare`; None without one."""
        return self.execution.prepared

    def log(self, message: object) -> None:
        """Keep a line with the attempt: the first and the last of 200 lines and 16 KB, the rest is counted."""
        self.execution.line(str(message), clock.timestamp())

    def progress(self, share: float, note: str = "") -> None:
        """Say how far the work is, 0 to 1, for those who look. Never waits, never fails."""
        if self.execution.progress(share, str(note)) and self.execution.on_progress is not None:
            self.execution.on_progress(self)

    @property
    def cancelled(self) -> bool:
        """Return whether somebody wants this job to stop."""
        return bool(self.execution.asked)

    @property
    def ahead(self) -> float:
        """Seconds until the instant at which the body is entered, none less than 0."""
        return 0.0 if self.due is None else max(clock.seconds_until(self.due), 0.0)

    @property
    def left(self) -> float | None:
        """Seconds until its deadline, none less than 0; None without one."""
        return None if self.deadline is None else max(clock.seconds_until(self.deadline), 0.0)

    def check(self) -> None:
        """Raise if the body is to stop; one that takes long calls it now and then.

        Raises Cancelled when somebody wants it to stop, DeadlinePassed when its time is over.
        """
        if self.execution.asked:
            raise Cancelled(self.execution.asked)
        if self.left == 0.0:
            raise DeadlinePassed(f"Its deadline of {self.limit} s passed")
