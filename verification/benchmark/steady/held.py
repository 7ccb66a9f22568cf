"""Memory that a worker needs for jobs that wait in it: many messages due an hour later, to one idle worker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import current_app
from celery.utils.nodenames import gethostname
from django.db import connection

from jobs.clock import clock
from jobs.models.querysets import Listed
from jobs.monitor.broker import BrokerClient
from jobs.scheduler.dispatcher import Dispatcher
from launcher.interrupts import Interrupts
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.benchmark.steady.samples import rss
from verification.benchmark.throughput import backlog
from verification.rows import jobs_of

LATER = timedelta(hours=1)  # far beyond any list query's horizon: only these messages bring these jobs
STALLED_AFTER = 5.0  # seconds in which the worker takes nothing more
QUIET_FOR = 1.0  # seconds until the memory is read
PUBLISH_FOR = 0.5  # seconds of one call
SLOTS = 20
ASK_TIMEOUT = 5.0  # seconds
INSERT = """
INSERT INTO jobs_job (name, target, payload, queue, run_at, enqueued_at, deliveries)
SELECT 'benchmark ' || %(run)s || ' held', 'demo.noop', '{}', %(queue)s, %(run_at)s, %(now)s, 1
FROM generate_series(1, %(jobs)s)
RETURNING id
"""


@dataclass(frozen=True)
class Held:
    """`held` of the `asked` jobs were in the worker's memory at one time. `before` and `after`: resident, in MB,
    without and with them. `prefetch`: how many messages the broker may give to the worker by then, 0: any number;
    None: it did not say. `seconds`: from the first publication until all were there."""

    asked: int
    held: int
    before: float
    after: float
    prefetch: int | None
    seconds: float

    @property
    def bytes_each(self) -> float:
        return (self.after - self.before) * 1024 * 1024 / max(self.held, 1)


def hold(jobs: int, run: str, interrupts: Interrupts, tell: Tell) -> Held:
    """Publish so many to a worker with a queue of its own; rows and queue are gone afterwards. Raises RoundFailed."""
    queue = f"benchmark-{run}-held"
    cluster = Cluster(instances=1, slots=SLOTS, beats=0, word=f"held-{run}-", queue=queue)
    first_id = None
    try:
        with at_work(cluster, None, interrupts, tell) as wait:
            _pause(QUIET_FOR, "an idle worker", wait)
            before, started = _rss(cluster), time.monotonic()
            listed = _insert(jobs, run, queue)
            first_id = listed[0].id
            _publish(listed, wait)
            left = _wait_taken(jobs, queue, wait)
            seconds = time.monotonic() - started
            _pause(QUIET_FOR, "memory", wait)
            return Held(jobs, jobs - left, before, _rss(cluster), _prefetch(cluster), seconds)
    finally:
        if first_id is not None:
            jobs_of(run, first_id).pending().delete()
        backlog.remove(queue)  # the worker has stopped and given its messages back to it


def _insert(jobs: int, run: str, queue: str) -> list[Listed]:
    now = clock.now()
    due = now + LATER
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"run": run, "queue": queue, "run_at": due, "now": now, "jobs": jobs})
        return [Listed(job_id, 1, due, queue, 1) for (job_id,) in cursor.fetchall()]


def _publish(listed: list[Listed], wait: Tell) -> None:
    """Publish as the leader does, but not by a list query, which does not reach so far ahead."""
    dispatcher = Dispatcher("benchmark")
    dispatcher.wait(listed)
    while dispatcher.waiting:
        if not dispatcher.publish(PUBLISH_FOR):
            raise RoundFailed("The broker does not take the messages of the jobs to hold; look at its log.")
        wait("publishing jobs to hold", len(listed) - dispatcher.waiting, len(listed))
    dispatcher.disconnect()


def _wait_taken(jobs: int, queue: str, wait: Tell) -> int:
    """Wait until the worker has all messages or takes no more. Returns how many are left in the queue."""
    client = BrokerClient()
    fewest, changed = jobs, time.monotonic()
    try:
        while fewest and time.monotonic() - changed < STALLED_AFTER:
            left = client.depths([queue]).waiting.get(queue)
            if left is not None and left < fewest:
                fewest, changed = left, time.monotonic()
            wait("a worker takes jobs to hold", jobs - fewest, jobs)
    finally:
        client.close()
    return fewest


def _pause(seconds: float, what: str, wait: Tell) -> None:
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        wait(what, passed, seconds)


def _rss(cluster: Cluster) -> float:
    """Return the memory of the worker. Raises RoundFailed if it has ended."""
    found = list(rss(cluster).values())
    if not found:
        raise RoundFailed(f"The worker that was to hold jobs has ended; its last words:\n{cluster.last_words()}")
    return found[0]


def _prefetch(cluster: Cluster) -> int | None:
    worker = f"{cluster.members[0].name}@{gethostname()}"
    stats: Mapping[str, Mapping[str, Any]] = (
        current_app.control.inspect(destination=[worker], timeout=ASK_TIMEOUT).stats() or {}
    )
    count = stats.get(worker, {}).get("prefetch_count")
    return None if count is None else int(count)
