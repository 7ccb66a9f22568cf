"""The benchmark of an upgrade: a database as the release before has it, traffic, and `manage.py migrate` beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import IO, Any, cast

import psycopg

from jobs.clock import steady
from launcher.home import CHECKOUT
from launcher.interrupts import Interrupts
from verification.benchmark import machine
from verification.benchmark.machine import Machine
from verification.benchmark.peers.services import address, create_database, drop_database
from verification.benchmark.processes.start import RoundFailed, Tell
from verification.benchmark.upgrade import before
from verification.benchmark.upgrade.options import Asked
from verification.benchmark.upgrade.traffic import REPORT_EVERY, Session, Wait, reports

GOAL = 1.0  # seconds that anybody may wait
QUIET = 3.0  # seconds of traffic alone, before and after
TRIES = 20  # of the whole migration: behind a long transaction it gives up, and is to be run again
THE_OTHERS = """
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

for app in MigrationLoader(None).migrated_apps - {"jobs"}:
    call_command("migrate", app, verbosity=0)
"""
LAST_WORDS = 2000  # characters of what a migration says when it fails
APPLYING = re.compile(r"Applying ([a-z_]+\.[0-9]{4})\w*\.\.\.")


@dataclass(frozen=True)
class Step:
    """A migration: its name, its seconds, and the longest wait of each kind of session meanwhile, in seconds."""

    name: str
    seconds: float
    waits: dict[str, float]


@dataclass
class Result:
    """Waits of readers and writers, by step. `longest` is of all of it, `before` without a migration; `gave_up`: how
    often it was run again. `last_words`: what went wrong."""

    options: Asked
    machine: Machine
    steps: list[Step] = field(default_factory=list)
    before: dict[str, float] = field(default_factory=dict)
    longest: dict[str, Wait] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    gave_up: int = 0
    last_words: str = ""

    @property
    def passed(self) -> bool:
        return not self.last_words and all(wait.seconds <= GOAL for wait in self.longest.values())

    def as_json(self) -> dict[str, Any]:
        """Seconds."""
        return {
            **asdict(self),
            "options": {**asdict(self.options), "json": str(self.options.json)},
            "passed": self.passed,
        }


class Upgrade:
    """Benchmark of an upgrade."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options = options
        self._database = f"runat_upgrade_{run}"
        self._interrupts = interrupts

    @property
    def headline(self) -> str:
        return f"Upgrade of {self.options.rows:,} jobs from the release before ({before.LAST}), with traffic"

    def carry_out(self, tell: Tell) -> Result:
        """Leaves nothing. Raises RoundFailed."""
        result = Result(self.options, machine.describe())
        create_database(self._database)
        try:
            self._interrupts.raising = True
            url = address(self._database)
            self._manage(url, "migrate", "jobs", before.LAST, "--verbosity", "0")
            self._manage(url, "shell", "--verbosity", "0", "--command", THE_OTHERS)
            with psycopg.connect(url, autocommit=True) as database:
                for there in before.fill(database, self.options.rows):
                    tell("filling", there, self.options.rows)
            self._migrate(url, result, tell)
        finally:
            self._interrupts.raising = False
            drop_database(self._database)
        return result

    def _migrate(self, url: str, result: Result, tell: Tell) -> None:
        sessions = [Session("reader", url, before.reading), Session("writer", url, before.writing)]
        reporting = Session("report", url, reports(self.options.report), REPORT_EVERY)
        begun: list[tuple[str, float]] = []
        with ExitStack() as stack:
            for session in [*sessions, *([reporting] if self.options.report else [])]:
                stack.enter_context(session)
            self._interrupts.wait(QUIET)
            began = steady()
            result.before = {one.name: wait.seconds for one in sessions if (wait := one.longest(until=began))}
            for number in range(TRIES):
                tell("migrating", number, TRIES)
                result.last_words = self._run_migrations(url, begun)
                if not result.last_words or "lock timeout" not in result.last_words:
                    break
                result.gave_up += 1
            ended = steady()
            self._interrupts.wait(QUIET)
        result.seconds = ended - began
        result.longest = {one.name: wait for one in sessions if (wait := one.longest(since=began))}
        result.errors = {f"{one.name}: {said}": times for one in sessions for said, times in one.errors.items()}
        for (name, since), (_, until) in zip(begun, [*begun[1:], ("", ended)], strict=True):
            waits = {one.name: wait.seconds for one in sessions if (wait := one.longest(since, until))}
            result.steps.append(Step(name, until - since, waits))

    def _run_migrations(self, url: str, begun: list[tuple[str, float]]) -> str:
        """Migrate to the newest, and note when each migration begins; return what was wrong, if anything."""
        process = self._started(url, "migrate", "jobs", "--verbosity", "1", "--no-color")
        said = ""
        while piece := cast("IO[str]", process.stdout).read(1):
            said += piece
            if said.endswith("...") and (found := APPLYING.search(said)):
                begun.append((found[1], steady()))
                said = ""
        return "" if process.wait() == 0 else said[-LAST_WORDS:]

    def _manage(self, url: str, *words: str) -> None:
        with self._started(url, *words) as process:
            said, _ = process.communicate()
        if process.returncode:
            raise RoundFailed(f"manage.py {words[0]} failed: {said[-LAST_WORDS:]}")

    def _started(self, url: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "manage.py", *words],
            cwd=CHECKOUT,
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
