"""The port at which a process gives its metrics."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class MetricsServed(Event):
    """A beat or a worker answers whoever reads its metrics."""

    level = logging.INFO
    text = "metrics are at http://%(host)s:%(port)d/metrics"
    host: str
    port: int


@dataclass(frozen=True)
class MetricsNotServed(Event):
    """The port for metrics could not be opened, since another process has it, perhaps: this one goes on without."""

    level = logging.WARNING
    text = "no metrics: port %(port)d of %(host)s cannot be opened (%(error)s); give each process of a host its own"
    host: str
    port: int
    error: Exception
