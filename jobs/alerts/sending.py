"""Sends what is to be said, on threads that have nothing to do with the database, and notes what became of it. What was
not taken is tried again, later each time, for some hours. Of an alert a receiver gets one thing after the other, and
two things at a time at most: one that is slow does not take all the threads.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.alerts.messages import Changes, Message, message_of
from jobs.alerts.sinks import NotSent, deliver, ping
from jobs.clock import steady
from jobs.conf import conf
from jobs.events import emit
from jobs.events.alerts import AlertNotSent, PingNotTaken
from jobs.installation import known
from jobs.models import Delivery

AT_ONCE = 8  # sent at a time
# Seconds after the first attempt, the second, ...: the last is five hours after the first.
BACK_OFF = (5, 15, 30, 60, 120, 300, 600, 1200, 2400, 4800, 9600)
LOOK_EVERY = 30.0  # seconds: a test may have been asked for, and a watcher before us may have left something
LONGEST_ERROR = 500  # characters
SWITCHED_OFF = "not sent: its destination is switched off"


@dataclass(frozen=True)
class OnItsWay:
    """Delivery that is being sent."""

    delivery: Delivery
    future: Future[str]


class Sender:
    """The sending of one process. Its methods are called by one thread, which alone asks the database."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alert")
        self._on_their_way: list[OnItsWay] = []
        self._look_at = float("-inf")  # on the steady clock

    def look(self) -> None:
        """Have the next step look for what is to be sent."""
        self._look_at = float("-inf")

    def step(self, now: datetime) -> None:
        """Note what has been sent, and begin to send what is due. Raises DatabaseError; what was not noted is noted by
        the next step."""
        for one in [one for one in self._on_their_way if one.future.done()]:
            self._note(one, now)
            self._on_their_way.remove(one)
        if steady() < self._look_at or len(self._on_their_way) >= AT_ONCE:
            return
        busy = [one.delivery for one in self._on_their_way]
        at = Delivery.objects.next_due()
        is_due = at is not None and at <= now
        found = Delivery.objects.due(now, without=busy, most=AT_ONCE - len(busy)) if is_due else []
        source = source_name() if found else ""
        for delivery in found:
            to = delivery.destination
            if to.enabled:
                sent = self.send(to.kind, to.address, message_of(delivery, source))
                self._on_their_way.append(OnItsWay(delivery, sent))
            else:  # the log of deliveries says why a test does not come
                Delivery.objects.ended(delivery, SWITCHED_OFF, now=now, again=None)
        pause = LOOK_EVERY if at is None else min(max((at - now).total_seconds(), 0.5), LOOK_EVERY)
        self._look_at = steady() + (0.0 if found else pause)

    def send(self, kind: str, address: str, message: Message | Changes) -> Future[str]:
        """Send this on a thread: why it was not taken, empty where it was."""
        return self._pool.submit(_attempt, kind, address, message)

    def ping(self, address: str) -> None:
        """Ask for this address on a thread; nobody waits for it."""
        self._pool.submit(_ping, address)

    def close(self, now: datetime, seconds: float) -> None:
        """End within so many seconds, and note what has been sent by then. Raises DatabaseError."""
        wait([one.future for one in self._on_their_way], seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for one in self._on_their_way:
            if one.future.done() and not one.future.cancelled():
                self._note(one, now)

    def _note(self, one: OnItsWay, now: datetime) -> None:
        error = one.future.result()
        delivery = one.delivery
        seconds = BACK_OFF[delivery.attempts] if delivery.attempts < len(BACK_OFF) else None
        again = None if seconds is None else timedelta(seconds=seconds)
        Delivery.objects.ended(delivery, error, now=now, again=again)
        if error:
            emit(AlertNotSent(delivery.destination.name, delivery.attempts + 1, error, again is not None))
        self.look()


def _attempt(kind: str, address: str, message: Message | Changes) -> str:
    try:
        deliver(kind, address, message)
    except NotSent as error:
        return (" ".join(str(error).split()) or "it was not taken")[:LONGEST_ERROR]
    return ""


def _ping(address: str) -> None:
    try:
        ping(address)
    except NotSent as error:
        emit(PingNotTaken(" ".join(str(error).split())[:LONGEST_ERROR]))


def source_name() -> str:
    """Return the name by which receivers know this installation. Raises DatabaseError where it was never read."""
    return conf().public_url or f"urn:runat:{known.identity().identity.hex[:12]}"
