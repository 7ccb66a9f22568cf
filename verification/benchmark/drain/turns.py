"""The whole comparison: each system drains its backlog, one after the other, and again, as often as was asked."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from kombu import Connection

from launcher.home import CHECKOUT
from launcher.interrupts import Interrupts, StopRequested
from verification.benchmark import machine
from verification.benchmark.drain.options import Asked
from verification.benchmark.drain.peer import DrainedPeer
from verification.benchmark.drain.result import Result
from verification.benchmark.drain.runat import RunAt
from verification.benchmark.drain.system import Surroundings, System
from verification.benchmark.peers import services
from verification.benchmark.peers.environment import Unavailable
from verification.benchmark.peers.peer import BY_NAME, OURS
from verification.benchmark.processes.start import RoundFailed, Tell

FOLDER_PREFIX = "runat-drain-"
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
KINDS = {"valkey": "redis", "rabbitmq": "amqp"}
BROKER_TIMEOUT = 5  # seconds


class Turns:
    """Drains in turns. What cannot be measured says so in its line, and the next one follows."""

    def __init__(self, asked: Asked, run: str, interrupts: Interrupts) -> None:
        self.asked, self.run = asked, run
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._interrupts = interrupts

    @property
    def headline(self) -> str:
        a = self.asked
        workers = " and ".join(map(str, a.instances))
        return (
            f"Drain {self.run}: {a.jobs:,} jobs each of {', '.join(a.names)}, {a.runs} times, RunAt with {workers} "
            f"workers; logs in {self.folder}"
        )

    def carry_out(self, tell: Tell) -> Result:
        where, stolen = machine.describe(), machine.stolen()
        systems = list(self._systems(Surroundings(self.run, self._interrupts, tell)))
        result = Result(self.asked, where, self.folder, systems)
        try:
            for system in systems:
                self._tried(system, system.prepare)
            for number in range(1, self.asked.runs + 1):
                for system in systems:
                    if not system.missing:
                        self._tried(system, lambda: system.drains.append(system.drain(self.asked.jobs, number)))  # noqa: B023 - called at once
        finally:
            self._interrupts.raising = False
            for system in systems:
                system.remove()
        result.stolen = machine.stolen() - stolen
        return result

    def _tried(self, system: System, work: Callable[[], object]) -> None:
        """Carry it out, or say in the system's line why it cannot be."""
        if self._interrupts.count:  # a stop that was asked for while processes were being stopped
            raise StopRequested(signal.SIGTERM)
        self._interrupts.raising = True
        if system.missing:
            return
        try:
            work()
        except (Unavailable, RoundFailed) as failed:
            system.missing = str(failed)

    def _systems(self, around: Surroundings) -> Iterator[System]:
        brokers = [(name, url_of(name)) for name in self.asked.brokers]
        for name in self.asked.names:
            if name != OURS:
                yield from self._peers(name, brokers, around)
                continue
            for broker, url in brokers:
                yield from (self._checked(system, url) for system in self._runats(broker, url, around))

    def _runats(self, broker: str, url: str, around: Surroundings) -> Iterator[RunAt]:
        checkouts = {"": CHECKOUT, **({"against": self.asked.against} if self.asked.against else {})}
        for word, checkout in checkouts.items():
            for instances in self.asked.instances:
                name = "_".join(filter(None, (OURS, word, broker, str(instances) if self._many else "")))
                yield RunAt(
                    name=name,
                    title=" ".join(
                        filter(None, ("RunAt", word and f"({checkout.name})", f"x {instances}" if self._many else ""))
                    ),
                    settings=f"{instances} workers on threads, {self.asked.slots} slots each, one beat; {checkout}",
                    broker=broker,
                    versions=[f"{package}=={version(package)}" for package in ("celery", "kombu", "django", "psycopg")],
                    checkout=checkout,
                    broker_url=url,
                    instances=instances,
                    slots=self.asked.slots,
                    folder=self.folder / name,
                    around=around,
                )

    @property
    def _many(self) -> bool:
        return len(self.asked.instances) > 1

    def _peers(self, name: str, brokers: list[tuple[str, str]], around: Surroundings) -> Iterator[System]:
        peer = BY_NAME[name]
        usable = [(broker, url) for broker, url in brokers if KINDS[broker] in peer.broker] or [("", "")]
        if peer.broker and usable == [("", "")]:
            return
        for broker, url in usable:
            folder = self.folder / "_".join(filter(None, (name, broker)))
            yield self._checked(DrainedPeer.of(peer, folder, url, around, broker), url)

    @staticmethod
    def _checked(system: System, url: str) -> System:
        if system.broker and not url:
            system.missing = f"there is no {system.broker} here"
        return system


def url_of(broker: str) -> str:
    """The address of a broker that is there; "" if it is not."""
    own = settings.CELERY_BROKER_URL
    kind = KINDS[broker]
    url = own if services.kind_of(own) == kind else os.environ.get("TEST_RABBITMQ_URL", RABBITMQ) * (kind == "amqp")
    if not url:
        return ""
    try:
        with Connection(url, connect_timeout=BROKER_TIMEOUT) as connection:
            connection.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT)
    except Exception:  # noqa: BLE001 - each transport raises its own
        return ""
    return str(url)
