"""Wakes the worker of a job that is to stop. The row is the truth: a worker that hears nothing sees it with its next
heartbeat."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

from jobs.clock import steady

log = logging.getLogger(__name__)

LOOK = "cancel_job"  # the name of the command on Celery's remote control; see jobs/worker/process/control.py
AVOID_FOR = 5.0  # seconds for which a broker that has failed is left alone: it costs each caller its timeout

_avoid_until = 0.0  # on the steady clock


def wake_at_commit(worker: str, job_id: int) -> None:
    """Tell this worker to look once the current transaction has committed."""
    transaction.on_commit(lambda: _wake(worker, job_id), robust=True)


def _wake(worker: str, job_id: int) -> None:
    global _avoid_until  # noqa: PLW0603 - one broker a process
    if steady() < _avoid_until:
        return
    try:
        current_app.control.broadcast(LOOK, arguments={"job_id": job_id}, destination=[worker])
    except Exception as error:  # noqa: BLE001 - whatever the broker says, the request is accepted
        _avoid_until = steady() + AVOID_FOR
        log.warning("%s could not be woken (%s); it sees with its next heartbeat that a job is to stop", worker, error)
