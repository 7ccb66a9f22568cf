"""A worker that is told to stop gives the jobs that wait here for their time back to the broker at once.

Celery closes the connection to the broker, and with it hands messages back, only when the last running body has ended:
minutes in which those jobs get late. This step stands between the consumer, which stops first, and the pool, which
waits for the bodies.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state
from kombu.common import ignore_errors

log = logging.getLogger(__name__)


class HandBack(bootsteps.StartStopStep):
    """Closes the consumer's connection when nothing that runs needs it any more to acknowledge."""

    requires = ("celery.worker.components:Pool",)

    def stop(self, worker: Any) -> None:
        consumer = getattr(worker, "consumer", None)
        if consumer is None or consumer.connection is None:
            return
        if not all(request.acknowledged for request in tuple(state.active_requests)):
            log.info("other tasks acknowledge late: messages that wait here stay until they have ended")
            return
        connection, consumer.connection = consumer.connection, None
        ignore_errors(connection, connection.close)
