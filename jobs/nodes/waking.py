"""Wakes a worker whose row, or a row of whose jobs, somebody has changed. The rows are the truth: a worker that hears
nothing sees it with its next heartbeat."""

from __future__ import annotations

from celery import current_app

from jobs.breaker import Breaker
from jobs.database import transaction
from jobs.events import emit
from jobs.events.nodes import WorkerNotWoken

# The command of Celery's remote control that has a worker make its heartbeat now. Workers of the release before know
# it, and take it without arguments only.
LOOK = "runat_look"
LOOK_OF_BEFORE = "cancel_job"  # what a web process of an older release sends when a running job is to stop

broker = Breaker(5.0)  # seconds


def wake_at_commit(worker: str) -> None:
    """Have the worker of that name look at its rows once the current transaction has committed. Never raises."""
    transaction.on_commit(lambda: _wake(worker), robust=True)


def _wake(worker: str) -> None:
    if broker.open:
        return
    try:
        current_app.control.broadcast(LOOK, destination=[worker])
    except Exception as error:  # noqa: BLE001 - a broker may fail in any way; what was asked for is stored
        broker.trip()
        emit(WorkerNotWoken(worker, error))
