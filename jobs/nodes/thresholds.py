"""Judges when a node is over its limits, and when it is well again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.conf import Conf
from jobs.nodes.metrics import Reading

IN_A_ROW = 3  # readings: neither a spike of a second nor a lull of one changes anything
WELL_BELOW = 0.95  # of the limit


@dataclass(frozen=True)
class Limit:
    """A limit of a node: `what` is a field of Reading, `unit` how it is written."""

    what: str
    unit: str
    setting: str
    most: float

    def exceeded(self, reading: Reading) -> str:
        """Return the sentence for a reading that is over it; empty for one that is not, or that does not have it."""
        value: float | None = getattr(reading, self.what)
        if value is None or value <= self.most:
            return ""
        shown = f"{value:.0f} %" if self.unit == "%" else f"{value:.2f} {self.unit}"
        return f"{self.what} {shown} is over {self.setting}={self.most:g}"

    def well_below(self, reading: Reading) -> bool:
        value: float | None = getattr(reading, self.what)
        return value is None or value < self.most * WELL_BELOW


def limits(conf: Conf) -> list[Limit]:
    """Return the limits that are set."""
    known = (
        ("cpu", "%", "JOBS_NODE_MAX_CPU", conf.node_max_cpu),
        ("memory", "%", "JOBS_NODE_MAX_MEMORY", conf.node_max_memory),
        ("load", "a core", "JOBS_NODE_MAX_LOAD", conf.node_max_load),
    )
    return [Limit(what, unit, setting, most) for what, unit, setting, most in known if most is not None]


class Watch:
    """Holds each reading against the limits. The first decides alone: a worker that starts on a full machine takes
    nothing. From then on it takes IN_A_ROW over a limit to stop, and as many well below all of them to go on."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = limits
        self._first = True
        self._row = 0  # readings that speak for a change
        self.over = ""  # why it is over its limits; empty when it is not

    def see(self, reading: Reading) -> str:
        """Returns `over`, as it is after this reading."""
        exceeded = "; ".join(filter(None, (limit.exceeded(reading) for limit in self._limits)))
        well = all(limit.well_below(reading) for limit in self._limits)
        self._row = self._row + 1 if (well if self.over else exceeded) else 0
        if self._row >= (1 if self._first else IN_A_ROW):
            self.over, self._row = exceeded, 0
        self._first = False
        return self.over
