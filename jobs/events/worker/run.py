"""Bodies in their slots."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class AttemptCutShort(Event):
    """An error of the worker around a body: its end is INTERRUPTED."""

    level = logging.ERROR
    text = "job %(job_id)d: attempt %(attempt)d was cut short by an error of ours"
    traceback = True
    job_id: int
    attempt: int
    error: Exception


@dataclass(frozen=True)
class SettledWhileAsleep(Event):
    """A worker woke so late that others had settled its job: the body is not entered."""

    level = logging.ERROR
    text = "job %(job_id)d was settled while this worker slept"
    job_id: int


@dataclass(frozen=True)
class NotEntered(Event):
    """A start was over before its body was entered."""

    level = logging.WARNING
    text = "job %(job_id)d is not entered: it was paused, or settled without this worker"
    job_id: int


@dataclass(frozen=True)
class TransactionLeftOpen(Event):
    """A body ended inside of a transaction."""

    level = logging.ERROR
    text = "job %(job_id)d (%(target)s) left a transaction open (%(databases)s); it is rolled back"
    job_id: int
    target: str
    databases: str


@dataclass(frozen=True)
class ConnectionNotCleaned(Event):
    """A body's connection could not be made as it was before."""

    level = logging.ERROR
    text = "the connection to database '%(alias)s' could not be cleaned; it is replaced"
    traceback = True
    alias: str
    error: Exception


@dataclass(frozen=True)
class ConnectionNotClosed(Event):
    """A connection that is thrown away could not be closed."""

    level = logging.DEBUG
    text = "closing a connection to '%(alias)s': %(error)s"
    alias: str
    error: Exception


@dataclass(frozen=True)
class StatementNotCancelled(Event):
    """The server was not told to cancel what a body had left running."""

    level = logging.WARNING
    text = "a statement that a body left running could not be cancelled: %(error)s"
    error: Exception


@dataclass(frozen=True)
class ConnectionNotSevered(Event):
    """A connection of a body on another thread could not be closed."""

    level = logging.ERROR
    text = "a connection that a body has left could not be closed"
    traceback = True
    error: Exception


@dataclass(frozen=True)
class ConnectionKept(Event):
    """A thread that outlives its body has a connection that is not safe to close."""

    level = logging.ERROR
    text = "a thread that a body has left running keeps its connection: it does not end its statement"


@dataclass(frozen=True)
class ThreadBusy(Event):
    """A call that a body has given up still runs on the thread beside its slot."""

    level = logging.ERROR
    text = "a thread beside a slot is still busy for a body that has ended; another takes its place"


@dataclass(frozen=True)
class ProgressNotWritten(Event):
    """The database failed when it was told how far bodies are."""

    level = logging.WARNING
    text = "the progress of %(jobs)d jobs could not be written: %(error)s"
    jobs: int
    error: Exception


@dataclass(frozen=True)
class ProgressRaised(Event):
    """An error of ours when the database was told how far bodies are."""

    level = logging.ERROR
    text = "the progress of %(jobs)d jobs could not be written"
    traceback = True
    jobs: int
    error: Exception
