"""Queues that the broker refuses while it gives the others: one declared by hand as another type, or a key of another
program under its name. The worker takes from the others, and tries these again every few seconds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from jobs.events import emit
from jobs.events.worker.receive import QueueGiven, QueueRefused
from jobs.publishing.messages import refuses_only_a_queue

TRY_EVERY = 5.0  # seconds
SAY_EVERY = 12  # tries: once a minute


class RefusedQueues:
    """The queues that the broker refuses to one worker; used by the thread of its event loop only."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._refused: dict[str, Any] = {}  # by name, the queue as it is declared
        self._tries = 0

    def __bool__(self) -> bool:
        return bool(self._refused)

    def sift(self) -> None:
        """Leave out, with a new connection, those of the queues to take from that are refused now. Raises what the loss
        of the broker raises."""
        queues = self._consumer.app.amqp.queues
        for queue in self._refused.values():
            queues.select_add(queue)
        self._refused = {}
        self._tries = 0
        for name, queue in sorted(queues.consume_from.items()):
            error = self._refusal(queue)
            if error is not None:
                self._say(name, error)
                self._refused[name] = queue
        queues.deselect(list(self._refused))

    def try_again(self) -> None:
        """Take again from the queues that are refused no more."""
        self._tries += 1
        for name, queue in list(self._refused.items()):
            error = self._refusal(queue)
            if error is None:
                emit(QueueGiven(name))
                del self._refused[name]
                self._consumer.app.amqp.queues.select_add(queue)
                self._consumer.add_task_queue(name)
            elif self._tries % SAY_EVERY == 0:
                self._say(name, error)

    def _refusal(self, queue: Any) -> Exception | None:
        """Return what the broker says against declaring this queue, on a channel of its own, which its no closes; None
        if it agrees."""
        channel = self._consumer.connection.channel()
        try:
            queue(channel).declare()
        except Exception as error:
            if not refuses_only_a_queue(error):
                raise
            return error
        finally:
            with suppress(Exception):
                channel.close()
        return None

    @staticmethod
    def _say(name: str, error: Exception) -> None:
        emit(QueueRefused(name, error, TRY_EVERY))
