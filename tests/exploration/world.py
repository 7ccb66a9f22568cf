"""The processes around the table, held still so that a test can move them one step at a time."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest.mock import MagicMock

import pytest
from celery import current_app

from jobs import events, failpoints, publishing
from jobs.breaker import Breaker
from jobs.clock import clock
from jobs.events.worker.process import HeartbeatFailed
from jobs.models.querysets import Listed
from jobs.models.querysets import workers as worker_queries
from jobs.models.querysets.workers import BEAT
from jobs.publishing import late
from jobs.publishing.bundles import Bundle
from jobs.scheduler import WindowScheduler, sweeper, window_scheduler
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.leader import Leader
from jobs.scheduler.sweeper import Service, Sweeper
from jobs.transitions import Started
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import Name
from jobs.worker.process import heartbeat
from jobs.worker.process.heartbeat import Heartbeat

BEGIN = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)


class Died(BaseException):
    """SIGKILL, at a failpoint."""


class Broker:
    """Keeps messages in any order; loses and repeats them when told to."""

    def __init__(self) -> None:
        self.messages: list[Listed] = []
        self.away = False

    def take(self, listed: Listed, producer: object = None) -> None:
        if self.away:
            raise OSError("the broker is away")
        self.messages.append(listed)

    def send(self, bundles: Sequence[Bundle]) -> None:
        """Take what a leader publishes."""
        for bundle in bundles:
            self.take_bundle(bundle)

    def take_bundle(self, bundle: Bundle, producer: object = None) -> None:
        for listed in bundle:
            self.take(listed)


class Maintenance(Sweeper):
    """The real services without a thread; what one of them raises ends the test."""

    def start(self) -> None:
        self.services = [service for service in self.services if service.name != "crowds"]

    def _run(self, service: Service, now: datetime) -> None:
        service.due = now.timestamp() + service.run(now)


class Beat(WindowScheduler):
    """The real turn of the real scheduler. The election is left out: whoever is told to leads, also beside another."""

    def __init__(self, name: str, broker: Broker) -> None:
        self.leader = Leader(name)
        self.dispatcher = Dispatcher(name)
        self.dispatcher._connected = lambda: broker
        self.dispatcher.disconnect = lambda: None
        self.leader.lead = self._elected
        self.leader.still = self._elected
        self._listed, self._resume = None, window_scheduler.Unlisted()
        self.lease = MagicMock()  # the lock that it keeps is left out
        self.sweeper = Maintenance(self.dispatcher, lambda: True)

    def _elected(self, now: datetime) -> bool:
        if not self.leader.leading:
            self.leader.epoch = self.leader._begin_epoch(now)
        return True

    def _tick_periodic(self) -> float:
        return 1.0


@dataclass
class Running:
    """One start on one worker."""

    started: Started
    begun: datetime  # when its row was taken
    entered_at: datetime | None = None


class LivingWorker:
    """A worker's heart and what is in its slots."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopped = False  # SIGSTOP
        self.running: list[Running] = []
        self.be_born()

    def be_born(self) -> None:
        self.heart = Heartbeat(self.name)
        self.heart._facts = {"pid": 1, "pool": "thread", "slots": 5, "queues": ["default"]}
        self.heart._beat()
        self.running.clear()
        self.stopped = False

    @property
    def session(self) -> uuid.UUID:
        return self.heart.identity.session

    def beat(self) -> None:
        if not self.stopped:
            self.heart._beat()


class World:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = BEGIN
        self.broker = Broker()
        self.uncommitted: list[Listed] = []
        self.freed: set[Name] = set()  # limits at which somebody is to look after the commit
        self.dies_at = ""
        self._patch = patch
        self._tell_the_database()
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "current", lambda: self.now)
        patch.setattr(clock, "timestamp", lambda: self.now.timestamp())  # noqa: PLW0108 - it moves
        patch.setattr(clock, "measure", lambda: 0.0)
        for module in (window_scheduler, sweeper):
            patch.setattr(module, "steady", lambda: self.now.timestamp())  # noqa: PLW0108 - it moves
        patch.setattr(sweeper, "WATCH_GAP", timedelta.max)  # here time passes in leaps
        patch.setattr(failpoints, "hit", self._hit)
        patch.setattr(window_scheduler, "close_old_connections", lambda: None)
        patch.setattr(late, "send_bundle", self.broker.take_bundle)
        # An example is one transaction that is undone: a commit is where the test says that it is.
        self.late_publisher = late.LatePublisher()
        patch.setattr(self.late_publisher, "_broker", Breaker(0.0))  # each failure stands for one of its own
        patch.setattr(self.late_publisher, "at_commit", self.uncommitted.extend)
        for module in (publishing, late):
            patch.setattr(module, "late_publisher", self.late_publisher)
        patch.setattr(promotion, "at_commit", self._free)
        patch.setattr(current_app, "producer_or_acquire", MagicMock)
        patch.setattr(events, "_subscribers", ())
        patch.setattr(heartbeat, "emit", self._hear)
        self.beats = [Beat("beat-0", self.broker), Beat("beat-1", self.broker)]
        self.workers = [LivingWorker("w0"), LivingWorker("w1")]

    def _free(self, names: Collection[Name], *, now: datetime) -> None:
        self.freed |= set(names)

    def _hit(self, name: str) -> None:
        if name == self.dies_at:
            raise Died

    def _hear(self, event: events.Event) -> None:
        """A heart that fails is no vanished worker: nothing that follows would mean anything."""
        if isinstance(event, HeartbeatFailed):
            raise event.error

    def _tell_the_database(self) -> None:
        """Its clock, which a heart asks it to write down."""
        self._patch.setattr(heartbeat, "DATABASE_CLOCK", self.now)
        told = BEAT.replace("clock_timestamp()", f"timestamptz '{self.now.isoformat()}'")
        assert told != BEAT
        self._patch.setattr(worker_queries, "BEAT", told)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._tell_the_database()
        for worker in self.workers:
            worker.beat()

    def commit(self, *, dies: bool) -> None:
        """What a process does after its COMMIT; nothing, if it dies."""
        freed, self.freed = self.freed, set()
        if freed and not dies:
            assert promotion.promote(freed, now=self.now, seconds=1.0) <= freed, "nobody else has their locks"
        late, self.uncommitted[:] = list(self.uncommitted), []
        if late and not dies:
            self.late_publisher._publish(late)

    def tick(self, number: int, dies_at: str = "") -> bool:
        """One turn of a beat. False when it died in it; another process has taken its place then."""
        self.dies_at = dies_at
        try:
            self.beats[number]._turn()
            self.beats[number].sweeper.sweep(self.now)
        except Died:
            self.beats[number] = Beat(f"beat-{number}", self.broker)
            self.commit(dies=True)
            return False
        finally:
            self.dies_at = ""
        self.commit(dies=False)
        return True
