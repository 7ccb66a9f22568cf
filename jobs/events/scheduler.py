"""Beat: who leads, its turns, and what a leader puts right that others have left."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from jobs.events.event import Event


@dataclass(frozen=True)
class LeadershipBegun(Event):
    """A beat has got the lock, and leads."""

    level = logging.INFO
    text = "%(leader)s leads now (epoch %(epoch)d)"
    leader: str
    epoch: int


@dataclass(frozen=True)
class LeadershipEnded(Event):
    """A beat has given the lead away, or lost it."""

    level = logging.INFO
    text = "%(leader)s leads no longer (epoch %(epoch)d)"
    leader: str
    epoch: int


@dataclass(frozen=True)
class StandsBy(Event):
    """A beat stands by, since another leads; told once a minute at most."""

    level = logging.INFO
    text = "%(name)s stands by; the latest leader is %(latest)s; its lock is held by %(holder)s"
    name: str
    latest: str
    holder: str


@dataclass(frozen=True)
class TablesExchanged(Event):
    """The tables under a leader are another installation's, as after a restore."""

    level = logging.ERROR
    text = "%(leader)s stands by: the tables of its installation have been exchanged"
    leader: str


@dataclass(frozen=True)
class LockUnreachable(Event):
    """A beat could not ask the database for the lock."""

    level = logging.WARNING
    text = "%(leader)s has no connection for its lock: %(error)s"
    leader: str
    error: Exception


@dataclass(frozen=True)
class LockConnectionLost(Event):
    """A leader cannot know any more that it has the lock."""

    level = logging.WARNING
    text = "%(leader)s has lost the connection of its lock: %(error)s"
    leader: str
    error: Exception


@dataclass(frozen=True)
class BrokerMemoryUnknown(Event):
    """The broker's note does not tell whether this database was restored; it is asked again."""

    level = logging.WARNING
    text = "the broker does not say how far the ledger had come (%(error)s)"
    error: Exception


@dataclass(frozen=True)
class ReplacedWhileListing(Event):
    """A leader was replaced while it listed: what was listed is rolled back."""

    level = logging.WARNING
    text = "%(leader)s was replaced while it listed"
    leader: str


@dataclass(frozen=True)
class TurnTooLong(Event):
    """A leader's turn hangs: another beat may lead."""

    level = logging.ERROR
    text = "this turn takes longer than %(seconds)g s: %(leader)s lets its lock go"
    seconds: float
    leader: str


@dataclass(frozen=True)
class BeatWaitsForDatabase(Event):
    """The database failed while beat started."""

    level = logging.WARNING
    text = "beat cannot start yet, the database failed (%(error)s); trying again"
    error: Exception


@dataclass(frozen=True)
class TurnFailed(Event):
    """The database failed in a turn of the leader or a standby."""

    level = logging.WARNING
    text = "the database failed (%(error)s); trying again in %(seconds)g s"
    error: Exception
    seconds: float


@dataclass(frozen=True)
class ServiceFailed(Event):
    """A service of the sweep raised."""

    level = logging.WARNING
    text = "%(service)s failed (%(error)s); it is tried again"
    traceback = True
    service: str
    error: Exception


@dataclass(frozen=True)
class SweepNotBegun(Event):
    """The clock could not be measured for the sweep."""

    level = logging.WARNING
    text = "the sweep could not begin: %(error)s"
    error: Exception


@dataclass(frozen=True)
class WorkerGone(Event):
    """The leader has declared a worker gone, which is about to lose its jobs."""

    level = logging.WARNING
    text = "worker %(worker)s has been silent since %(since)s: it counts as gone"
    worker: str
    since: datetime


@dataclass(frozen=True)
class JobsRescued(Event):
    """The starts of lost workers are settled; each has its own line in `jobs.attempts`."""

    level = logging.ERROR
    text = "%(jobs)d running jobs lost their workers: interrupted, or due again where rerunnable"
    jobs: int


@dataclass(frozen=True)
class HistoryMoved(Event):
    """Jobs that are over have left `jobs_job`."""

    level = logging.INFO
    text = "%(jobs)d jobs went into the history"
    jobs: int


@dataclass(frozen=True)
class HistoryRemoved(Event):
    """The jobs of the history whose day has come are gone. `rows` is the server's estimate."""

    level = logging.INFO
    text = "the jobs that were to go on %(day)s are removed, some %(rows)d"
    day: date
    rows: int


@dataclass(frozen=True)
class JobsRedacted(Event):
    """Jobs that are over have lost what they held, by a rule; their ledger stays."""

    level = logging.INFO
    text = "%(jobs)d jobs that are over are redacted, by the rules of retention"
    jobs: int


@dataclass(frozen=True)
class RemovalWaits(Event):
    """Jobs whose day has come stay until they have been exported; told once for each day."""

    level = logging.WARNING
    text = "the jobs that were to go on %(day)s stay: manage.py export_history has not written them yet"
    day: date


@dataclass(frozen=True)
class RemovalDelayed(Event):
    """A transaction that has read the history holds up the removal of a day's jobs; it is tried again each minute."""

    level = logging.WARNING
    text = "the jobs that were to go on %(day)s cannot be removed yet: %(error)s"
    day: date
    error: Exception


@dataclass(frozen=True)
class TurnsPutRight(Event):
    """Places of limits that nobody used are free again."""

    level = logging.WARNING
    text = "%(expired)d turns were not taken in time, %(orphans)d places were nobody's"
    expired: int
    orphans: int


@dataclass(frozen=True)
class WaitersPutRight(Event):
    """Jobs were found that waited for what had ended."""

    level = logging.WARNING
    text = "%(jobs)d jobs had waited for others that had ended"
    jobs: int
