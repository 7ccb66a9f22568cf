"""Jobs due inside a window that is already listed: whoever commits them publishes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError

from jobs.breaker import Breaker
from jobs.clock import clock
from jobs.conf import conf
from jobs.database import transaction
from jobs.events import emit
from jobs.events.publishing import JobsPublished, LateJobsNotPublished
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.publishing.bundles import Bundle, bundled, size_of
from jobs.publishing.messages import refuses_only_a_queue, send_bundle, send_each
from jobs.publishing.windows import window_at

AVOID_FOR = 5.0  # seconds in which a process whose broker failed does not try it again for a late job
SOON = timedelta(minutes=10)  # longer than any transaction that creates jobs should take
ABOUT = timedelta(seconds=1)  # around its time: a message more than needed does no harm
# Two processes disagree about the window by as much as their clocks do; within this margin both publish.
CLOCK_MARGIN = timedelta(milliseconds=250)


def horizon(now: datetime) -> datetime:
    """Return the moment before which all that is due has been listed already: its message goes out at commit."""
    c = conf()
    return window_at(now + CLOCK_MARGIN, c.min_prepare_time, c.look_ahead).horizon


class LatePublisher:
    """Jobs due inside a window that is already listed are published by whoever commits them.

    A broker that hangs costs one caller its timeout; those of the next seconds leave their jobs to the list query. A
    queue that the broker refuses, while it takes others, is left alone for itself.
    """

    def __init__(self) -> None:
        self._broker = Breaker(AVOID_FOR)
        self._queues: dict[str, Breaker] = {}  # by name, those that the broker has refused

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
        queues: dict[str, list[Bundle]] = {}
        for bundle in _divided(late):
            queues.setdefault(bundle[0].queue, []).append(bundle)
        for queue, left in queues.items():
            try:
                if not self._is_avoided(queue):
                    send_each(left, send_bundle)
            except Exception as error:  # noqa: BLE001 - whatever the broker says, the jobs are accepted
                self._avoid(queue, error)
                emit(LateJobsNotPublished(size_of(left), error))
        unsent = [listed.id for left in queues.values() for bundle in left for listed in bundle]
        if unsent:
            Job.objects.unmark(unsent)
        if len(unsent) < len(late):
            emit(JobsPublished(len(late) - len(unsent)))

    def _is_avoided(self, queue: str) -> bool:
        return self._broker.open or (queue in self._queues and self._queues[queue].open)

    def _avoid(self, queue: str, error: Exception) -> None:
        if not refuses_only_a_queue(error):
            self._broker.trip()
            return
        self._queues = {name: breaker for name, breaker in self._queues.items() if breaker.open}
        self._queues.setdefault(queue, Breaker(AVOID_FOR)).trip()


def _divided(late: Sequence[Listed]) -> Sequence[Bundle]:
    """Divide marked jobs among messages. Each has its own when the database does not say what the workers take: with a
    mark and no message a job would wait until it is overdue."""
    try:
        return bundled(late)
    except DatabaseError:
        return [(one,) for one in late]


late_publisher = LatePublisher()


def publish_at_commit(listed: Sequence[Listed], *, now: datetime) -> None:
    """Publish jobs that have just come to be due, and that nobody has marked: those inside the window that is listed
    already are marked, and published once the current transaction has committed; the list query finds the others."""
    until = horizon(now)
    late = [one for one in listed if one.run_at < until]
    if late:
        Job.objects.mark([one.id for one in late], now=now)
        late_publisher.at_commit(late)
    later = [one for one in listed if until <= one.run_at < until + SOON]
    late_publisher.overtaken_at_commit(later)
