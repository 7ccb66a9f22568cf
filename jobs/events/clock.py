"""Events of this machine's clock, as it is compared with the database's."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class ClockIsOff(Event):
    """Clocks differ: this machine's and the database's are apart by more than a quarter of a second."""

    level = logging.WARNING
    text = "this machine's clock is off by %(seconds).3f s from the database's; timers are corrected"
    seconds: float


@dataclass(frozen=True)
class ClocksParted(Event):
    """A clock was stepped by somebody."""

    level = logging.WARNING
    text = "the clocks have parted since they were last compared; measuring again"
