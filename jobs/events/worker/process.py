"""A worker as a process."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class WorkerStops(Event):
    """A worker was told to stop, and has handed back what waits for later."""

    level = logging.INFO
    text = "stops: %(jobs)d jobs that are due at once start here, others elsewhere"
    jobs: int


@dataclass(frozen=True)
class MessagesKept(Event):
    """Celery's own tasks on this worker need its connection for longer."""

    level = logging.INFO
    text = "other tasks acknowledge late: messages that wait here stay until they have ended"


@dataclass(frozen=True)
class ReadingNotPassedOn(Event):
    """A reading of this machine could not be passed on to those who show it."""

    level = logging.WARNING
    text = "a reading could not be passed on: %(error)s"
    error: Exception


@dataclass(frozen=True)
class JobsRefused(Event):
    """A worker takes no jobs, since its machine is over its limits or a person has drained it."""

    level = logging.WARNING
    text = "takes no jobs: %(why)s"
    why: str


@dataclass(frozen=True)
class JobsTaken(Event):
    """A worker takes jobs that took none."""

    level = logging.INFO
    text = "takes jobs again"


@dataclass(frozen=True)
class NotReadyYet(Event):
    """A thread could not rehearse its statements; the worker starts all the same."""

    level = logging.WARNING
    text = "the database is not ready for jobs yet: %(error)s"
    error: Exception


@dataclass(frozen=True)
class ForeignMessages(Event):
    """Messages of another installation have come; told once a minute."""

    level = logging.ERROR
    text = (
        "%(messages)d messages of another installation (%(whose)s) came in queue '%(queue)s' and go back to it: two "
        "installations use one broker; give each a BROKER_URL of its own (another database number or virtual host)"
    )
    messages: int
    whose: str
    queue: str


@dataclass(frozen=True)
class PresenceUnknown(Event):
    """The database failed before jobs were taken."""

    level = logging.WARNING
    text = "could not ask whether this worker counts as present: %(error)s"
    error: Exception


@dataclass(frozen=True)
class GoodbyeFailed(Event):
    """A worker left without its row saying so."""

    level = logging.WARNING
    text = "could not say good-bye (%(error)s); the heartbeat's silence will"
    error: Exception


@dataclass(frozen=True)
class StopsUnread(Event):
    """Jobs that are to stop could not be looked for; they are asked for with the next heartbeat."""

    level = logging.WARNING
    text = "could not look for jobs that are to stop: %(error)s"
    error: Exception


@dataclass(frozen=True)
class LossNotRecorded(Event):
    """A pool child died, and the database did not hear of it; it is told with the next heartbeat."""

    level = logging.WARNING
    text = "job %(job_id)d lost its process, which could not be recorded yet: %(error)s"
    job_id: int
    error: Exception


@dataclass(frozen=True)
class DeclaredGone(Event):
    """A worker was silent for so long that others have settled its jobs."""

    level = logging.ERROR
    text = "%(worker)s was declared gone; it goes on as a new session"
    worker: str


@dataclass(frozen=True)
class HeartbeatFailed(Event):
    """A heartbeat did not reach the table."""

    level = logging.WARNING
    text = "heartbeat failed: %(error)s"
    error: Exception
