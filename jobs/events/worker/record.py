"""Events of the recorder: how ends come into the table."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class EndCameTooLate(Event):
    """An attempt ended whose job was settled without it. The ledger keeps its end; its line was another's."""

    level = logging.ERROR
    text = "job %(job_id)d: attempt %(attempt)d ended after it was settled; its end is in the ledger"
    job_id: int
    attempt: int


@dataclass(frozen=True)
class EndsNotRecorded(Event):
    """An error of ours when ends were recorded."""

    level = logging.ERROR
    text = "%(ends)d ends were not recorded; these jobs stay RUNNING until this worker stops"
    traceback = True
    ends: int
    error: Exception


@dataclass(frozen=True)
class EndRefused(Event):
    """The database refuses an end, or we cannot write it: the job becomes INTERRUPTED."""

    level = logging.ERROR
    text = "job %(job_id)d: its end cannot be recorded"
    traceback = True
    job_id: int
    error: Exception


@dataclass(frozen=True)
class StaysRunning(Event):
    """A job stays RUNNING: not even that its end could not be recorded could be recorded."""

    level = logging.ERROR
    text = "job %(job_id)d stays RUNNING until this worker stops"
    traceback = True
    job_id: int
    error: Exception


@dataclass(frozen=True)
class DatabaseFailed(Event):
    """A worker asks the database until it answers."""

    level = logging.WARNING
    text = "the database failed (%(error)s); trying again"
    error: Exception


@dataclass(frozen=True)
class LimitsAskedAgain(Event):
    """The database failed when limits were looked at whose places had come free."""

    level = logging.WARNING
    text = "%(limits)d limits could not be looked at (%(error)s); trying again"
    limits: int
    error: Exception


@dataclass(frozen=True)
class LimitsRaised(Event):
    """An error of ours when limits were looked at."""

    level = logging.ERROR
    text = "%(limits)d limits could not be looked at; the leader looks again"
    traceback = True
    limits: int
    error: Exception
