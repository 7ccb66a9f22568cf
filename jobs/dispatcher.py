"""What goes out: one Celery task per job, with `eta = run_at`. The message is a hint; the row is the truth."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery import current_app
from django.db import transaction

from jobs.conf import conf
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.windows import window_at

if TYPE_CHECKING:
    from kombu import Connection, Producer

log = logging.getLogger(__name__)

RUN_JOB = "jobs.run"  # the name of the one Celery task that runs jobs

PUBLISH_TIMEOUT = 2.0  # seconds for a broker to take one message
AVOID_FOR = 5.0  # seconds in which a process whose broker failed does not try it again for a late job

# Two processes disagree about the window by as much as their clocks do; within this margin both publish.
CLOCK_MARGIN = timedelta(milliseconds=250)


def horizon(now: datetime) -> datetime:
    """Whatever is due before this has been listed already: its message goes out at commit."""
    c = conf()
    return window_at(now + CLOCK_MARGIN, c.min_prepare_time, c.look_ahead).horizon


def send(listed: Listed, producer: Producer) -> None:
    """Publish one job: its id and version, and when it is due. Raises what the broker raises."""
    current_app.send_task(
        RUN_JOB,
        args=(listed.id, listed.version),
        eta=listed.run_at,
        queue=listed.queue,
        # Readable in Celery's own tools, and different for each delivery.
        task_id=f"job-{listed.id}-v{listed.version}-{listed.deliveries}",
        producer=producer,
        retry=False,
        ignore_result=True,
        add_to_parent=False,
        timeout=PUBLISH_TIMEOUT,
        confirm_timeout=PUBLISH_TIMEOUT,
    )


class LateLane:
    """Jobs due inside a window that is already listed are published by whoever commits them.

    A broker that hangs costs one caller its timeout; those of the next seconds leave their jobs to the list query.
    """

    def __init__(self) -> None:
        self._avoid_until = 0.0  # on the monotonic clock

    def at_commit(self, late: Sequence[Listed]) -> None:
        """Publish once the current transaction has committed; nothing if it is rolled back."""
        if late:
            transaction.on_commit(lambda: self._publish(late), robust=True)

    def _publish(self, late: Sequence[Listed]) -> None:
        left = list(late)
        try:
            if time.monotonic() >= self._avoid_until:
                self._send(left)
        except Exception as error:  # noqa: BLE001 - whatever the broker says, the jobs are accepted
            self._avoid_until = time.monotonic() + AVOID_FOR
            log.warning("%d jobs could not be published now (%s); the next window lists them", len(left), error)
        if left:
            Job.objects.unmark([listed.id for listed in left])

    def _send(self, left: list[Listed]) -> None:
        """Publish them one by one, each leaving the list when the broker has it."""
        with current_app.producer_or_acquire() as producer:
            try:
                while left:
                    send(left[0], producer)
                    left.pop(0)
            except Exception:
                producer.connection.collect()  # or the pool hands the broken connection to the next caller
                raise


late_lane = LateLane()


class Dispatcher:
    """The leader's side: lists a window and publishes what it found, however long the broker is away."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._waiting: deque[Listed] = deque()
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def list(self, *, now: datetime, horizon: datetime, unpublished_since: datetime | None = None) -> int:
        """Run the window's list query and return how many jobs it found. They wait until `publish`."""
        found = Job.objects.list_and_mark(
            now=now,
            horizon=horizon,
            window=conf().min_prepare_time,
            client=self.client,
            unpublished_since=unpublished_since,
        )
        self.wait(found)
        return len(found)

    def wait(self, listed: Iterable[Listed]) -> None:
        self._waiting.extend(listed)

    @property
    def waiting(self) -> int:
        """Listed jobs whose message has not gone out yet."""
        return len(self._waiting)

    def publish(self, limit: int) -> int:
        """Publish up to `limit` waiting jobs, soonest first, and return how many went out.

        Never raises: what the broker refuses stays in the queue for the next call.
        """
        sent = 0
        try:
            producer = self._connected()
            while self._waiting and sent < limit:
                send(self._waiting[0], producer)
                self._waiting.popleft()
                sent += 1
        except Exception as error:  # noqa: BLE001 - a broker may fail in any way, the scheduler goes on
            log.warning("the broker took %d jobs, then failed (%s); %d wait", sent, error, self.waiting)
            self.disconnect()
        return sent

    def forget(self) -> None:
        """Drop what waits: another leader has listed it."""
        self._waiting.clear()

    def disconnect(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:  # noqa: BLE001 - it is being thrown away
                log.debug("closing the broker connection: %s", error)

    def _connected(self) -> Producer:
        if self._producer is None:
            self._connection = current_app.connection_for_write()
            self._connection.ensure_connection(max_retries=1, timeout=2)
            self._producer = current_app.amqp.Producer(self._connection)
        return self._producer
