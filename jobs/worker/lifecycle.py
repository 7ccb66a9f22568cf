"""A worker's life: warm before its first job, a heartbeat while it lives, a good-bye at its end."""

from __future__ import annotations

import logging
import os
import threading
import uuid
from typing import Any

from celery import signals
from celery.worker import state as worker_state
from django.db import connection
from kombu.asynchronous import get_event_loop

from jobs.clock import clock
from jobs.transitions import WorkerIdentity
from jobs.worker.heartbeat import Heartbeat

log = logging.getLogger(__name__)

WARM_TIMEOUT = 10.0  # seconds for all slots to open their database connection

_heartbeat: Heartbeat | None = None


def identity() -> WorkerIdentity:
    """Who this process is in the ledger (pool children inherit it from their parent)."""
    if _heartbeat is None:
        return WorkerIdentity(name=f"pid-{os.getpid()}", session=uuid.UUID(int=0))
    return _heartbeat.identity


def child_lost(job_id: int, why: str) -> None:
    """A pool child died with this job in its body."""
    if _heartbeat is not None:
        _heartbeat.report_lost(job_id, why)


@signals.worker_init.connect
def _born(sender: Any, **kwargs: Any) -> None:
    global _heartbeat  # noqa: PLW0603 - one worker a process, and its pool children inherit it by fork
    _heartbeat = Heartbeat(sender.hostname)
    # Only now, after Celery's own receiver, which closes what a child has inherited.
    signals.worker_process_init.connect(_child_born)


def _child_born(**kwargs: Any) -> None:
    warm()


@signals.worker_ready.connect
def _ready(sender: Any, **kwargs: Any) -> None:
    controller = sender.controller
    executor = getattr(controller.pool, "executor", None)
    if executor is not None:
        _warm_threads(executor, controller.concurrency)
    if _heartbeat is not None:
        _heartbeat.start(
            pool=type(controller.pool).__module__.rpartition(".")[2],
            slots=controller.concurrency,
            queues=sorted(q.name for q in sender.task_consumer.queues),
            running=lambda: len(worker_state.active_requests),
        )


@signals.worker_shutting_down.connect
def _stopping(**kwargs: Any) -> None:
    """Wake the event loop: else it sleeps up to a second before it hands back the jobs that wait here for their time.
    From another thread, since only that interrupts its poll."""
    loop = get_event_loop()
    if loop is not None:
        threading.Thread(target=loop.call_soon, args=(lambda: None,), daemon=True).start()


@signals.worker_shutdown.connect
def _stopped(**kwargs: Any) -> None:
    if _heartbeat is not None:
        _heartbeat.stop()


def warm() -> None:
    """Open this slot's database connection and measure the clock: the first job must not pay for either."""
    try:
        clock.measure()
    except Exception as error:  # noqa: BLE001 - without a database the worker starts and waits
        log.warning("could not reach the database yet: %s", error)
        connection.close()


def _warm_threads(executor: Any, slots: int) -> None:
    """Make the pool start all its threads, each with its connection: the barrier keeps one from doing it for all."""
    barrier = threading.Barrier(slots + 1)

    def warm_slot() -> None:
        warm()
        barrier.wait(WARM_TIMEOUT)

    for _ in range(slots):
        executor.submit(warm_slot)
    try:
        barrier.wait(WARM_TIMEOUT)
    except threading.BrokenBarrierError:
        log.warning("not every slot could be warmed up; the first jobs may start late")
