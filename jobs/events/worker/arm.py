"""Jobs that wait on a worker, and the taking of their rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class JobHandedOff(Event):
    """A job that found no slot is in the queue again, for another worker."""

    level = logging.DEBUG
    text = "job %(job_id)d is handed off (%(hops)d times so far)"
    job_id: int
    hops: int


@dataclass(frozen=True)
class HandoffFailed(Event):
    """The broker did not take jobs back into the queue."""

    level = logging.WARNING
    text = "%(jobs)d jobs could not be passed on (%(error)s); they wait here for a slot"
    jobs: int
    error: Exception


@dataclass(frozen=True)
class QueueNotLookedInto(Event):
    """The broker did not say whether others find jobs in a queue: a crowd of it waits here for slots meanwhile."""

    level = logging.WARNING
    text = "whether others find jobs in queue '%(queue)s' is unknown (%(error)s): none are passed on meanwhile"
    queue: str
    error: Exception


@dataclass(frozen=True)
class JobsNotArmed(Event):
    """An error of ours: messages are spent, and no row is taken."""

    level = logging.ERROR
    text = "%(jobs)d jobs could not be armed; the list query will find them"
    traceback = True
    jobs: int
    error: Exception


@dataclass(frozen=True)
class JobsNotTaken(Event):
    """Jobs that share a limit could not be taken, by an error of the worker; the list query finds them."""

    level = logging.ERROR
    text = "%(jobs)d jobs could not be taken; the list query will find them"
    traceback = True
    jobs: int
    error: Exception


@dataclass(frozen=True)
class JobNotTaken(Event):
    """A job could not be taken, of which it was in doubt whether its row was taken; the list query finds it."""

    level = logging.ERROR
    text = "job %(job_id)d could not be taken; the list query will find it"
    traceback = True
    job_id: int
    error: Exception


@dataclass(frozen=True)
class AcquireFailed(Event):
    """The database failed while rows were taken: whether they are is in doubt, and asked one by one."""

    level = logging.WARNING
    text = "the database failed while %(jobs)d jobs were acquired (%(error)s)"
    jobs: int
    error: Exception


@dataclass(frozen=True)
class AcquireRaised(Event):
    """An error of ours when rows were taken together; they are asked one by one."""

    level = logging.ERROR
    text = "%(jobs)d jobs could not be judged together"
    traceback = True
    jobs: int
    error: Exception


@dataclass(frozen=True)
class AcquireAgainFailed(Event):
    """The database failed again for one that was in doubt."""

    level = logging.WARNING
    text = "job %(job_id)d: the database failed while it was acquired (%(error)s)"
    job_id: int
    error: Exception
