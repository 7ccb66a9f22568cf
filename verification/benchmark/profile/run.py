"""Runs a steady load beside a web process that is scraped, and samples all of them while jobs are due."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.request import urlopen

from launcher.home import free_port
from launcher.interrupts import Interrupts
from verification.benchmark.processes.member import Member
from verification.benchmark.processes.start import Tell
from verification.benchmark.profile import rooms, spy
from verification.benchmark.steady.feeder import Feeder
from verification.benchmark.steady.flow import Flow
from verification.benchmark.steady.options import Steady
from verification.benchmark.steady.result import Result
from verification.benchmark.steady.samples import Samples

GOAL = 0.02  # of all samples
SCRAPED_EVERY = 15.0  # seconds, as docker/metrics/prometheus.yaml has it
ANSWERED_WITHIN = 30.0  # seconds


@dataclass
class Profile:
    """Samples by kind of process and by room, and the load that they are of."""

    load: Result
    samples: dict[str, Counter[str]]

    @property
    def all(self) -> Counter[str]:
        return sum(self.samples.values(), Counter())

    @property
    def share(self) -> float:
        """Share of events, metrics and roll-ups in all samples."""
        return share(self.all)

    @property
    def last_words(self) -> str:
        return self.load.last_words

    @property
    def passed(self) -> bool:
        return self.load.passed and self.share <= GOAL

    def as_json(self) -> dict[str, Any]:
        return {"load": self.load.as_json(), "samples": self.samples, "share": self.share}


def share(samples: Counter[str], *names: str) -> float:
    """Return which part of these samples is in those rooms, in all that look if none is named."""
    return sum(samples[room] for room in names or rooms.LOOKING) / max(samples.total(), 1)


class Profiling:
    """Benchmark of where the processor is."""

    def __init__(self, options: Steady, run: str, interrupts: Interrupts) -> None:
        self._flow = Sampled(options, run, interrupts)

    @property
    def headline(self) -> str:
        return f"Profile: {self._flow.headline}"

    def carry_out(self, tell: Tell) -> Profile:
        """Run the load, sampled. Raises RoundFailed."""
        members = self._flow.cluster.members
        self._flow.spy = spy.install(self._flow.cluster.folder)
        load = self._flow.carry_out(tell)
        samples: dict[str, Counter[str]] = {}
        for member in members:
            lines = self._flow.spy.file(member.name).read_text().splitlines()
            samples[member.kind] = samples.get(member.kind, Counter()) + rooms.counted(lines)
        return Profile(load, samples)


class Sampled(Flow):
    """A steady load with a web process beside; all are scraped, and sampled by `spy`."""

    spy: spy.Spy

    def __init__(self, options: Steady, run: str, interrupts: Interrupts) -> None:
        super().__init__(options, run, interrupts)
        ports = [free_port() for _ in self.cluster.members]
        for member, port in zip(self.cluster.members, ports, strict=True):
            member.environment = {**os.environ, "JOBS_METRICS_PORT": str(port)}
        of_web = free_port()
        web = [sys.executable, "-m", "project.web", "--bind", f"127.0.0.1:{of_web}"]
        allowed = {**os.environ, "JOBS_METRICS_ALLOW": "127.0.0.0/8"}
        member = Member("web", "web", web, self.cluster.folder / "web.log", environment=allowed)
        member.excused = lambda _: member.stopping_since is not None  # uvicorn ends by the signal that stops it
        self.cluster.members.append(member)
        self._scraped = [f"http://127.0.0.1:{port}/metrics" for port in (*ports, of_web)]

    def _watch(self, until: datetime, what: str, samples: Samples, wait: Tell, feeder: Feeder | None = None) -> None:
        if feeder is None:
            super()._watch(until, what, samples, wait)
            return
        stop = threading.Event()
        scraping = threading.Thread(target=self._scrape, args=(stop,), daemon=True)
        with self.spy.watching(self.cluster.members):
            scraping.start()
            try:
                super()._watch(until, what, samples, wait, feeder)
            finally:
                stop.set()
        scraping.join()

    def _scrape(self, stop: threading.Event) -> None:
        while not stop.is_set():
            for address in self._scraped:
                with suppress(OSError), urlopen(address, timeout=ANSWERED_WITHIN) as answer:  # noqa: S310 - ours
                    answer.read()
            stop.wait(SCRAPED_EVERY)
