"""The benchmark of people who look: fills the tables, and has viewers ask the web process as `make run` starts it; with
another build in turns."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from jobs.clock import clock, steady
from launcher.home import CHECKOUT, free_port
from launcher.interrupts import Interrupts
from launcher.process import send, spawn
from verification.benchmark import machine, preconditions
from verification.benchmark.look import busy
from verification.benchmark.look.options import Asked
from verification.benchmark.look.viewers import Seen, Viewer, look_all
from verification.benchmark.machine import Machine
from verification.benchmark.processes.cluster import FOLDER_PREFIX
from verification.benchmark.processes.start import RoundFailed, Tell
from verification.benchmark.score import percentile
from verification.benchmark.years import fill

OURS, THEIRS = "this build", "the other build"
GOAL = 100.0  # ms: 95 of 100 answers
PER_DAY = 300_000  # jobs that have ended
WARM_UP = 6.0  # seconds, in which what a process does once is done
TICK, READY_WITHIN, STOPPED_WITHIN = 0.5, 60.0, 30.0  # seconds
PERCENTILES = (50, 95, 99, 100)


@dataclass(frozen=True)
class Looked:
    """Figures of one build. `took`: answers and their percentiles in ms, by what was asked; `cpu_ms` of the web process
    for each answer."""

    build: str
    took: dict[str, tuple[int, dict[int, float], int]]
    cpu_ms: float
    wrong: list[str]

    @property
    def p95(self) -> float:
        """Return the 95th percentile of all answers together."""
        return self.took["all"][1][95]


@dataclass
class Result:
    """Figures of all builds. `last_words`: the logs' ends, when something raised."""

    options: Asked
    machine: Machine
    runs: list[Looked] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)
    stolen: float = 0.0
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return all(run.p95 <= GOAL and not run.wrong for run in self.runs if run.build == OURS)

    def as_json(self) -> dict[str, Any]:
        """Milliseconds."""
        options = {**asdict(self.options), "json": str(self.options.json), "against": str(self.options.against)}
        return {
            "options": options,
            "machine": {**asdict(self.machine), "stolen_seconds": self.stolen},
            "bytes": self.bytes,
            "runs": [asdict(run) for run in self.runs],
        }


class Looking:
    """Benchmark of people who look."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options = options
        self._name = f"benchmark-{run}"
        self._interrupts = interrupts
        interrupts.raising = True
        self._folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))

    @property
    def headline(self) -> str:
        o = self.options
        return f"Looking: {o.viewers} viewers of the overview of {o.rows:,} jobs for {o.duration:g} s"

    def carry_out(self, tell: Tell) -> Result:
        """Leaves nothing. Raises RoundFailed, and NotAlone."""
        result = Result(self.options, machine.describe())
        clock.measure()
        now = clock.now()
        preconditions.require_alone(now)
        years = fill.Years(now, per_day=PER_DAY)
        years.require_empty()
        stolen = machine.stolen()
        builds = {OURS: CHECKOUT} | ({THEIRS: self.options.against} if self.options.against else {})
        try:
            session = self._log_in()
            years.grow(self.options.rows // 2, tell)
            tell("figures of the past", 0, 1)
            busy.fill(clock.now())
            result.bytes = fill.sizes()
            for build, checkout in builds.items():
                result.runs.append(self._run(build, checkout, session, tell))
        finally:
            User.objects.filter(username=self._name).delete()
            years.remove()
            busy.remove()
            connection.close()
        result.stolen = machine.stolen() - stolen
        return result

    def _log_in(self) -> str:
        browser = Client()
        browser.force_login(User.objects.create_superuser(self._name))
        return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"

    def _run(self, build: str, checkout: Path, session: str, tell: Tell) -> Looked:
        port = free_port()
        command = [sys.executable, "-m", "project.web", "--bind", f"127.0.0.1:{port}"]
        with (self._folder / f"{build.replace(' ', '-')}.log").open("ab") as log:
            web = spawn(command, log=log, cwd=checkout, environment=os.environ)
        try:
            self._wait(web, port)
            self._look(port, session, WARM_UP, lambda passed: tell("warming up", passed, WARM_UP))
            cpu = _cpu(web.pid)
            duration = self.options.duration
            seen = self._look(port, session, duration, lambda passed: tell(build, passed, duration))
            cpu = _cpu(web.pid) - cpu
        finally:
            send(web, signal.SIGTERM)
            web.wait(STOPPED_WITHIN)
        every = [one for took in seen.took.values() for one in took]
        if not every:
            raise RoundFailed(f"No answer was one: {seen.wrong[:3]}; the log is in {self._folder}.")
        figures = {name: _of(took, seen.sizes[name]) for name, took in sorted(seen.took.items())}
        whole = figures | {"all": _of(every, max(seen.sizes.values()))}
        return Looked(build, whole, 1000 * cpu / len(every), seen.wrong[:10])

    def _look(self, port: int, session: str, seconds: float, show: Any) -> Seen:
        """Have all look, while jobs end."""
        stop, began, seen = threading.Event(), steady(), Seen()
        viewers = [Viewer(port, reverse("monitor-live"), session, seen) for _ in range(self.options.viewers)]
        thread = threading.Thread(target=look_all, args=(viewers, seconds, stop), daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                busy.end_one()
                show(steady() - began)
                self._interrupts.wait(TICK)
        finally:
            stop.set()
            thread.join()
        return seen

    def _wait(self, web: Any, port: int) -> None:
        until = steady() + READY_WITHIN
        while not _listens(web.pid, port):
            if steady() > until or web.poll() is not None:
                raise RoundFailed(f"The web process did not get ready; its log is in {self._folder}.")
            self._interrupts.wait(0.1)


def _listens(pid: int, port: int) -> bool:
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port for one in sockets)


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that the process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _of(took: list[float], size: int) -> tuple[int, dict[int, float], int]:
    ordered = sorted(took)
    return len(ordered), {percent: percentile(ordered, percent) for percent in PERCENTILES}, size
