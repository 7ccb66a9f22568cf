"""Settles what vanished workers had started: visible and alerted, and run again only where that was declared."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs import transitions
from jobs.database import transaction
from jobs.events import emit
from jobs.events.scheduler import JobsRescued, WorkerGone
from jobs.models import Attempt, Worker

WORKERS_AT_A_TIME = 100
STARTS_AT_A_TIME = 200  # in one transaction: others wait for these rows, and for the limits that they leave


def rescue(*, now: datetime, patience: timedelta, watching_since: datetime) -> int:
    """Interrupt the open attempts of workers that are gone; return how many jobs lost their start.

    Gone is who said good-bye, or was silent for `patience` while we watched: after an outage of the database every
    heartbeat is old, and nobody may be declared gone for it.

    1. Look, with one statement, whether a worker has vanished or an attempt is orphaned: its session was declared gone
       before, or never registered, and it is older than `patience`. Return if not; no job was read.
    2. Lock the rows of the vanished workers that nobody else has, and mark them as gone, in a transaction of its own: a
       worker that wakes finds that out before it enters a body. If this process dies now, their attempts are orphaned.
    3. Interrupt the open attempts of these sessions, and the orphaned ones, some at a time: see `interrupt`. Rows that
       somebody has locked are left for the next time.
    4. Tell of the workers that vanished without a good-bye, and of the jobs.
    """
    silent_before = now - patience if now - watching_since >= patience else None
    if not _lost_sessions(silent_before):
        return 0
    reason = "The worker vanished after the start; whether the job had any effect is unknown"
    interrupted = 0
    with transaction.atomic():
        vanished = list(Worker.objects.vanished(silent_before).select_for_update(skip_locked=True)[:WORKERS_AT_A_TIME])
        sessions = [worker.session for worker in vanished]
        # Gone before the last of their starts is: who dies here leaves orphaned attempts, and those are found too.
        Worker.objects.filter(session__in=sessions).update(gone_at=now)
    if silent_before is not None:
        sessions += Attempt.objects.orphaned(Worker.objects.present(), silent_before).sessions()
    open_ones = list(Attempt.objects.open_of(sessions).order_by("pk").values_list("pk", flat=True))
    for begin in range(0, len(open_ones), STARTS_AT_A_TIME):
        among = open_ones[begin : begin + STARTS_AT_A_TIME]
        # Whoever holds a row may hold it for hours: those are left for the next time.
        interrupted += transitions.interrupt(sessions, now=now, reason=reason, wait=False, among=among)
    for worker in vanished:
        if worker.stopped_at is None:
            emit(WorkerGone(worker.name, worker.heartbeat_at))
    if interrupted:
        emit(JobsRescued(interrupted))
    return interrupted


def _lost_sessions(silent_before: datetime | None) -> bool:
    """Return whether there is anything to rescue: one statement a window, however many workers and jobs there are."""
    vanished = Worker.objects.vanished(silent_before).values("session")
    if silent_before is None:
        return vanished.exists()
    orphaned = Attempt.objects.orphaned(Worker.objects.present(), silent_before).values("session")
    return vanished.order_by().union(orphaned.order_by(), all=True).exists()
