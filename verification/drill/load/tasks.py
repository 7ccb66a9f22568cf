"""Celery's own tasks on the drill's workers. They take threads; nobody promises anything about them, and the jobs
beside them must not suffer."""

from __future__ import annotations

import itertools
import logging

from celery import current_app

from verification.drill.ledger import TASK_NAME
from verification.drill.load.beside import Beside
from verification.drill.services.broker import Broker

log = logging.getLogger(__name__)

EVERY_S = 1.0
CONNECT_S = 1


class Tasks(Beside):
    """Sender of Celery's own tasks: as a context it sends one a second, from a thread."""

    def __init__(self, run: str, queue: str, broker: Broker) -> None:
        super().__init__("tasks")
        self._run, self._queue, self._broker = run, queue, broker

    def loop(self) -> None:
        """Send one after the other."""
        for number in itertools.count(1):
            if self.pause(EVERY_S):
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
