"""Samples of what no row keeps, once a second while the load runs: the workers' memory, when publishing ended."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta

import psutil

from jobs.models import Leadership
from verification.benchmark.processes.cluster import Cluster

EVERY = timedelta(seconds=1)
MB = 1024 * 1024


@dataclass(frozen=True)
class Memory:
    """Resident, of one worker, in MB. The thirds are means of the load's first and last third."""

    worker: str
    start: float
    most: float
    end: float
    first_third: float
    last_third: float


@dataclass(frozen=True)
class Published:
    """List query that found jobs. `seconds`: from it until the last of them was published; None: not seen."""

    listed_at: datetime
    jobs: int
    seconds: float | None


class Samples:
    """Samples of the workers of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._rss: dict[str, list[tuple[datetime, float]]] = {}
        self._published: dict[datetime, Published] = {}
        self._next: datetime | None = None

    def take(self, now: datetime, *, at_once: bool = False) -> None:
        """Look, if the last look was a second ago."""
        if self._next is not None and now < self._next and not at_once:
            return
        self._next = now + EVERY
        for name, found in rss(self._cluster).items():
            self._rss.setdefault(name, []).append((now, found))
        row = Leadership.current()
        if row.listed_at is not None and row.listed:
            ended = (row.published_at - row.listed_at).total_seconds() if row.published_at else None
            self._published[row.listed_at] = Published(row.listed_at, row.listed, ended)

    def published(self, since: datetime) -> list[Published]:
        """The list queries since then, in their order."""
        return [one for listed_at, one in sorted(self._published.items()) if listed_at >= since]

    def memory(self, since: datetime, until: datetime) -> list[Memory]:
        """Return the memory of each worker, the load being due from `since` to `until`."""
        return [memory(name, seen, since, until) for name, seen in sorted(self._rss.items())]


def memory(worker: str, seen: list[tuple[datetime, float]], since: datetime, until: datetime) -> Memory:
    """`seen`: when, and how much, at least once."""
    third = (until - since) / 3
    amounts = [amount for _, amount in seen]

    def mean(begin: datetime, end: datetime) -> float:
        return statistics.fmean([amount for at, amount in seen if begin <= at <= end] or amounts)

    return Memory(
        worker=worker,
        start=amounts[0],
        most=max(amounts),
        end=amounts[-1],
        first_third=mean(since, since + third),
        last_third=mean(until - third, until),
    )


def rss(cluster: Cluster) -> dict[str, float]:
    """Resident memory in MB of each worker that lives."""
    found = {}
    for member in cluster.members:
        if member.kind == "worker" and member.process is not None:
            try:
                found[member.name] = psutil.Process(member.process.pid).memory_info().rss / MB
            except psutil.Error:  # it has just ended, which the cluster will tell
                continue
    return found
