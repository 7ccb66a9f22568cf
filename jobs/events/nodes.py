"""The machines of workers: their readings, and whether they take jobs."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class MachineUnreadable(Event):
    """The machine could not be read this time."""

    level = logging.DEBUG
    text = "the machine could not be read: %(error)s"
    error: Exception


@dataclass(frozen=True)
class GpuLost(Event):
    """The driver of the GPU has failed once, and is left alone."""

    level = logging.INFO
    text = "the GPU is not read any more: %(error)s"
    error: Exception


@dataclass(frozen=True)
class NoGpu(Event):
    """The machine has no GPU that can be read."""

    level = logging.DEBUG
    text = "no GPU is read: %(error)s"
    error: Exception


@dataclass(frozen=True)
class ReadingsCacheAway(Event):
    """The cache of readings does not answer; it is left alone for a while."""

    level = logging.DEBUG
    text = "the cache of readings does not answer: %(error)s"
    error: Exception


@dataclass(frozen=True)
class ReadingUnclear(Event):
    """A reading in the cache is of another release."""

    level = logging.DEBUG
    text = "a reading is not understood: %(error)s"
    error: Exception


@dataclass(frozen=True)
class DrainChanged(Event):
    """A person has drained a worker, or has it take jobs again."""

    level = logging.INFO
    text = "%(worker)s: %(what)s (by %(by)s)"
    worker: str
    what: str
    by: str


@dataclass(frozen=True)
class WorkerNotWoken(Event):
    """The broker did not take the command by which a worker looks at its row at once."""

    level = logging.WARNING
    text = "%(worker)s could not be woken (%(error)s); its next heartbeat sees what has changed"
    worker: str
    error: Exception


@dataclass(frozen=True)
class StacksNotAsked(Event):
    """The broker did not take the question where a worker's jobs are in their code."""

    level = logging.WARNING
    text = "worker %(worker)s was not asked where its jobs are: %(error)s"
    worker: str
    error: Exception
