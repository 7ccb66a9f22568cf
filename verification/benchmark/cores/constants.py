"""Constants of the model, and measured points to check it by: recorded, or of the JSON of `make bench-scale-out`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded.json")
# Parts of a job's CPU that no measurement of whole processes tells apart: from profiles, and the model asks little of
# them.
LISTED = 0.15  # of PostgreSQL's, by the list query; the rest is halved between start and end
TAKEN, RUN = 0.4, 0.4  # of a worker's, to take it and to run it; the rest is to record its end
# Of a core: what is left by the kernel, its switching between processes, and whoever else there is. Fitted to the
# recorded points, once for all of them.
USABLE = 0.84
COMMIT_S = 0.001  # of a transaction, in which a disk is waited for and no core is busy


@dataclass(frozen=True)
class Constants:
    """CPU of a job in microseconds, by kind of process; `bundle`: jobs in a message, `batch`: in a transaction at most;
    `slots`: of a worker; `broker_threads`: cores that the broker can use, Valkey one."""

    postgresql: float
    worker: float
    beat: float
    broker: float
    bundle: int = 200
    batch: int = 200
    slots: int = 100
    broker_threads: int = 1
    commit_s: float = COMMIT_S

    @property
    def total(self) -> float:
        return self.postgresql + self.worker + self.beat + self.broker


@dataclass(frozen=True)
class Point:
    """A measured drain: jobs a second from the first start to the last recorded end, on so many cores and workers."""

    name: str
    cores: int
    workers: int
    per_second: float
    constants: Constants


def recorded() -> list[Point]:
    """Return the points that the model is checked by."""
    return [
        Point(**{**point, "constants": Constants(**point["constants"])}) for point in json.loads(RECORDED.read_text())
    ]


def measured(figures: Mapping[str, Any]) -> Iterator[Point]:
    """Yield the points of `make bench-drain` or `make bench-scale-out`: RunAt's, where all CPU could be read."""
    for system in figures["systems"]:
        found = system["medians"]
        if not found or not system["name"].startswith("runat") or len(found["cpu_us"]) < len(KINDS):
            continue
        messages = found["messages"] or 1 / Constants.bundle
        yield Point(
            f"{system['title']} {system['broker']}",
            figures["machine"]["cores"],
            system["instances"],
            found["per_second"],
            Constants(**{kind: found["cpu_us"][kind] for kind in KINDS}, bundle=max(round(1 / messages), 1)),
        )


KINDS = ("postgresql", "worker", "beat", "broker")
