"""Changes of state, beside those of attempts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jobs.events.event import Event


@dataclass(frozen=True)
class AcquireMissed(Event):
    """Messages came whose jobs are not there to be taken: another has them, or they were changed."""

    level = logging.DEBUG
    text = "%(jobs)d messages are of jobs that were not there to be taken"
    jobs: int


@dataclass(frozen=True)
class LimitsLeftToLeader(Event):
    """The database failed when limits were looked at whose places had come free."""

    level = logging.WARNING
    text = "%(limits)d limits could not be looked at (%(error)s); the leader looks again"
    limits: int
    error: Exception


@dataclass(frozen=True)
class WaitersLeftToLeader(Event):
    """Jobs that wait for others could not be judged, since somebody had their rows."""

    level = logging.WARNING
    text = "%(jobs)d jobs that wait for others were locked (%(error)s); the leader looks again"
    jobs: int
    error: Exception


@dataclass(frozen=True)
class DatabaseReleased(Event):
    """A person lets a restored database start jobs again."""

    level = logging.WARNING
    text = "%(who)s has released the restored database (%(reason)s); %(cancelled)d jobs cancelled"
    who: str
    reason: str
    cancelled: int


@dataclass(frozen=True)
class OperationEnded(Event):
    """An operation on all jobs of a filter is done, was cancelled, or cannot go on."""

    level = logging.INFO
    text = "operation %(operation)d (%(verb)s) is %(outcome)s: %(done)d jobs changed, %(left)d left as they were%(why)s"
    operation: int
    verb: str
    outcome: str
    done: int
    left: int
    reason: str

    def words(self) -> Mapping[str, object]:
        return {**vars(self), "why": f" ({self.reason})" if self.reason else ""}


@dataclass(frozen=True)
class JobOfOperationFailed(Event):
    """An operation has left a job as it was, since an error came when it was changed."""

    level = logging.ERROR
    text = "operation %(operation)d has left job %(job)d as it was: %(error)r"
    traceback = True
    operation: int
    job: int
    error: Exception


@dataclass(frozen=True)
class EverythingStopped(Event):
    """A person stops all starts, now or at a planned time. `until` None: until somebody ends it."""

    level = logging.WARNING
    text = "all starts are stopped from %(begins_at)s until %(until)s (stop %(stop)d: %(reason)s)"
    stop: int
    begins_at: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True)
class EverythingGoesOn(Event):
    """A person ends a stop of all starts, or calls a planned one off."""

    level = logging.WARNING
    text = "stop %(stop)d of all starts is over: %(who)s has ended it (%(reason)s)"
    stop: int
    who: str
    reason: str
