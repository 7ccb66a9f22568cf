"""Celery's consumer, which outlives the loss of its broker and whatever others put into its queues."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

from celery.bootsteps import RUN  # type: ignore[attr-defined]
from celery.exceptions import WorkerLostError, WorkerShutdown
from celery.worker import loops, state
from celery.worker.consumer import Consumer

from jobs.events import emit
from jobs.events.worker.receive import BrokerLostWhileStopping, EventLoopBroke, MessageDropped
from jobs.worker.process import lifecycle
from jobs.worker.receive.acks import reject
from jobs.worker.receive.refused import TRY_EVERY as TRY_REFUSED_EVERY
from jobs.worker.receive.refused import RefusedQueues

COLLECT_TIMEOUT = 1.0  # seconds
BROKEN_TURN = 0.01  # seconds
TRY_EVERY = 1  # seconds; kombu's own pauses grow to 30 s, by which every job would be late when the broker is back


class JobConsumer(Consumer):
    """The `worker_consumer` of our workers."""

    connection_errors: tuple[type[Exception], ...]
    channel_errors: tuple[type[Exception], ...]
    hub: Any
    task_consumer: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make it. It asks no other workers for revoked tasks, which costs a second at each connection: we revoke
        none."""
        super().__init__(*args, **kwargs | {"without_mingle": True})
        self._refused = RefusedQueues(self)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, trying again at a steady pace however long the broker has been away."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=TRY_EVERY, interval_step=0, interval_max=TRY_EVERY
        )
        return super().ensure_connected(conn)

    def update_strategies(self) -> None:
        """Leave out queues that the broker refuses: this is Celery's first step with a new connection before it
        declares its queues, of which a refused one would cost it all."""
        super().update_strategies()
        self._refused.sift()
        lifecycle.takes_from(self.app.amqp.queues.consume_from)
        if self._refused:
            self.timer.call_repeatedly(TRY_REFUSED_EVERY, self._try_refused)

    def _try_refused(self) -> None:
        if self.blueprint.state == RUN and self.task_consumer is not None and self._refused:
            self._refused.try_again()
            lifecycle.takes_from(self.app.amqp.queues.consume_from)

    def on_ready(self) -> None:
        """Get ready for messages, which come from now on; a worker that takes none says so at once."""
        super().on_ready()
        self.controller.jobs.follow()  # type: ignore[attr-defined]

    def add_task_queue(self, queue: Any, *args: Any, **kwargs: Any) -> Any:
        """Add a queue without taking from any on a worker that takes no jobs: Celery takes from all again when one is
        added."""
        super().add_task_queue(queue, *args, **kwargs)
        self.controller.jobs.follow()  # type: ignore[attr-defined]

    def cancel_active_requests(self) -> None:
        """Stop cold, in the handler of the signal: our jobs are none of Celery's requests.

        Celery goes on by killing its own tasks, which raises out of this handler on threads, and by waiting here for
        its pool: on threads for all bodies, while what waits for later is late. There it is left to RuntimeStep.
        """
        jobs = self.controller.jobs  # type: ignore[attr-defined]
        jobs.close()
        if jobs.slots.are_processes:
            jobs.cut_short()
            super().cancel_active_requests()
        else:
            self.pool = SimpleNamespace(stop=lambda: None, flush=None)

    def on_close(self) -> None:
        """Close after the loss of the connection, when jobs that wait here start at their time all the same; or in a
        worker that stops, which needs the connection still to give back what waits."""
        jobs = self.controller.jobs  # type: ignore[attr-defined]
        if self.controller.blueprint.state == RUN:  # type: ignore[attr-defined]
            jobs.disconnected()
        jobs.slots.keep_through(super().on_close)

    def on_connection_error_after_connected(self, exc: Exception) -> Any:
        """Take the broken connection apart before Celery does, which tries once and then closes it unguarded.

        kombu 5.7 gives up its first try on Redis at the interrupted read, with the messages that wait for their eta
        not yet given back; the second meets a transport that is gone, and its AttributeError ends the worker. With
        the first try spent here, Celery's own is that second one, whose errors it ignores, and its close finds
        nothing left to do.
        """
        if self.connection is not None:
            with suppress(Exception):
                self.connection.collect(socket_timeout=COLLECT_TIMEOUT)
        return super().on_connection_error_after_connected(exc)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """Make the handler of messages, which drops one that it cannot read. Celery refuses most of these, but not all:
        `null` for a body ends the worker, goes back to the broker, and ends the next. If a job was meant, the list
        query sends it again."""
        handle = super().create_task_handler(*args, **kwargs)
        # Any KeyError counts as a loss of Redis to kombu: a message without an id would be taken again for ever.
        losses = tuple(e for e in self.connection_errors + self.channel_errors if not issubclass(e, LookupError))

        def handle_or_drop(message: Any) -> None:
            try:
                handle(message)
            except losses:
                raise
            except Exception as error:  # noqa: BLE001 - whatever is in it
                emit(MessageDropped(error, message.body))
                if not message.acknowledged:
                    reject(message, self.connection_errors)

        return handle_or_drop

    def loop(self, *args: Any) -> None:
        """Run Celery's event loop, until what a worker that stops still starts is in its slot."""
        try:
            self._loop(*args)
        except WorkerShutdown:
            if self.hub:
                self.controller.jobs.leave(partial(self._turn, self.hub.create_loop()))  # type: ignore[attr-defined]
            raise

    def _turn(self, turns: Iterator[None]) -> None:
        """Do one turn of the event loop in a worker that stops. Raises WorkerTerminate when it is to stop at once."""
        with suppress(WorkerShutdown):
            state.maybe_shutdown()
        try:
            next(turns)
        except StopIteration:  # it broke in the turn before
            time.sleep(BROKEN_TURN)
        except Exception as error:  # noqa: BLE001 - what this worker still starts needs no broker
            emit(BrokerLostWhileStopping(error))
            self.controller.jobs.disconnected()  # type: ignore[attr-defined]

    def _loop(self, *args: Any) -> None:
        """Run the event loop; what breaks it (an entry of Redis' list that is no message, so far) costs this worker its
        connection, not its life: it hands its messages back and connects again."""
        understood: tuple[type[Exception], ...] = (*self.connection_errors, *self.channel_errors, WorkerLostError)
        try:
            (loops.asynloop if self.hub else loops.synloop)(*args)
        except understood:
            raise
        except Exception as error:
            state.maybe_shutdown()  # a cold stop breaks it too, on threads, which cannot be cancelled
            emit(EventLoopBroke(error))
            raise ConnectionResetError("the event loop broke") from error
