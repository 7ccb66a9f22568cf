"""Faults of messages: sent again and again, and sent in the wrong order."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta

from celery import current_app

from jobs.clock import clock
from jobs.models import Job
from jobs.models.querysets import JobQuerySet, Listed
from jobs.publishing.bundles import Bundle, bundled
from jobs.publishing.messages import send_bundle
from verification.drill.faults.fault import Fault, Injection, Setting, Stage
from verification.rows import jobs_of

log = logging.getLogger(__name__)

COPIES = 4  # with the one that was there: every message five times
NOBODY = 2**62  # no row has this number
WINDOWS_AHEAD = 2


class BrokerDuplicate(Fault):
    """The drill sends again what it sees in the table, and messages for rows that are not there. Not while the broker
    is slow: five times the messages would only show how few of them it takes."""

    name = "broker-duplicate"
    what = "every message five times, and some for jobs that do not exist"

    def __init__(self) -> None:
        self._sent: set[int] = set()

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        yield Injection(0.0, self.name, lasts=setting.duration)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name, lasts=setting.window)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        self._sent.clear()
        stage.note(injection, "duplicate")
        return True

    def tick(self, stage: Stage, injection: Injection) -> None:
        if not stage.services.broker.open:
            return
        jobs = [job for job in _pending(stage) if job.enqueued_at and job.pk not in self._sent]
        if not jobs:
            return
        nobody = [Listed(NOBODY, 1, clock.now(), queue, 1) for queue in stage.services.queues]
        copies = [*nobody, *map(_listed, jobs)]
        if _sent(stage, (bundle for bundle in bundled(copies) for _ in range(COPIES))):
            self._sent |= {listed.id for listed in copies}


class BrokerReorder(Fault):
    """The drill is ahead of the leader, and begins at the end."""

    name = "broker-reorder"
    what = "the messages of all jobs due in the next two windows twice, the latest job's first, before their own"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for share in (0.0, 0.38):
            for at in setting.each(share):
                yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name, detail=f"{WINDOWS_AHEAD * setting.window}")

    def begin(self, stage: Stage, injection: Injection) -> bool:
        soon = clock.now() + timedelta(seconds=float(injection.detail))
        jobs = _pending(stage).filter(run_at__lt=soon)
        if not _sent(stage, bundled([*map(_listed, jobs)])[::-1] * 2):
            return False
        stage.note(injection, "reorder")
        return True


def _pending(stage: Stage) -> JobQuerySet:
    return jobs_of(stage.run, 0, "drill").pending().order_by("run_at", "id")


def _listed(job: Job) -> Listed:
    return Listed(job.pk, job.version, job.run_at, job.queue, job.deliveries)


def _sent(stage: Stage, messages: Iterable[Bundle]) -> bool:
    """Send the messages past the proxy. False when the broker is away for another fault's sake."""
    try:
        with current_app.connection_for_write(stage.services.broker.far) as connection:
            connection.connect()  # no second try: while this waits, no other fault begins or ends
            producer = current_app.amqp.Producer(connection)
            for bundle in messages:
                send_bundle(bundle, producer)
    except Exception as error:  # noqa: BLE001 - away for another fault's sake
        log.debug("not sent yet: %s", error)
        return False
    return True
