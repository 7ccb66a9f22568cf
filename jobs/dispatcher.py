"""Which messages go out, and when: by whoever commits a late job, or by the leader. The row is the truth."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.messages import Outlet, send, send_each
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.windows import window_at

log = logging.getLogger(__name__)

TOGETHER = 100  # messages that go out in one round trip
CROWD = (
    100  # messages of one queue that no worker has fetched: its workers have more than they can do, or there are none
)
AVOID_FOR = 5.0  # seconds in which a process whose broker failed does not try it again for a late job

SOON = timedelta(minutes=10)  # longer than any transaction that creates jobs should take
ABOUT = timedelta(seconds=1)  # around its time: a message more than needed does no harm
# Two processes disagree about the window by as much as their clocks do; within this margin both publish.
CLOCK_MARGIN = timedelta(milliseconds=250)


def horizon(now: datetime) -> datetime:
    """Whatever is due before this has been listed already: its message goes out at commit."""
    c = conf()
    return window_at(now + CLOCK_MARGIN, c.min_prepare_time, c.look_ahead).horizon


class LateLane:
    """Jobs due inside a window that is already listed are published by whoever commits them.

    A broker that hangs costs one caller its timeout; those of the next seconds leave their jobs to the list query.
    """

    def __init__(self) -> None:
        self._avoid_until = 0.0  # on the steady clock

    def at_commit(self, late: Sequence[Listed]) -> None:
        """Publish once the current transaction has committed; nothing if it is rolled back."""
        if late:
            transaction.on_commit(lambda: self._publish(late), robust=True)

    def overtaken_at_commit(self, later: Sequence[Listed]) -> None:
        """Look again once the current transaction has committed: jobs due beyond what was listed when it began may
        lie inside it by then, if the commit came after the next list query."""
        if later:
            transaction.on_commit(lambda: self._publish_overtaken(later), robust=True)

    def missed_at_commit(self, published: Sequence[Listed]) -> None:
        """Publish those anew that are about to start when the current transaction has committed: it had their rows, so
        a worker whose message came due meanwhile has found nothing."""
        if published:
            transaction.on_commit(lambda: self._publish_missed(published), robust=True)

    def _publish_missed(self, published: Sequence[Listed]) -> None:
        now = clock.now()
        about = timedelta(seconds=conf().arm_lead) + ABOUT
        missed = [one for one in published if now - ABOUT < one.run_at < now + about]
        if missed:
            self._publish(missed)

    def _publish_overtaken(self, later: Sequence[Listed]) -> None:
        now = clock.now()
        until = horizon(now)
        late = [listed for listed in later if listed.run_at < until]
        if late:
            Job.objects.mark([listed.id for listed in late], now=now)
            self._publish(late)

    def _publish(self, late: Sequence[Listed]) -> None:
        left = list(late)
        try:
            if steady() >= self._avoid_until:
                send_each(left, send)
        except Exception as error:  # noqa: BLE001 - whatever the broker says, the jobs are accepted
            self._avoid_until = steady() + AVOID_FOR
            log.warning("%d jobs could not be published now (%s); the next window lists them", len(left), error)
        if left:
            Job.objects.unmark([listed.id for listed in left])


late_lane = LateLane()


def publish_at_commit(listed: Sequence[Listed], *, now: datetime) -> None:
    """Jobs that have just come to be due, and that nobody has marked: those inside the window that is listed already
    are marked, and published once the current transaction has committed; the list query finds the others."""
    until = horizon(now)
    late = [one for one in listed if one.run_at < until]
    if late:
        Job.objects.mark([one.id for one in late], now=now)
        late_lane.at_commit(late)
    later = [one for one in listed if until <= one.run_at < until + SOON]
    late_lane.overtaken_at_commit(later)


class Dispatcher:
    """The leader's side: lists a window and publishes what it found, however long the broker is away."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._waiting: deque[Listed] = deque()
        self._outlet: Outlet | None = None
        self._together = TOGETHER
        self._suspect = ""  # the queue that the broker refused last
        self._queues: set[str] = set()  # published to since the last list query, or crowded then

    def list(self, *, now: datetime, horizon: datetime, unpublished_since: datetime | None = None) -> int:
        """Run the window's list query and return how many jobs it found. They wait until `publish`."""
        found = Job.objects.list_and_mark(
            now=now,
            horizon=horizon,
            window=conf().min_prepare_time,
            client=self.client,
            unpublished_since=unpublished_since,
            crowded=self._crowded(),
        )
        self.wait(found)
        return len(found)

    def _crowded(self) -> Sequence[str]:
        """The queues in which many messages wait that no worker has fetched. None where the broker cannot say: it may
        have lost them."""
        asked, self._queues = self._queues, set()
        if self._outlet is None:
            return []
        try:
            self._queues = {queue for queue in asked if self._outlet.waiting(queue) > CROWD}
            return sorted(self._queues)
        except Exception as error:  # noqa: BLE001 - a broker may fail in any way, the scheduler goes on
            log.warning("the broker does not say what waits in it (%s)", error)
            self.disconnect()
            return []

    def wait(self, listed: Iterable[Listed]) -> None:
        self._waiting.extend(listed)

    @property
    def waiting(self) -> int:
        """Listed jobs whose message has not gone out yet."""
        return len(self._waiting)

    def publish(self, seconds: float) -> int:
        """Publish waiting jobs, soonest first, for about `seconds`, and return how many went out.

        Never raises: what the broker does not take stays here for the next call. A queue that it refuses twice
        while it takes a connection must not hold up the others: its jobs go back to the next list query.
        """
        try:
            outlet = self._connected()
        except Exception as error:  # noqa: BLE001 - a broker may fail in any way, the scheduler goes on
            log.warning("the broker cannot be reached (%s); %d jobs wait", error, self.waiting)
            self.disconnect()
            return 0
        sent, until = 0, steady() + seconds
        while self._waiting and (sent == 0 or steady() < until):
            batch = self._next()
            try:
                outlet.send(batch)
            except Exception as error:  # noqa: BLE001 - as above
                self._waiting.extendleft(reversed(batch))
                # One by one until it goes well again: of several that fail nobody knows which have gone out.
                self._together = 1
                self._refused(batch[0].queue, error)
                break
            self._suspect = ""
            self._together = TOGETHER
            self._queues.add(batch[0].queue)
            sent += len(batch)
        return sent

    def _next(self) -> Sequence[Listed]:
        """The soonest that wait, as far as they are of one queue."""
        batch = [self._waiting.popleft()]
        while self._waiting and len(batch) < self._together and self._waiting[0].queue == batch[0].queue:
            batch.append(self._waiting.popleft())
        return batch

    def _refused(self, queue: str, error: Exception) -> None:
        self.disconnect()
        log.warning("the broker refused a job of queue '%s' (%s); %d jobs wait", queue, error, self.waiting)
        if self._suspect == queue:
            refused = [listed for listed in self._waiting if listed.queue == queue]
            self._waiting = deque(listed for listed in self._waiting if listed.queue != queue)
            Job.objects.unmark([listed.id for listed in refused])
            log.error("queue '%s' was refused twice: its %d jobs wait for the next window", queue, len(refused))
        self._suspect = queue

    def forget(self) -> None:
        """Drop what waits: another leader has listed it."""
        self._waiting.clear()

    def disconnect(self) -> None:
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            try:
                outlet.close()
            except Exception as error:  # noqa: BLE001 - it is being thrown away
                log.debug("closing the broker connection: %s", error)

    def _connected(self) -> Outlet:
        if self._outlet is None:
            self._outlet = Outlet()
        return self._outlet
