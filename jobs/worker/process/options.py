"""Refuses, before anything is taken, options of `celery worker` that our slots do not bear, and mends what can be
mended."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import platforms
from celery.apps import worker as program

from jobs.celery import CONSUMER
from jobs.models.job import DEFAULT_QUEUE

POOLS = {"celery.concurrency.thread": "threads", "celery.concurrency.prefork": "prefork"}


def check(worker: Any) -> None:
    """Refuse a worker with such options: raises SystemExit, which says what to use instead. `worker` is Celery's, about
    to be put together."""
    consumer = worker.app.conf.worker_consumer
    refused = [
        (
            consumer != CONSUMER,
            f"worker_consumer is {consumer}, with which no job can be taken: take that setting out, so that it is "
            f"{CONSUMER}.",
        ),
        (
            worker.pool_cls.__module__ not in POOLS,
            "Jobs run on threads or in child processes: start this worker with -P threads or -P prefork.",
        ),
        (
            worker.autoscale,
            "--autoscale is not supported, since a slot is warmed up before its first job: give the number of slots "
            "with -c, and start or stop workers to have more or fewer.",
        ),
        (
            worker.max_tasks_per_child,
            "--max-tasks-per-child (worker_max_tasks_per_child) is not supported, since the job for which a child is "
            "replaced starts seconds late: restart the worker instead when it is quiet (SIGHUP).",
        ),
        (
            worker.max_memory_per_child,
            "--max-memory-per-child (worker_max_memory_per_child) is not supported, since the job for which a child "
            "is replaced starts seconds late: set JOBS_NODE_MAX_MEMORY, or restart the worker when it is quiet.",
        ),
    ]
    for is_asked, sentence in refused:
        if is_asked:
            raise SystemExit(sentence)


def take_plain_jobs(worker: Any) -> None:
    """Have a worker that was not told by -Q what to take from take jobs of the default queue, too: in a project of
    theirs Celery's default is another one."""
    queues = worker.app.amqp.queues
    if queues._consume_from is None and DEFAULT_QUEUE not in queues.consume_from:  # which -Q sets, and nothing else
        queues.select(list(queues.consume_from))
        queues.select_add(queues[DEFAULT_QUEUE])


def restart_as_started() -> None:
    """Have SIGHUP start the command anew by which this process was started: Celery runs its `sys.argv`, which after
    `python -m celery` is a file of its package that cannot be run so."""
    program._reload_current_worker = _restart  # type: ignore[attr-defined]


def _restart() -> None:
    platforms.close_open_fds([sys.__stdin__, sys.__stdout__, sys.__stderr__])  # type: ignore[arg-type]
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command
