"""Backlogs of work that does nothing: jobs, listed and published as a leader does it, and bare tasks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from celery import current_app
from celery.utils.nodenames import gethostname
from django.db import connection

from jobs.clock import clock, steady
from jobs.scheduler.dispatcher import Dispatcher
from verification.benchmark.processes.start import RoundFailed
from verification.benchmark.throughput import bare

PUBLISH_FOR = 1.0  # seconds of one call
INSERT = """
INSERT INTO jobs_job (name, target, payload, queue, run_at)
SELECT 'benchmark ' || %(run)s || ' noop', 'demo.noop', '{}', %(queue)s, %(run_at)s FROM generate_series(1, %(jobs)s)
RETURNING id
"""
GATE_TIMEOUT = 10.0  # seconds for the workers to say that they take from the queue


def insert(jobs: int, run: str, queue: str) -> list[int]:
    """Rows by SQL, due at once; their ids."""
    due = clock.now() - timedelta(seconds=1)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"run": run, "queue": queue, "run_at": due, "jobs": jobs})
        return [job_id for (job_id,) in cursor.fetchall()]


def list_and_publish(jobs: int) -> float:
    """Through the leader's own dispatcher. Returns the seconds that the publishing took, the list query not counted."""
    dispatcher = Dispatcher("benchmark")
    now = clock.now()
    listed = 0
    while found := dispatcher.list(now=now, horizon=now):
        listed += len(found)
    if listed != jobs:
        raise RoundFailed(f"{listed} jobs were listed where {jobs} were meant: others use this database.")
    started = steady()
    while dispatcher.waiting:
        if not dispatcher.publish(PUBLISH_FOR):
            raise RoundFailed("The broker does not take the messages.")
    seconds = steady() - started
    dispatcher.disconnect()
    return seconds


def publish_bare(tasks: int, queue: str) -> float:
    """Tasks as anybody publishes them, one by one on one connection. Returns the seconds that it took."""
    with bare.app.connection_for_write() as broker:
        producer = bare.app.amqp.Producer(broker)
        started = steady()
        for _ in range(tasks):
            bare.app.send_task(bare.TASK, queue=queue, producer=producer, ignore_result=True)
        return steady() - started


def open_gate(queue: str, workers: Sequence[str]) -> None:
    """Let these workers, all started and idle, take from the queue from now on. Raises RoundFailed."""
    to = [f"{worker}@{gethostname()}" for worker in workers]
    said = current_app.control.add_consumer(queue, destination=to, reply=True, timeout=GATE_TIMEOUT)
    if len(said or []) != len(to):
        raise RoundFailed(f"Of {len(to)} workers {len(said or [])} took to the queue.")


def remove(*queues: str) -> None:
    """Delete the queues from the broker, with what is in them: their names are this round's own."""
    # A broker that has just failed keeps them; what it failed with must not be hidden.
    with suppress(Exception), current_app.connection_for_write() as broker:
        for name in queues:
            queue = current_app.amqp.queues[name](broker.default_channel)
            queue.declare()  # or a connection to Redis does not know what belongs to it
            queue.delete()
            if queue.exchange is not None and queue.exchange.name:
                queue.exchange.delete()
