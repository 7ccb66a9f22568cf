"""The real processes of a round: beats and workers as anybody would start them, tied to the life of this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from django.conf import settings

from jobs.benchmark import logs
from project.local.process import send, spawn

GRACE = 30.0  # seconds for a graceful stop
POLL_S = 0.05
FOLDER_PREFIX = "runat-benchmark-"
CELERY = (sys.executable, "-m", "celery", "-A", "project")


@dataclass(frozen=True)
class Turn:
    """One life of an instance in the HA round and the pause after it, in seconds."""

    life: float
    pause: float


@dataclass
class Member:
    """One place in the cluster, filled by one process after another. Times are on the monotonic clock."""

    name: str
    kind: str  # "worker" or "beat"
    command: list[str]
    log: Path
    turns: Iterator[Turn] | None = None  # None: it lives until the end
    process: subprocess.Popen[bytes] | None = None
    lives: int = 0
    problems: list[str] = field(default_factory=list)
    cpu_of_ended: float = 0.0  # seconds, of its former lives
    cpu_of_this: float = 0.0  # seconds, as last seen
    stop_at: float | None = None
    stopping_since: float | None = None
    start_at: float | None = None
    turn: Turn | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    revive_after: float | None = None  # seconds after an unasked end until it is started again; None: never
    excused: Callable[[int], bool] = lambda pid: False  # whether that process was killed on purpose, by others than us
    killed: bool = False
    frozen: bool = False
    log_read: int = 0  # bytes of its log that `Cluster.forget_problems` has put behind us

    @property
    def cpu(self) -> float:
        return self.cpu_of_ended + self.cpu_of_this

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = spawn(self.command, log=log, cwd=settings.BASE_DIR, environment=self.environment)
        self.lives += 1
        self.killed = self.frozen = False
        self.start_at = self.stopping_since = None
        self._next_turn()

    def cycle(self, turns: Iterator[Turn]) -> None:
        """From now on, stop and start again in turns."""
        self.turns = turns
        self._next_turn()

    def stay(self) -> None:
        """No more stops; a pause is cut short."""
        self.turns = self.stop_at = None
        if self.start_at is not None:
            self.start()

    def tick(self) -> None:
        """Do what is due: notice an end, ask for one, insist on it, start again."""
        now = time.monotonic()
        if self.process is None:
            if self.start_at is not None and now >= self.start_at:
                self.start()
            return
        self._measure(self.process)
        if self.process.poll() is not None:
            self._ended(self.process.returncode, now)
        elif self.stopping_since is not None and now > self.stopping_since + GRACE:
            self.problems.append(f"{self.name} did not stop within {GRACE:g} s and was killed")
            send(self.process, signal.SIGKILL)
            self.stopping_since = now
        elif self.stop_at is not None and now >= self.stop_at and self.stopping_since is None:
            self.stopping_since = now
            send(self.process, signal.SIGTERM)

    def kill(self) -> int | None:
        """SIGKILL it, and hold that against nobody. Returns the process id, None when there is none."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.killed = True
        send(self.process, signal.SIGKILL)
        return self.process.pid

    def freeze(self) -> int | None:
        """SIGSTOP it. Returns the process id, None when there is none to stop."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.frozen = True
        send(self.process, signal.SIGSTOP)
        return self.process.pid

    def thaw(self) -> None:
        """SIGCONT it, whoever has stopped it."""
        self.frozen = False
        if self.process is not None:
            send(self.process, signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """Stop it for good, gracefully; `tick` sees to the rest."""
        self.turns = self.turn = self.stop_at = self.start_at = self.revive_after = None
        self.thaw()
        if self.process is not None and self.stopping_since is None:
            self.stopping_since = time.monotonic()
            send(self.process, signal.SIGTERM)

    def _next_turn(self) -> None:
        self.turn = next(self.turns) if self.turns is not None else None
        self.stop_at = time.monotonic() + self.turn.life if self.turn is not None else None

    def _measure(self, process: subprocess.Popen[bytes]) -> None:
        try:  # a process that has ended still tells its times, until poll() buries it
            times = psutil.Process(process.pid).cpu_times()
            self.cpu_of_this = times.user + times.system
        except psutil.Error:
            pass

    def _ended(self, code: int, now: float) -> None:
        excused = self.killed or (self.process is not None and self.excused(self.process.pid))
        if excused:
            pass
        elif self.stopping_since is None:
            self.problems.append(f"{self.name} ended by itself with exit code {code}")
        elif code:
            self.problems.append(f"{self.name} stopped with exit code {code}")
        self.cpu_of_ended, self.cpu_of_this, self.process = self.cpu, 0.0, None
        pause = self.turn.pause if self.turn is not None else self.revive_after
        self.start_at = now + pause if pause is not None else None


class Cluster:
    """All of them. Its methods belong to the main thread, which the processes are tied to."""

    def __init__(
        self,
        *,
        instances: int,
        slots: int,
        beats: int,
        word: str = "bench",
        queue: str = "",
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`word`: what the workers' names begin with; `queue`: the only one they take from, if not the default."""
        self.folder = folder or Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._environment = os.environ if environment is None else environment
        beat = [*CELERY, "beat"]
        worker = [*CELERY, "worker", "-P", "threads", "-c", str(slots), *(["-Q", queue] if queue else []), "-n"]
        self.members = [self._member(f"beat{n}", "beat", beat) for n in range(1, beats + 1)]
        self.members += [
            self._member(f"{word}{n}", "worker", [*worker, f"{word}{n}@%h"]) for n in range(1, instances + 1)
        ]

    def _member(self, name: str, kind: str, command: list[str]) -> Member:
        return Member(name, kind, command, self.folder / f"{name}.log", environment=self._environment)

    def start(self) -> None:
        for member in self.members:
            member.start()

    def pids(self, kind: str) -> set[int]:
        """Those of the processes of a kind that run at present."""
        return {m.process.pid for m in self.members if m.kind == kind and m.process is not None}

    def cycle_workers(self, turns: Callable[[str], Iterator[Turn]]) -> None:
        """Let each worker live and pause by its own turns, given its name."""
        for member in self.members:
            if member.kind == "worker":
                member.cycle(turns(member.name))

    def stay(self) -> None:
        for member in self.members:
            member.stay()

    def tick(self) -> None:
        for member in self.members:
            member.tick()

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by kind of process."""
        spent: dict[str, float] = {}
        for member in self.members:
            spent[member.kind] = spent.get(member.kind, 0.0) + member.cpu
        return spent

    @property
    def restarts(self) -> int:
        return sum(max(member.lives - 1, 0) for member in self.members)

    def stop(self, hurried: Callable[[], bool]) -> None:
        """Stop all, gracefully while nobody is in a hurry."""
        for member in self.members:
            member.ask_to_stop()
        while living := [m for m in self.members if m.process is not None]:
            for member in living:
                if hurried() and member.process is not None:
                    send(member.process, signal.SIGKILL)
                member.tick()
            time.sleep(POLL_S)

    def problems(self) -> list[str]:
        """What raised, ended by itself, or did not end well, a sentence each."""
        return [*self.bad_ends(), *self.raised()]

    def bad_ends(self) -> list[str]:
        return [line for member in self.members for line in member.problems]

    def raised(self) -> list[str]:
        return [line for member in self.members for line in logs.trouble(member.log, start=member.log_read)]

    def forget_problems(self) -> None:
        """Begin a new chapter: what was said and what ended so far is not told again."""
        for member in self.members:
            member.problems.clear()
            member.log_read = logs.length(member.log)

    def last_words(self) -> str:
        """The end of each log that shows a problem."""
        troubled = [m for m in self.members if m.problems or logs.trouble(m.log)] or self.members
        return "\n\n".join(f"--- {m.log}\n{logs.last_words(m.log)}" for m in troubled)
