"""Jobs on their way to the broker."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from jobs.events.event import Event


@dataclass(frozen=True)
class JobsListed(Event):
    """A list query has marked these jobs; its transaction is committed."""

    level = logging.DEBUG
    text = "%(jobs)d jobs listed, due before %(until)s"
    jobs: int
    until: datetime


@dataclass(frozen=True)
class JobsPublished(Event):
    """The broker has the messages of these jobs."""

    level = logging.DEBUG
    text = "%(jobs)d jobs published"
    jobs: int


@dataclass(frozen=True)
class WindowPublished(Event):
    """A window is published whole, so long after its beginning. Late: what is due first may be, too."""

    level = logging.DEBUG
    text = "the window is published %(seconds).3f s after its beginning"
    seconds: float
    is_late: bool


@dataclass(frozen=True)
class CrowdsUnknown(Event):
    """The broker was slow: some queues were not asked whether many messages wait in them."""

    level = logging.WARNING
    text = "the broker is slow to say what waits in it: not all queues were asked"


@dataclass(frozen=True)
class BrokerUnreachable(Event):
    """The leader cannot publish; it tries again in its next turn."""

    level = logging.WARNING
    text = "the broker cannot be reached (%(error)s); %(waiting)d jobs wait"
    error: Exception
    waiting: int


@dataclass(frozen=True)
class PublicationRefused(Event):
    """The broker did not take messages of the leader."""

    level = logging.WARNING
    text = "the broker refused %(what)s (%(error)s); %(waiting)d jobs wait"
    what: str
    error: Exception
    waiting: int


@dataclass(frozen=True)
class QueueRefusedTwice(Event):
    """A queue that the broker refuses is left out until the next window."""

    level = logging.ERROR
    text = "queue '%(queue)s' was refused twice: its %(jobs)d jobs wait for the next window"
    queue: str
    jobs: int


@dataclass(frozen=True)
class LateJobsNotPublished(Event):
    """Jobs that came to be due inside the listed window could not be published at once."""

    level = logging.WARNING
    text = "%(jobs)d jobs could not be published now (%(error)s); the next window lists them"
    jobs: int
    error: Exception


@dataclass(frozen=True)
class BrokerConnectionNotClosed(Event):
    """A connection that is thrown away could not be closed."""

    level = logging.DEBUG
    text = "closing the broker connection: %(error)s"
    error: Exception
