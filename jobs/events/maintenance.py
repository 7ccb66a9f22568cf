"""Events of maintenance: what a leader settles that others have left."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from jobs.events.event import Event


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
