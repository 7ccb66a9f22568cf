"""Events of the installation: whose database and messages these are."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class IdentityUnread(Event):
    """The row of the installation could not be read again; what is kept holds."""

    level = logging.WARNING
    text = "could not read whose installation this is (%(error)s)"
    error: Exception


@dataclass(frozen=True)
class MessageUnmarked(Event):
    """The database did not say whose messages these are."""

    level = logging.WARNING
    text = "a message goes out without its installation's name (%(error)s)"
    error: Exception


@dataclass(frozen=True)
class IdentityChanged(Event):
    """The database has another mark than before: it was restored, or exchanged."""

    level = logging.WARNING
    text = "this installation is %(now)s now, it was %(before)s"
    now: str
    before: str


@dataclass(frozen=True)
class TimelineFollowed(Event):
    """A standby of the database was promoted, and has all starts."""

    level = logging.WARNING
    text = "timeline %(now)d follows %(before)d, and no start is missing: going on"
    now: int
    before: int


@dataclass(frozen=True)
class DatabaseHeld(Event):
    """Starts are missing from this database: it was restored to a moment before them."""

    level = logging.ERROR
    text = "%(why)s No job starts until a person releases them: manage.py release_restored"
    why: str


@dataclass(frozen=True)
class MemoryUnreadable(Event):
    """The broker's note of how far the ledger had come is of no use."""

    level = logging.WARNING
    text = "the broker's note of the latest start cannot be read (%(error)s)"
    error: Exception


@dataclass(frozen=True)
class MemoryNotWritten(Event):
    """The latest start could not be noted in the broker; it is tried again."""

    level = logging.WARNING
    text = "the broker did not note the latest start (%(error)s)"
    error: Exception
