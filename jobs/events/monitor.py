"""Events of the monitor: what it could not ask."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class KeptConnectionEnded(Event):
    """The monitor's connection to the broker had ended; it asks on another."""

    level = logging.DEBUG
    text = "the kept connection to the broker had ended: %(error)s"
    error: Exception


@dataclass(frozen=True)
class BrokerIsSilent(Event):
    """The monitor could not ask the broker."""

    level = logging.WARNING
    text = "the broker does not answer: %(error)s"
    error: Exception


@dataclass(frozen=True)
class DatabaseIsNotReady(Event):
    """The database does not answer, or is read-only."""

    level = logging.WARNING
    text = "the database is not ready: %(error)s"
    error: Exception


@dataclass(frozen=True)
class MigrationsUnreadable(Event):
    """The monitor could not ask whether the tables are there."""

    level = logging.WARNING
    text = "the migrations cannot be read: %(error)s"
    error: Exception
