"""Changes of state, beside those of attempts."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


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
