"""A worker's life: in the table before its first job, a heartbeat while it lives, a good-bye at its end."""

from __future__ import annotations

import logging
import os
import sys
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


# Seconds for which a busy thread may keep the others waiting: Python's 5 ms would be the start delay of a lone job.
SWITCH_INTERVAL = 0.0002


@signals.worker_init.connect
def _born(sender: Any, **kwargs: Any) -> None:
    global _heartbeat  # noqa: PLW0603 - one worker a process, and its pool children inherit it by fork
    sys.setswitchinterval(float(os.environ.get("SWI", SWITCH_INTERVAL)))
    _heartbeat = Heartbeat(sender.hostname)


def ready(worker: Any) -> None:
    """Register, before the first message comes."""
    if _heartbeat is not None:
        station = worker.jobs
        _heartbeat.start(
            pool=type(worker.pool).__module__.rpartition(".")[2],
            slots=station.slots.limit,
            queues=sorted(worker.app.amqp.queues.consume_from),
            running=lambda: station.slots.taken + len(worker_state.active_requests),
        )


@signals.worker_shutting_down.connect
def _stopping(**kwargs: Any) -> None:
    """Wake the event loop: else it sleeps up to a second before it hands back the jobs that wait here for their time.
    From another thread, since only that interrupts its poll."""
    loop = get_event_loop()
    if loop is not None:
        threading.Thread(target=loop.call_soon, args=(lambda: None,), daemon=True).start()


@signals.worker_shutdown.connect
def _stopped(sender: Any, **kwargs: Any) -> None:
    """The last body has ended: write what is left to write, and leave."""
    station = getattr(sender, "jobs", None)
    if station is not None:
        station.recorder.finish()
    if _heartbeat is not None:
        _heartbeat.stop()


def warm() -> None:
    """Open this thread's database connection and measure the clock: the first job must not pay for either."""
    try:
        clock.measure()
    except Exception as error:  # noqa: BLE001 - without a database the worker starts and waits
        log.warning("could not reach the database yet: %s", error)
        connection.close()
