"""Measures one web process as `make run` and docker/ start it, and its callers; with another build in turns."""

from __future__ import annotations

import os
import signal
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from django.contrib.auth.models import Permission, User
from django.db import connection

from jobs import tokens
from jobs.clock import clock, steady
from launcher.home import CHECKOUT, free_port
from launcher.interrupts import Interrupts
from launcher.process import send, spawn
from verification.benchmark import machine, preconditions
from verification.benchmark.creating.callers import FORMS, Caller
from verification.benchmark.creating.options import CLIENTS, Asked
from verification.benchmark.machine import Machine
from verification.benchmark.processes.cluster import FOLDER_PREFIX
from verification.benchmark.processes.start import RoundFailed, Tell
from verification.benchmark.score import percentile

OURS, THEIRS = "this build", "the other build"
READY_WITHIN, STOPPED_WITHIN, TICK = 60.0, 30.0, 0.1  # seconds
FORGET = "DELETE FROM jobs_job WHERE created_by_id = (SELECT id FROM auth_user WHERE username = %s)"
WARM_UP = 1.0  # seconds of requests that nobody counts


@dataclass(frozen=True)
class Created:
    """Figures of one run of one build: `requests` in `seconds`, `cpu_ms` of the web process for each, their times in
    ms; of each form the seconds of a bulk and its requests, None where the build does not take it."""

    build: str
    requests: int
    seconds: float
    cpu_ms: float
    p50: float
    p99: float
    bulks: dict[str, tuple[float, int] | None]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass
class Result:
    """Figures of all runs. `last_words`: the logs' ends, when something raised."""

    options: Asked
    machine: Machine
    logs: Path
    runs: list[Created] = field(default_factory=list)
    last_words: str = ""

    @property
    def builds(self) -> list[str]:
        return list(dict.fromkeys(run.build for run in self.runs))

    @property
    def passed(self) -> bool:
        return all(run.bulks["JSON"] for run in self.runs)

    def median(self, build: str, what: str) -> float:
        """Return the median of all runs of this build."""
        return float(statistics.median(getattr(run, what) for run in self.runs if run.build == build))

    def bulk(self, build: str, form: str) -> tuple[float, int] | None:
        """Return the median of the seconds of a bulk, and its requests; None where the build does not take it."""
        found = [run.bulks[form] for run in self.runs if run.build == build]
        taken = [one for one in found if one is not None]
        return (statistics.median(seconds for seconds, _ in taken), taken[0][1]) if taken else None

    def as_json(self) -> dict[str, Any]:
        return {
            "options": {**asdict(self.options), "json": str(self.options.json), "against": str(self.options.against)},
            "machine": asdict(self.machine),
            "runs": [{**asdict(run), "per_second": run.per_second} for run in self.runs],
        }


class Creating:
    """Benchmark of creation."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options = options
        self._name = f"benchmark-{run}"
        self._interrupts = interrupts
        self._folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))

    @property
    def headline(self) -> str:
        o = self.options
        return (
            f"Creation by REST: {CLIENTS} clients for {o.duration:g} s, then {o.jobs:,} at once; logs in {self._folder}"
        )

    def carry_out(self, tell: Tell) -> Result:
        """Create by both builds in turns, and return the figures. Leaves nothing. Raises RoundFailed."""
        result = Result(self.options, machine.describe(), self._folder)
        clock.measure()
        preconditions.require_alone(clock.now())
        builds = {OURS: CHECKOUT} | ({THEIRS: self.options.against} if self.options.against else {})
        token = self._make_user()
        try:
            for number in range(self.options.runs):
                for build, checkout in builds.items():
                    tell(build, number, self.options.runs)
                    result.runs.append(self._run(build, checkout, token))
        finally:
            self._remove()
        return result

    def _run(self, build: str, checkout: Path, token: str) -> Created:
        caller = Caller(free_port(), token)
        command = [sys.executable, "-m", "project.web", "--bind", f"127.0.0.1:{caller.port}"]
        with (self._folder / f"{build.replace(' ', '-')}.log").open("ab") as log:
            web = spawn(command, log=log, cwd=checkout, environment=os.environ)
        try:
            self._wait(caller)
            caller.singles(CLIENTS, WARM_UP)
            cpu, began = _cpu(web.pid), steady()
            took = sorted(caller.singles(CLIENTS, self.options.duration))
            seconds, cpu = steady() - began, _cpu(web.pid) - cpu
            bulks = {form: caller.bulk(form, self.options.jobs) for form in FORMS}
        finally:
            send(web, signal.SIGTERM)
            web.wait(STOPPED_WITHIN)
            self._forget_jobs()
        milliseconds = [1000 * one for one in took]
        return Created(
            build,
            len(took),
            seconds,
            1000 * cpu / max(len(took), 1),
            percentile(milliseconds, 50),
            percentile(milliseconds, 99),
            bulks,
        )

    def _wait(self, caller: Caller) -> None:
        until = steady() + READY_WITHIN
        while not caller.answers():
            if steady() > until:
                raise RoundFailed(f"The web process did not answer; its log is in {self._folder}.")
            self._interrupts.wait(TICK)

    def _make_user(self) -> str:
        user = User.objects.create(username=self._name)
        wanted = Permission.objects.filter(content_type__app_label="jobs", codename__in=["add_job", "view_job"])
        user.user_permissions.set(wanted)
        return tokens.make(user, tokens.Asked(), by=None, now=clock.current()).secret

    def _forget_jobs(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [self._name])
            cursor.execute("VACUUM jobs_job")

    def _remove(self) -> None:
        self._forget_jobs()
        User.objects.filter(username=self._name).delete()


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that the process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
