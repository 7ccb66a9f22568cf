"""A worker's life: in the table before its first job, a heartbeat while it lives, a good-bye at its end."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from celery import signals
from celery.worker import state as worker_state
from django.db.backends.signals import connection_created
from kombu.asynchronous import get_event_loop

from jobs.targets.http.opening import authorities
from jobs.transitions import WorkerIdentity
from jobs.worker.process import options, tuning
from jobs.worker.process.heartbeat import Heartbeat
from jobs.worker.run import asking, capture, threads

COLD_STOP = 5.0  # seconds that a worker told to stop at once gives the database for each of its answers

LAST_LOOK = 5.0  # seconds for the turns that the last ends have freed; the leader sees to the rest

_heartbeat: Heartbeat | None = None
_lines: WeakSet[Any] = WeakSet()  # connections that threads of this process have opened


def identity() -> WorkerIdentity:
    """Return the name and the session under which the ledger knows this process."""
    if _heartbeat is None:
        return WorkerIdentity(name=f"pid-{os.getpid()}", session=uuid.UUID(int=0))
    return _heartbeat.identity


def proven_identity() -> WorkerIdentity | None:
    """Return the identity to take jobs under; None while others count this worker as gone. May ask the database."""
    return identity() if _heartbeat is None else _heartbeat.proven()


def child_lost(job_id: int, why: str) -> None:
    """Have the job settled that a pool child had in its body when it died."""
    if _heartbeat is not None:
        _heartbeat.report_lost(job_id, why)


def beat_now() -> None:
    """Have the heartbeat tell and hear at once."""
    if _heartbeat is not None:
        _heartbeat.beat_now()


def takes_from(queues: Iterable[str]) -> None:
    """Have this worker's row name the queues that it takes from: the monitor names those that nobody takes from."""
    if _heartbeat is not None:
        _heartbeat.takes_from(sorted(queues))


@signals.worker_init.connect
def _born(sender: Any, **kwargs: Any) -> None:
    global _heartbeat  # noqa: PLW0603 - one worker a process
    options.restart_as_started()
    authorities()  # before the fork: children have them too
    tuning.tune_process()
    threads.install()
    connection_created.connect(_opened)
    _heartbeat = Heartbeat(sender.hostname)


def _opened(connection: Any, **kwargs: Any) -> None:
    is_ours = connection.vendor == "postgresql"  # a project may have databases of other kinds
    if is_ours and threading.current_thread() is not threading.main_thread():  # that one's is closed by Celery
        _lines.add(connection.connection)


@signals.worker_process_init.connect
def _child_born(**kwargs: Any) -> None:
    """Leave the parent's connections to it: held open here, they would keep its transactions and row locks when it
    dies."""
    for line in list(_lines):
        with suppress(Exception):  # closed before the fork
            os.close(line.fileno())
    _lines.clear()
    tuning.tune_slot_thread()
    capture.install()  # Celery has just set up this child's streams


def ready(worker: Any) -> None:
    """Register the worker, before the first message comes."""
    if _heartbeat is not None:
        runtime = worker.jobs
        capture.install()
        tuning.spare_what_stays()
        _heartbeat.start(
            pool=type(worker.pool).__module__.rpartition(".")[2],
            slots=runtime.slots.limit,
            queues=sorted(worker.app.amqp.queues.consume_from),
            figures=lambda: runtime.row(len(worker_state.active_requests)),
            capacity=runtime.capacity,
            look=lambda: asking.stop_asked(runtime.slots),
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
    """Leave after the last body has ended. Celery does not tell of a cold stop: see RuntimeStep."""
    runtime = getattr(sender, "jobs", None)
    if runtime is not None:
        leave(runtime)


def leave(runtime: Any, within: float | None = None) -> None:
    """Write what is left to write, `within` so many seconds if that is given, and say good-bye."""
    runtime.slots.finish()  # first: what ends after the recorder is known to nobody
    runtime.recorder.finish(within)
    runtime.promoting.stop(within or LAST_LOOK)
    if _heartbeat is not None:
        _heartbeat.stop()
