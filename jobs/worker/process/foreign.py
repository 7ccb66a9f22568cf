"""Messages of another installation: two of them use one broker, and the same queues. Each goes back to its queue after
a pause that grows, so that the other's workers get it soon and nobody spends his time on passing it to and fro."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from jobs.clock import clock, steady
from jobs.events import emit
from jobs.events.worker.process import ForeignMessages

FIRST_PAUSE = 0.05  # seconds: one of its own workers may be the next to be asked
# Where chances are even, one message in 64 comes back six times: doubled at each, its pauses alone
# would make its job seconds late.
PAUSES_ALIKE = 3  # then twice as long
LONGEST_PAUSE = 5.0
APART = 0.005  # seconds between two that go back: 200 a second at most
REMEMBERED = 10_000  # messages
SAY_EVERY = 60.0  # seconds


class Seen(NamedTuple):
    """The latest foreign message: when it came, by the database's clock, and `whose` it is, an installation and a
    queue, for people."""

    at: datetime
    whose: str


class Foreign:
    """The foreign messages of one connection to the broker; used by the thread of the event loop only."""

    latest: Seen | None = None  # of this process: the heartbeat tells

    def __init__(self, consumer: Any, give_back: Callable[[Sequence[Any]], None]) -> None:
        """Make it. `consumer` has the event loop's timer; `give_back` returns messages to their queues."""
        self._consumer = consumer
        self._give_back = give_back
        self._times: OrderedDict[str, int] = OrderedDict()  # how often each message has gone back from here
        self._next_at = 0.0  # on the steady clock
        self._said_at = float("-inf")
        self._unsaid = 0

    def give_back_later(self, message: Any) -> None:
        """Return the message to its queue after its pause."""
        now = steady()
        self._next_at = max(self._next_at + APART, now + self._pause(str(message.headers.get("id"))))
        self._consumer.timer.call_after(self._next_at - now, self._give_back, ([message],))

    def say(self, mark: str, queue: str) -> None:
        """Log that a foreign message has come, once a minute at most, and note it for the monitor."""
        whose = mark.partition(".")[0][:12]
        Foreign.latest = Seen(clock.now(), f"installation {whose!r}, queue {queue!r}")
        self._unsaid += 1
        if steady() - self._said_at >= SAY_EVERY:
            emit(ForeignMessages(self._unsaid, whose, queue))
            self._said_at, self._unsaid = steady(), 0

    def _pause(self, message_id: str) -> float:
        times = self._times.pop(message_id, 0)
        self._times[message_id] = times + 1
        while len(self._times) > REMEMBERED:
            self._times.popitem(last=False)
        return float(min(FIRST_PAUSE * 2 ** min(times // PAUSES_ALIKE, 10), LONGEST_PAUSE))
