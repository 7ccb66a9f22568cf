"""Faults of the broker: restarted, emptied, away, and delivering everything five times."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

from celery import current_app

from jobs import dispatcher
from jobs.clock import clock
from jobs.drill.faults.fault import Fault, Setting, Stage, Stroke
from jobs.models import Job
from jobs.models.querysets import Listed

log = logging.getLogger(__name__)

RESTART_S = 1.0
LONGEST_DOWN_S = 30.0
COPIES = 4  # with the one that was there: every message five times
NOBODY = 2**62  # no row has this number


class BrokerRestart(Fault):
    """Connections break, what it has kept comes back."""

    name = "broker-restart"
    what = "stop the broker and start it a second later"

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        for at in setting.each(0.42):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        return Stroke(at, self.name, lasts=RESTART_S)

    def begin(self, stage: Stage, stroke: Stroke) -> bool:
        stage.services.broker.down()
        stage.later[stroke] = stage.services.broker.up
        stage.note(stroke, "restart")
        return True


class BrokerDown(BrokerRestart):
    """Jobs are accepted meanwhile; they cannot start before it is back."""

    name = "broker-down"
    what = "no broker for 30 s (three tenths of a shorter round)"

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        for at in setting.each(0.6):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        return Stroke(at, self.name, lasts=min(LONGEST_DOWN_S, setting.duration * 0.3))

    def budget(self, stroke: Stroke) -> float:
        return stroke.lasts


class BrokerWipe(Fault):
    """All messages are gone, at once."""

    name = "broker-wipe"
    what = "FLUSHDB on Redis or Valkey, the queue deleted on RabbitMQ"

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        for at in setting.each(0.2):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        return Stroke(at, self.name)

    def begin(self, stage: Stage, stroke: Stroke) -> bool:
        try:
            stage.services.broker.wipe(stage.services.queue)
        except Exception as error:  # noqa: BLE001 - away for another fault's sake: it is wiped when it is back
            log.info("not wiped yet: %s", error)
            return False
        stage.note(stroke, "wipe")
        return True


class BrokerDuplicate(Fault):
    """The drill sends again what it sees in the table, and messages for rows that are not there."""

    name = "broker-duplicate"
    what = "every message five times, and some for jobs that do not exist"

    def __init__(self) -> None:
        self._sent: set[int] = set()

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        yield Stroke(0.0, self.name, lasts=setting.duration)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        return Stroke(at, self.name, lasts=setting.window)

    def begin(self, stage: Stage, stroke: Stroke) -> bool:
        self._sent.clear()
        stage.note(stroke, "duplicate")
        return True

    def tick(self, stage: Stage, stroke: Stroke) -> None:
        pending = Job.objects.of_benchmark(stage.run, 0, "drill").pending()
        jobs = [job for job in pending if job.enqueued_at and job.pk not in self._sent]
        if not jobs:
            return
        copies = [Listed(job.pk, job.version, job.run_at, job.queue, job.deliveries) for job in jobs]
        copies.append(Listed(NOBODY, 1, clock.now(), stage.services.queue, 1))
        try:
            with current_app.connection_for_write() as connection:
                connection.connect()  # no second try: while this waits, no other fault begins or ends
                producer = current_app.amqp.Producer(connection)
                for listed in copies:
                    for _ in range(COPIES):
                        dispatcher.send(listed, producer)
                    self._sent.add(listed.id)
        except Exception as error:  # noqa: BLE001 - the broker is away for another fault's sake
            log.debug("duplicates not sent yet: %s", error)
