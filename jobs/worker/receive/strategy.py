"""Makes a job that waits of a message: Celery's strategy for our one task, which is neither timed nor traced by Celery.

Celery would hold each message with a timer of its own and take a slot for it; here the jobs that wait are in one heap,
and those that are due together are taken together.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from celery.bootsteps import RUN  # type: ignore[attr-defined]
from celery.exceptions import InvalidTaskError

from jobs.clock import steady
from jobs.events import emit
from jobs.events.worker.receive import MessageOutdated, MessageReceived
from jobs.installation import known
from jobs.publishing.messages import AFTER, HOPS, INSTALLATION, PASSED_BY, RUN_JOB
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from jobs.worker.process.foreign import Foreign
from jobs.worker.receive.acks import acknowledge, hand_back, keeps_unacknowledged, lighten, one_client

COMES_BACK = 5  # hops that count for a message that its last worker gets again: there may be nobody else
CHUNK = 32  # messages by which the prefetch grows: each change is a round trip to RabbitMQ
DOUBT_EVERY = 1.0  # seconds
BIGGEST_ID = 2**63 - 1


class JobStrategy:
    """Takes the messages of one connection to the broker."""

    def __init__(
        self,
        consumer: Any,
        add: Callable[[Waiting], None],
        now: Callable[[], float],
        refusing: Callable[[], object] = lambda: False,
        doubt: Callable[[], object] = lambda: None,
    ) -> None:
        """Make it. `refusing` says whether this worker is to take no messages now; `doubt` has it ask the database
        which installation it belongs to."""
        self._consumer = consumer
        self._add = add
        self._now = now
        self._refusing = refusing
        self._doubt = doubt
        self._doubted_at = float("-inf")  # on the steady clock
        self._refused: deque[tuple[Any, bool]] = deque()  # messages to hand back; whether they were held for later
        self._hand_back_asked = False
        self._done: deque[tuple[Any, bool]] = deque()  # messages to acknowledge; whether they were held for later
        self._acknowledge_asked = False  # the event loop, to acknowledge
        self._ahead = 0  # messages held for later; they must not keep the due ones from coming
        self._granted = 0  # by how much the prefetch was raised for them
        self._open = True
        self._leaving = False  # this worker stops
        self._channel: Any = None
        self._foreign = Foreign(consumer, self._give_back)

    def __call__(self, message: Any, body: Any, ack: Any, reject: Any, callbacks: Any, **options: Any) -> None:
        """Take a message over from Celery. Raises InvalidTaskError: Celery logs it and drops the message."""
        if message.channel is not self._channel:
            self._channel = message.channel
            one_client(message.channel)
        job_id, version, run_at, hops = read(message)
        if not self._is_ours(message):
            return
        if message.headers.get(PASSED_BY) == self._consumer.hostname:
            hops += COMES_BACK
        emit(MessageReceived(RUN_JOB, message.headers.get("id")))
        ahead = run_at > self._now()
        if ahead:
            self._count_ahead(1)
        delivery = Delivery(
            partial(self._acknowledge_soon, message, ahead),
            sys.intern(_queue(message)),
            hops,
            partial(self._hand_back_soon, message, ahead),
        )
        lighten(message)
        self._add(Waiting(job_id, version, run_at, [delivery]))

    def _is_ours(self, message: Any) -> bool:
        """Return whether the message names our installation as it is now. A foreign one goes back in a moment; one from
        before a restore is dropped, since what of its job is to be done is listed anew. Never asks the database: the
        event loop must not wait for it. While we are not sure who we are, what seems foreign goes back too, and is
        judged again."""
        mark = message.headers.get(INSTALLATION) or ""
        if not isinstance(mark, str):
            raise InvalidTaskError(f"not a message of ours: {mark!r} is no name of an installation")
        ours = known.kept
        if not mark or (ours is not None and mark == ours.mark):
            known.heard(after(message))
            return True
        if ours is None or not known.is_sure:
            if steady() - self._doubted_at >= DOUBT_EVERY:
                self._doubted_at = steady()
                self._doubt()
        elif ours.owns(mark):
            emit(MessageOutdated(RUN_JOB, message.headers.get("id")))
            self._acknowledge_soon(message, False)
            return False
        else:
            self._foreign.say(mark, _queue(message))
        self._count_ahead(1)
        self._foreign.give_back_later(message)
        return False

    def _give_back(self, messages: Sequence[Any]) -> None:
        """Return foreign messages, whose pause is over, to their queue. By the thread of the event loop only."""
        if self._open:
            hand_back(messages, self._consumer.connection_errors, last=True)
            self._count_ahead(-len(messages))

    def close(self) -> None:
        """Note that the connection is gone: what it brought starts at its time all the same, but cannot be
        acknowledged."""
        self._open = False

    def acknowledge(self) -> None:
        """Tell the broker of what is dealt with. By the thread of the event loop only."""
        self._acknowledge_asked = False  # before the look: what comes from now on asks again
        done = [self._done.popleft() for _ in range(len(self._done))]
        if self._open:  # another connection has a prefetch of its own
            acknowledge([message for message, _ in done], self._consumer.connection_errors)
            self._count_ahead(-sum(ahead for _, ahead in done))

    def follow_soon(self) -> None:
        """Have the event loop call `follow`. From any thread."""
        self._consumer.call_soon(self.follow)

    def follow(self) -> None:
        """Take messages, or no more of them, as the node says: without a consumer the broker keeps what comes, for
        other workers. By the thread of the event loop only."""
        consumer = self._consumer.task_consumer
        if self._leaving or not self._open or consumer is None or self._consumer.blueprint.state != RUN:
            return  # a new connection follows by itself; a worker that stops takes nothing anyway
        if self._refusing():
            consumer.cancel()
        else:
            consumer.consume()

    def leave(self) -> None:
        """Ask for no more messages, for good. By the thread of the event loop only."""
        self._leaving = True
        consumer = self._consumer.task_consumer
        if not self._open or consumer is None:
            return
        if keeps_unacknowledged(consumer.channel):
            # With the consumer gone kombu would put what still comes to the end of its queue; without credit it would
            # not read it at all.
            consumer.channel._active_queues.clear()
        else:
            consumer.cancel()

    @property
    def is_asking(self) -> bool:
        """Return whether a question of before may still bring a message: Redis answers it within a second."""
        consumer = self._consumer.task_consumer
        return self._open and consumer is not None and bool(getattr(consumer.channel, "_in_poll", None))

    def stop_asking(self) -> None:
        """Hear, at the end of a stop, the answer to the last question, which Redis gives within a second. Else that
        question would take what is handed back, and keep it until the connection is closed. By the thread of the event
        loop only."""
        if self.is_asking:
            with suppress(Exception):  # no answer, or no connection any more
                self._consumer.task_consumer.channel._brpop_read()

    def _hand_back_soon(self, message: Any, ahead: bool) -> None:
        self._refused.append((message, ahead))
        if not self._hand_back_asked:
            self._hand_back_asked = True
            self._consumer.call_soon(self.hand_back)

    def hand_back(self) -> None:
        """Hand back all that is to go, at once: the event loop would wait up to a second for itself between two parts.
        What came by a lost connection the broker has already."""
        self._hand_back_asked = False
        self.follow()  # first: or they come back here
        back = [self._refused.popleft() for _ in range(len(self._refused))]
        if self._open:
            hand_back([message for message, _ in back], self._consumer.connection_errors)
            self._count_ahead(-sum(ahead for _, ahead in back))

    def _acknowledge_soon(self, message: Any, ahead: bool) -> None:
        self._done.append((message, ahead))
        if not self._acknowledge_asked:  # twice by two threads at once does no harm
            self._acknowledge_asked = True
            self._consumer.call_soon(self.acknowledge)

    def _count_ahead(self, more: int) -> None:
        self._ahead += more
        wanted = -(-self._ahead // CHUNK) * CHUNK
        if wanted > self._granted:
            self._consumer.qos.increment_eventually(wanted - self._granted)
            self._granted = wanted
        elif wanted < self._granted - CHUNK:
            self._consumer.qos.decrement_eventually(self._granted - wanted)
            self._granted = wanted


def read(message: Any) -> tuple[int, int, float, int]:
    """Read (job id, version, run_at, hops) of a message; `run_at` in seconds since the epoch, 0 when it has none: due
    at once. Raises InvalidTaskError."""
    try:
        (job_id, version), *_ = json.loads(message.body)  # `message.payload` takes five times as long
        eta = message.headers.get("eta")
        run_at = datetime.fromisoformat(eta).timestamp() if eta else 0.0
        hops = int(message.headers.get(HOPS) or 0)
    except Exception as error:
        raise InvalidTaskError(f"not a message of ours: {error!r}") from error
    for number in (job_id, version):
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= BIGGEST_ID:
            raise InvalidTaskError(f"{number!r} is neither the id of a job nor a version")
    return job_id, version, run_at, hops


def after(message: Any) -> int:
    """Read which start of the installation its sender knew as the latest; 0 when the message does not say."""
    start = message.headers.get(AFTER)
    return start if isinstance(start, int) and not isinstance(start, bool) and 0 <= start <= BIGGEST_ID else 0


def _queue(message: Any) -> str:
    return str(message.delivery_info.get("routing_key") or "")
