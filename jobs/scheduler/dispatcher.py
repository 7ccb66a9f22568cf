"""The leader's side: lists a window and publishes what it found."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Sequence
from datetime import datetime

from jobs.clock import steady
from jobs.conf import conf
from jobs.events import emit
from jobs.events.publishing import (
    BrokerUnreachable,
    CrowdsUnknown,
    JobsPublished,
    PublicationRefused,
    QueueRefusedTwice,
)
from jobs.models import Job
from jobs.models.querysets import LIST_LIMIT, Listed
from jobs.publishing.bundles import Bundle, bundled, size_of
from jobs.publishing.depths import QueueDepths
from jobs.publishing.messages import Publisher, refuses_only_a_queue

TOGETHER = 100  # messages that go out in one round trip
# Jobs of one queue whose messages no worker has fetched: its workers have more than they can do, or there are none.
CROWD = 100
CROWDED_FOR = 5.0  # seconds for which what the broker said of it counts
MOST_FAILURES = 3  # of one call of `publish`: several queues together, then one of them twice


class Dispatcher:
    """The leader's side: lists a window and publishes what it found, however long the broker is away."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._waiting: deque[Bundle] = deque()
        self._publisher: Publisher | None = None
        self._refusals: Counter[str] = Counter()  # of each queue, since it last took a message or was listed
        self._away_since: float | None = None  # on the steady clock: since then the broker has taken nothing
        self._away_for: float | None = None  # seconds, of a time that is over and that nobody has asked for
        self._one_queue_a_batch = False  # after a failure: to see which queue it is
        # Jobs in a message, by queue: of those published to since the last list query, or crowded then.
        self._queues: dict[str, float] = {}
        self._crowded: Sequence[str] = ()
        self._crowded_until = 0.0  # on the steady clock: an older answer counts no more

    def list(
        self,
        *,
        now: datetime,
        horizon: datetime,
        unpublished_since: datetime | None = None,
        unpublished_after: Listed | None = None,
        limit: int = LIST_LIMIT,
    ) -> list[Listed]:
        """Run the window's list query and return the jobs that it found, at most `limit`. They wait until `publish`."""
        crowded = self._crowded if steady() < self._crowded_until else ()
        found = Job.objects.list_and_mark(
            now=now,
            horizon=horizon,
            window=conf().min_prepare_time,
            client=self.client,
            unpublished_since=unpublished_since,
            unpublished_after=unpublished_after,
            crowded=crowded,
            limit=limit,
        )
        self._queues = {queue: self._queues.get(queue, 1.0) for queue in crowded}
        self._refusals.clear()
        self.wait(found)
        return found

    def look_for_crowds(self, depths: QueueDepths, seconds: float) -> None:
        """Ask the broker, for at most so many seconds, in which queues many messages wait that no worker has fetched:
        for the next list query, which must not wait for the answers. What has not been asked counts as not crowded.
        From another thread than the one that publishes, with a connection of its own; raises what the broker raises.
        """
        until = steady() + seconds
        crowded = []
        for queue in sorted(self._queues):
            if steady() >= until:
                emit(CrowdsUnknown())
                break
            if (depths.of(queue) or 0) * self._queues.get(queue, 1.0) > CROWD:
                crowded.append(queue)
        self._crowded, self._crowded_until = crowded, steady() + CROWDED_FOR

    def wait(self, listed: Sequence[Listed]) -> None:
        self._waiting.extend(bundled(listed))

    @property
    def waiting(self) -> int:
        """The number of listed jobs whose message has not gone out yet."""
        return size_of(self._waiting)

    def publish(self, seconds: float) -> int:
        """Publish waiting jobs, soonest first, for about `seconds`, and return how many went out.

        Never raises: what the broker does not take stays here for the next call. A queue that it refuses while it
        takes others goes behind them, and after a second refusal back to the next list query.
        """
        sent, failures, until = 0, 0, steady() + seconds
        while self._waiting and (sent == 0 or steady() < until):
            try:
                publisher = self._connected()
            except Exception as error:  # noqa: BLE001 - a broker may fail in any way, the scheduler goes on
                self._lose(error)
                emit(BrokerUnreachable(error, self.waiting))
                self.disconnect()
                break
            batch = self._next()
            try:
                publisher.send(batch)
            except Exception as error:  # noqa: BLE001 - as above
                self._lose(error)
                self._waiting.extendleft(reversed(batch))
                self._refused(batch, error)
                failures += 1
                if failures == MOST_FAILURES or not refuses_only_a_queue(error):
                    break
                continue
            if self._away_since is not None:
                self._away_for, self._away_since = steady() - self._away_since, None
            queues = Counter(_queue(bundle) for bundle in batch)
            jobs: Counter[str] = Counter()
            for bundle in batch:
                jobs[_queue(bundle)] += len(bundle)
            self._queues |= {queue: jobs[queue] / messages for queue, messages in queues.items()}
            for queue in queues.keys() & self._refusals.keys():
                del self._refusals[queue]
            sent += size_of(batch)
            emit(JobsPublished(size_of(batch)))
        if not self._waiting:
            self._one_queue_a_batch = False
        return sent

    def _lose(self, error: Exception) -> None:
        """Note that the broker is away; not where it refuses a queue and takes others."""
        if self._away_since is None and not refuses_only_a_queue(error):
            self._away_since = steady()

    def was_away(self) -> float | None:
        """Return for how many seconds the broker was away before it took messages again; None if it was not, and once
        that was asked."""
        seconds, self._away_for = self._away_for, None
        return seconds

    def _next(self) -> Sequence[Bundle]:
        """Remove and return the soonest that wait; after a failure only as far as they are of one queue, and one alone
        of a queue that has been refused: of several that fail nobody knows which have gone out."""
        batch = [self._waiting.popleft()]
        queue = _queue(batch[0])
        together = 1 if queue in self._refusals else TOGETHER
        while self._waiting and len(batch) < together:
            if self._one_queue_a_batch and _queue(self._waiting[0]) != queue:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _refused(self, batch: Sequence[Bundle], error: Exception) -> None:
        self.disconnect()
        queues = {_queue(bundle) for bundle in batch}
        emit(PublicationRefused(_named(queues), error, self.waiting))
        if len(queues) > 1:
            self._one_queue_a_batch = True
            self._waiting = deque(sorted(self._waiting, key=_queue))  # stable: soonest first in each
            return
        (queue,) = queues
        self._one_queue_a_batch = True
        self._refusals[queue] += 1
        refused = [bundle for bundle in self._waiting if _queue(bundle) == queue]
        others = [bundle for bundle in self._waiting if _queue(bundle) != queue]
        if self._refusals[queue] > 1:
            self._waiting = deque(others)
            Job.objects.unmark([listed.id for bundle in refused for listed in bundle])
            emit(QueueRefusedTwice(queue, size_of(refused)))
        else:
            self._waiting = deque(others + refused)

    def forget(self) -> None:
        """Drop what waits: another leader has listed it."""
        self._waiting.clear()

    def disconnect(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.discard()

    def _connected(self) -> Publisher:
        if self._publisher is None:
            self._publisher = Publisher()
        return self._publisher


def _queue(bundle: Bundle) -> str:
    return bundle[0].queue


def _named(queues: Collection[str]) -> str:
    return f"a job of queue '{next(iter(queues))}'" if len(queues) == 1 else f"jobs of {len(queues)} queues"
