"""Makes jobs that wait of a message: Celery's strategy for our one task, which is neither timed nor traced by Celery.

Celery would hold each message with a timer of its own and take a slot for it; here the jobs that wait are in one heap,
and those that are due together are taken together.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from celery.bootsteps import RUN  # type: ignore[attr-defined]
from celery.exceptions import InvalidTaskError

from jobs import traceparent
from jobs.clock import steady
from jobs.events import emit
from jobs.events.worker.receive import MessageOutdated, MessageReceived, MessagesNotHandedBack
from jobs.installation import known
from jobs.publishing.messages import INSTALLATION, PASSED_BY, RUN_JOB, Passed, send_bundle, send_each
from jobs.worker.arm.handoff import listed
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from jobs.worker.process.foreign import Foreign
from jobs.worker.receive.acks import acknowledge, hand_back, keeps_unacknowledged, lighten, one_client
from jobs.worker.receive.prefetch import Prefetch
from jobs.worker.receive.reading import Held, after, published_at, queue_of, read

if TYPE_CHECKING:
    from kombu import Producer

COMES_BACK = 5  # hops that count for a message that its last worker gets again: there may be nobody else
DOUBT_EVERY = 1.0  # seconds
TRY_AGAIN = 5.0  # seconds, to hand back what the broker did not take

Refused = tuple[Held, Delivery, Waiting]  # a job to hand back, and what brought it


class JobStrategy:
    """Takes the messages of one connection to the broker."""

    def __init__(
        self,
        consumer: Any,
        add: Callable[..., None],
        now: Callable[[], float],
        refusing: Callable[[], object] = lambda: False,
        doubt: Callable[[], object] = lambda: None,
    ) -> None:
        """Make it. `add` is called with the jobs of a message. `refusing` says whether this worker is to take no
        messages now; `doubt` has it ask the database which installation it belongs to."""
        self._consumer = consumer
        self._add = add
        self._now = now
        self._refusing = refusing
        self._doubt = doubt
        self._doubted_at = float("-inf")  # on the steady clock
        self._refused: deque[Refused] = deque()  # jobs to hand back
        self._hand_back_asked = False
        self._put_off: deque[Held] = deque()  # messages whose jobs wait for a limit, to be counted as held for later
        self._done: deque[Held] = deque()  # messages to acknowledge
        self._acknowledge_asked = False  # the event loop, to acknowledge
        self._prefetch = Prefetch(consumer)
        self._open = True
        self._leaving = False  # this worker stops
        self._channel: Any = None
        self._foreign = Foreign(consumer, self._give_back)

    def __call__(self, message: Any, body: Any, ack: Any, reject: Any, callbacks: Any, **options: Any) -> None:
        """Take a message over from Celery. Raises InvalidTaskError: Celery logs it and drops the message."""
        if message.channel is not self._channel:
            self._channel = message.channel
            one_client(message.channel)
        jobs, hops = read(message)
        if not self._is_ours(message):
            return
        if message.headers.get(PASSED_BY) == self._consumer.hostname:
            hops += COMES_BACK
        emit(MessageReceived(RUN_JOB, message.headers.get("id")))
        held = Held(message, max(run_at for _, _, run_at in jobs) > self._now(), len(jobs))
        self._prefetch.hold(held.ahead, held.jobs)
        queue = sys.intern(queue_of(message)) or None
        came = (published_at(message), self._now()) if traceparent.is_on() else None
        lighten(message)
        back = partial(self._hand_back_soon, held)
        set_aside = None if held.ahead else partial(self._set_aside_soon, held)
        deliveries = (Delivery(partial(self._acknowledge_soon, held), back, held.jobs, set_aside),)
        waiting = [Waiting(job_id, version, run_at, queue, hops, deliveries) for job_id, version, run_at in jobs]
        if came is not None:
            for one in waiting:
                one.came = came
        if self._prefetch.is_exceeded and not held.ahead:
            for one in waiting:
                one.hand_back()
        else:
            self._add(*waiting)

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
            self._prefetch.hold(ahead=False)
            self._acknowledge_soon(Held(message, ahead=False, jobs=1))
            return False
        else:
            self._foreign.say(mark, queue_of(message))
        self._prefetch.hold(ahead=True)
        self._foreign.give_back_later(message)
        return False

    def _give_back(self, messages: Sequence[Any]) -> None:
        """Return foreign messages, whose pause is over, to their queue. By the thread of the event loop only."""
        if self._open:
            hand_back(messages, self._consumer.connection_errors, last=True)
            self._prefetch.let_go(ahead=len(messages))

    def close(self) -> None:
        """Note that the connection is gone: what it brought starts at its time all the same, but cannot be
        acknowledged."""
        self._open = False

    def acknowledge(self) -> None:
        """Tell the broker of what is dealt with. By the thread of the event loop only."""
        self._acknowledge_asked = False  # before the look: what comes from now on asks again
        done = [self._done.popleft() for _ in range(len(self._done))]
        if self._open:  # another connection has a prefetch of its own
            acknowledge([held.message for held in done], self._consumer.connection_errors)
            self._let_go(done)

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

    def _hand_back_soon(self, held: Held, delivery: Delivery, waiting: Waiting) -> None:
        self._refused.append((held, delivery, waiting))
        if not self._hand_back_asked:
            self._hand_back_asked = True
            self._consumer.call_soon(self.hand_back)

    def hand_back(self) -> None:
        """Hand back all that is to go, at once: the event loop would wait up to a second for itself between two parts.
        What came by a lost connection the broker has already. Of a bundle of which jobs have been dealt with, the
        others go out as a bundle of their own."""
        self._hand_back_asked = False
        self.follow()  # first: or they come back here
        back = [self._refused.popleft() for _ in range(len(self._refused))]
        if not self._open:
            return
        messages: dict[Held, list[Refused]] = {}
        for refused in back:
            messages.setdefault(refused[0], []).append(refused)
        whole = [held for held, jobs in messages.items() if len(jobs) == held.jobs]
        hand_back([held.message for held in whole], self._consumer.connection_errors)
        self._let_go(whole)
        parts = [jobs for held, jobs in messages.items() if len(jobs) < held.jobs]
        try:
            send_each(parts, self._send_on)
        except Exception as error:  # noqa: BLE001 - the broker has their messages still
            emit(MessagesNotHandedBack(len(parts), error))
            self._refused.extend(chain.from_iterable(parts))
            self._consumer.timer.call_after(TRY_AGAIN, self.hand_back, ())

    @staticmethod
    def _send_on(part: Sequence[Refused], producer: Producer) -> None:
        hops = max(waiting.hops for _, _, waiting in part)
        send_bundle([listed(waiting) for _, _, waiting in part], producer, Passed(hops))
        for _, delivery, _ in part:  # not what else has brought the job, which is handed back for itself
            delivery.acknowledge()

    def _acknowledge_soon(self, held: Held) -> None:
        self._done.append(held)
        if not self._acknowledge_asked:  # twice by two threads at once does no harm
            self._acknowledge_asked = True
            self._consumer.call_soon(self.acknowledge)

    def _set_aside_soon(self, held: Held) -> None:
        if not held.ahead:  # its jobs look every few seconds whether their limit is free, and are put off again
            self._put_off.append(held)
            self._consumer.call_soon(self.set_aside)

    def set_aside(self) -> None:
        """Count messages whose jobs wait for a limit as held for later. By the thread of the event loop only."""
        while self._put_off:
            held = self._put_off.popleft()
            if not held.ahead and self._open:
                held.ahead = True
                self._prefetch.set_aside(held.jobs)

    def _let_go(self, gone: Sequence[Held]) -> None:
        self.set_aside()  # first: it may be one of these
        due = [held.jobs for held in gone if not held.ahead]
        self._prefetch.let_go(len(gone) - len(due), len(due), sum(due))
        for held in gone:
            held.ahead = True  # who hears only now that its last jobs were put off changes nothing
