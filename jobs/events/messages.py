"""Messages to the broker, whoever sends them."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class BrokerConnectionNotClosed(Event):
    """A connection that is thrown away could not be closed."""

    level = logging.DEBUG
    text = "closing the broker connection: %(error)s"
    error: Exception
