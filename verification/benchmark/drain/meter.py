"""Meter of a drain: CPU of all processes, WAL, transactions that write, at both ends; the observer's own left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psutil
import psycopg

from verification.benchmark.peers import services
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.steady import servers

# Ids of transactions are given out to those that write, and to nobody else: exact at once, as pg_stat_database is not.
COUNTERS = """
SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
       pg_backend_pid(), current_database()
"""


@dataclass(frozen=True)
class Reading:
    """Counters so far: CPU seconds by kind of process; WAL in bytes, transactions that wrote, statements, messages
    that were published: each None where it cannot be read."""

    cpu: Mapping[str, float]
    wal: int | None = None
    writes: int | None = None
    statements: int | None = None
    messages: int | None = None

    def since(self, before: Reading) -> Reading:
        """Return what was added."""
        return Reading(
            {kind: spent - before.cpu[kind] for kind, spent in self.cpu.items() if kind in before.cpu},
            _more(self.wal, before.wal),
            _more(self.writes, before.writes),
            _more(self.statements, before.statements),
            _more(self.messages, before.messages),
        )


def _more(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


# A connection that looks on.
Observer = psycopg.Connection[Any]


@contextmanager
def observing(url: str) -> Iterator[Observer]:
    """Connect to the system's own database, so that looking costs it little."""
    with psycopg.connect(url, autocommit=True) as observer:
        # What is looked for is soon rare: by its index, whatever the statistics of a full backlog say.
        observer.execute("SET enable_seqscan = off")
        yield observer


def row(observer: Observer, question: LiteralString) -> Any:
    """Return the one row of the answer."""
    return next(observer.execute(question))


@contextmanager
def fresh(observer: Observer) -> Iterator[None]:
    """A transaction right after a checkpoint: none comes in the middle of what is measured, and no page is written to
    the WAL in full for the first time."""
    with suppress(psycopg.errors.InsufficientPrivilege):
        observer.execute("CHECKPOINT")
    with observer.transaction():
        yield


def read(cluster: Cluster, observer: Observer | None, broker_url: str) -> Reading:
    """Read the counters of these processes, of the observer's server and of the broker; what cannot be read is left
    out. In a transaction the counters are those before it."""
    cpu = _of_processes(cluster)
    if broker_url and (seconds := servers.broker_cpu(broker_url)) is not None:
        cpu["broker"] = seconds
    messages = servers.messages(broker_url) if broker_url else None
    if observer is None:
        return Reading(cpu, messages=messages)
    wal, writes, pid, database = row(observer, COUNTERS)
    if (spent := servers.postgresql_cpu(pid, database)) is not None:
        own = psutil.Process(pid).cpu_times()
        cpu["postgresql"] = spent - own.user - own.system
    return Reading(cpu, int(wal), int(writes), services.calls(database), messages)


def _of_processes(cluster: Cluster) -> dict[str, float]:
    """Sum up the processes, with what they have started."""
    spent: dict[str, float] = {}
    for member in cluster.members:
        if member.process is None:
            continue
        process = psutil.Process(member.process.pid)
        for each in (process, *process.children(recursive=True)):
            times = each.cpu_times()
            spent[member.kind] = spent.get(member.kind, 0.0) + times.user + times.system
    return spent
