"""Jobs that wait for a limit about which somebody else decides: one of them asks, the others wait for its answer."""

from __future__ import annotations

import random
import threading

from jobs.models import Kind
from jobs.transitions.limits.names import Name
from jobs.worker.arm.waiting_jobs import Waiting

# Seconds until the one that asks does it again: doubled with each try, and different for each worker.
FIRST_AGAIN, LAST_AGAIN = 0.002, 0.1
PARKED_FOR = 5.0  # seconds until one that has heard of no answer looks whether anybody asks at all
OVERDUE = 1.0  # seconds after which another asks in the place of one that should have: it may be on another worker


class Parking:
    """The jobs here that wait for locked limits: so a limit that is locked for long costs this worker one try after the
    other, and no slots, however many of its jobs wait here. Times are seconds since the epoch, on the database's clock.
    Safe for threads."""

    def __init__(self) -> None:
        self._asking: dict[Name, Waiting] = {}
        self._parked: dict[Name, dict[int, Waiting]] = {}
        self._lock = threading.Lock()

    def is_parked(self, waiting: Waiting, now: float) -> bool:
        """Return whether another job asks for the limit that this one waits for, or for its queue's if none is known:
        then it is parked."""
        name = waiting.limit or Name(Kind.QUEUE, waiting.queue or "")
        with self._lock:
            if not self._another_asks(name, waiting, now):
                return False
            self._park(name, waiting, now)
            return True

    def busy(self, name: Name, waiting: Waiting, now: float) -> list[Waiting]:
        """Set when to take this job up again, since somebody else decides about this limit now. Returns those that
        waited for its answer about another limit, for which it asks no more: they can be taken up at once."""
        with self._lock:
            others = self._answered(waiting, now) if waiting.limit not in (None, name) else []
            if self._another_asks(name, waiting, now):
                self._park(name, waiting, now)
                return others
            waiting.limit = name
            self._asking[name] = waiting
            self._unpark(name, waiting)
            waiting.again_at = now + min(FIRST_AGAIN * 2.0**waiting.tries, LAST_AGAIN) * random.uniform(0.5, 1.0)
            waiting.tries += 1
            return others

    def answered(self, waiting: Waiting, now: float) -> list[Waiting]:
        """Note that this job asks no more: it is not kept waiting, or it has left this worker. Returns those that
        waited for its answer: they can be taken up at once."""
        with self._lock:
            waiting.tries = 0
            return self._answered(waiting, now)

    def _answered(self, waiting: Waiting, now: float) -> list[Waiting]:
        name, waiting.limit = waiting.limit, None
        if name is None:
            return []
        if self._asking.get(name) is not waiting:
            self._unpark(name, waiting)
            return []
        del self._asking[name]
        others = list(self._parked.pop(name, {}).values())
        for other in others:
            other.again_at = now
        return others

    def _another_asks(self, name: Name, waiting: Waiting, now: float) -> bool:
        asking = self._asking.get(name)
        return asking is not None and asking is not waiting and asking.again_at > now - OVERDUE

    def _park(self, name: Name, waiting: Waiting, now: float) -> None:
        waiting.limit = name
        waiting.again_at = now + PARKED_FOR * random.uniform(0.75, 1.0)
        self._parked.setdefault(name, {})[waiting.job_id] = waiting

    def _unpark(self, name: Name, waiting: Waiting) -> None:
        others = self._parked.get(name, {})
        others.pop(waiting.job_id, None)
        if not others:
            self._parked.pop(name, None)
