"""Celery's own tasks on the drill's workers. They take threads; nobody promises anything about them, and the jobs
beside them must not suffer."""

from __future__ import annotations

import itertools
import logging
import threading
from types import TracebackType

from celery import current_app

from verification.drill.ledger import TASK_NAME
from verification.drill.services.broker import Broker

log = logging.getLogger(__name__)

EVERY_S = 1.0
CONNECT_S = 1


class Tasks:
    """Sender of Celery's own tasks: as a context it sends one a second, from a thread."""

    def __init__(self, run: str, queue: str, broker: Broker) -> None:
        self._run, self._queue, self._broker = run, queue, broker
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="tasks", daemon=True)

    def __enter__(self) -> Tasks:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        for number in itertools.count(1):
            if self._stop.wait(EVERY_S):
                return
            try:
                self._send(f"{self._run}-task-{number}")
            except Exception as error:  # noqa: BLE001 - the broker is away for a fault's sake; the next one is sent
                log.debug("a task was not sent: %s", error)

    def _send(self, key: str) -> None:
        """Past the proxy, as the faults of messages do."""
        with current_app.connection_for_write(self._broker.far) as connection:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_S)
            current_app.send_task(TASK_NAME, [key], queue=self._queue, connection=connection, retry=False)
