"""Prefetch: the messages that the broker may have given this worker without an acknowledgement. Of those that are due
it is as many as keep its slots busy; those that it holds for later come besides."""

from __future__ import annotations

from typing import Any

from celery.worker import state

CHUNK = 32  # messages by which the prefetch grows: each change is a round trip to RabbitMQ
FORGET_AFTER = 10.0  # seconds: Celery's own tasks come one a message, and are not to be kept waiting for bundles
EXCESS = 2  # times as many due jobs as are wanted: what is beyond that is for other workers


class Prefetch:
    """The prefetch of one connection to the broker, by the thread of its event loop only.

    Celery's own, some messages for each slot, is right for messages of one job. A bundle of a hundred counts as a
    hundred: else one worker would take all that there is, and others would have nothing.
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._ahead = 0  # messages held for later; they must not keep the due ones from coming
        self._due = self._due_jobs = 0  # messages that are due, and the jobs of them
        self._latest = 1  # jobs in the latest message that was due
        self._bundles = 0  # that have come
        self._base: int | None = None  # Celery's
        self._granted = 0  # by how much the prefetch was raised; negative when it was lowered

    @property
    def is_exceeded(self) -> bool:
        """Return whether far more due jobs are here than are wanted: RabbitMQ gives at once all that it may. Never
        without a bound of Celery's: what went back would come again at once."""
        return bool(self._base) and self._latest > 1 and self._due_jobs > EXCESS * self._wanted_jobs(self._base or 0)

    def hold(self, ahead: bool, jobs: int = 1) -> None:
        """Note a message of so many jobs that has come; whether it is held for later."""
        if ahead:
            self._ahead += 1
        else:
            self._due, self._due_jobs, self._latest = self._due + 1, self._due_jobs + jobs, jobs
            if jobs > 1:
                self._bundles += 1
                self._consumer.timer.call_after(FORGET_AFTER, self._forget, (self._bundles,))
        self._adjust()

    def set_aside(self, jobs: int) -> None:
        """Note that a message of so many jobs that was due is held for later from now on: its jobs wait for a limit,
        and others are to come meanwhile."""
        self._ahead += 1
        self.let_go(due=1, due_jobs=jobs)

    def let_go(self, ahead: int = 0, due: int = 0, due_jobs: int = 0) -> None:
        """Note that the broker has been told of so many messages."""
        self._ahead -= ahead
        self._due -= due
        self._due_jobs -= due_jobs
        self._adjust()

    def _forget(self, bundles: int) -> None:
        if bundles == self._bundles:  # none has come since
            self._latest = 1
            self._adjust()

    def _wanted_jobs(self, base: int) -> int:
        return max(base, 2 * self._latest)  # one is taken while the next comes

    def _adjust(self) -> None:
        qos = self._consumer.qos
        if self._base is None:
            self._base = qos.value
        base = self._base
        wanted = -(-self._ahead // CHUNK) * CHUNK
        if self._latest > 1 and base:  # 0: as many as there are
            room = max(-(-(self._wanted_jobs(base) - self._due_jobs) // self._latest), 0)
            wanted -= base - min(max(self._due + room + len(state.reserved_requests), 1), base)
        slack = CHUNK if self._latest == 1 else 0
        before = qos.value
        if wanted > self._granted:
            qos.increment_eventually(wanted - self._granted)
        elif wanted < self._granted - slack:
            qos.decrement_eventually(self._granted - wanted)
        self._granted += qos.value - before  # less than that at a bound of Celery's
