"""Events of the watcher: what it finds wrong, and whom it could not say it to."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class WatchBegun(Event):
    """A watcher has got the lock, and judges."""

    level = logging.INFO
    text = "%(watcher)s watches now"
    watcher: str


@dataclass(frozen=True)
class WatchEnded(Event):
    """A watcher judges no longer."""

    level = logging.INFO
    text = "%(watcher)s watches no longer"
    watcher: str


@dataclass(frozen=True)
class WatchPartFailed(Event):
    """A question of the watcher failed, not for a database that is away. What it answers stays as it was; all else is
    judged. When it goes on, the alert `unjudged` says it."""

    level = logging.WARNING
    text = "a part of the watcher's turn failed, %(part)s: %(error)s"
    part: str
    error: Exception


@dataclass(frozen=True)
class WatchTurnFailed(Event):
    """A turn of the watcher failed: the database is away, or something is wrong that nobody has expected."""

    level = logging.WARNING
    text = "a turn of the watcher failed: %(error)s"
    error: Exception


@dataclass(frozen=True)
class PingNotTaken(Event):
    """The address of JOBS_WATCH_PING_URL did not take the sign that the watcher lives."""

    level = logging.WARNING
    text = "JOBS_WATCH_PING_URL was not reached: %(why)s"
    why: str


@dataclass(frozen=True)
class AlertOpened(Event):
    """Something is wrong, and was not a moment ago. `quiet`: it has come back, and is said to nobody yet."""

    level = logging.WARNING
    text = "alert %(alert)s%(again)s: %(sentence)s"
    alert: str
    sentence: str
    quiet: bool

    def words(self) -> Mapping[str, object]:
        return {**vars(self), "again": " (again)" if self.quiet else ""}


@dataclass(frozen=True)
class AlertResolved(Event):
    """Trouble is over: it has stayed good. `quiet`: that is said to nobody, since its return was not."""

    level = logging.INFO
    text = "alert %(alert)s is resolved"
    alert: str
    quiet: bool


@dataclass(frozen=True)
class AlertNotSent(Event):
    """A destination could not be reached, or has refused an alert. `again`: it is tried once more."""

    level = logging.WARNING
    text = "an alert could not be sent to %(destination)s (attempt %(attempt)d%(given_up)s): %(why)s"
    destination: str
    attempt: int
    why: str
    again: bool

    def words(self) -> Mapping[str, object]:
        return {**vars(self), "given_up": "" if self.again else ", the last"}
