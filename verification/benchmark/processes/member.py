"""Place among the real processes of a round: filled by one process after another."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from django.conf import settings

from launcher.process import send, spawn

GRACE = 30.0  # seconds for a graceful stop
STARTING = 10.0  # seconds in which a process may not yet have its handlers: SIGTERM just ends it, and nothing with it


@dataclass(frozen=True)
class Turn:
    """JobTimes of an instance in the HA round and the pause after it, in seconds."""

    life: float
    pause: float


@dataclass
class Member:
    """Place in the cluster, filled by one process after another. Times are on the monotonic clock."""

    name: str
    kind: str  # "worker" or "beat"
    command: list[str]
    log: Path
    turns: Iterator[Turn] | None = None  # None: it lives until the end
    process: subprocess.Popen[bytes] | None = None
    lives: int = 0
    born: float = 0.0
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
    checkout: Path | None = None  # whose code it runs; None: ours
    log_read: int = 0  # bytes of its log that `Cluster.forget_problems` has put behind us

    @property
    def cpu(self) -> float:
        return self.cpu_of_ended + self.cpu_of_this

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = spawn(
                self.command, log=log, cwd=self.checkout or settings.BASE_DIR, environment=self.environment
            )
        self.lives, self.born = self.lives + 1, time.monotonic()
        self.killed = self.frozen = False
        self.start_at = self.stopping_since = None
        self._next_turn()

    def cycle(self, turns: Iterator[Turn]) -> None:
        """Stop and start again in turns, from now on."""
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

    # These return the process id, None when there is no process to signal.

    def kill(self) -> int | None:
        """Send SIGKILL; that it ends by it is held against nobody."""
        pid = self._signal(signal.SIGKILL)
        self.killed = self.killed or pid is not None
        return pid

    def quit(self) -> int | None:
        """Send SIGQUIT. The exit code is held against nobody; that it ends, it must."""
        if self.stopping_since is not None:
            return None
        if (pid := self._signal(signal.SIGQUIT)) is not None:
            self.killed, self.stopping_since = True, time.monotonic()
        return pid

    def freeze(self) -> int | None:
        """Stop the process with SIGSTOP, until `thaw`."""
        pid = self._signal(signal.SIGSTOP)
        self.frozen = self.frozen or pid is not None
        return pid

    def _signal(self, number: signal.Signals) -> int | None:
        if self.process is None or self.process.poll() is not None:
            return None
        send(self.process, number)
        return self.process.pid

    def restart(self, environment: Mapping[str, str]) -> None:
        """Stop the process gracefully and start it at once in another environment."""
        self.environment, self.turn, self.stop_at = environment, Turn(life=0.0, pause=0.0), time.monotonic()

    def thaw(self) -> None:
        """Continue the process with SIGCONT, whoever has stopped it."""
        self.frozen = False
        if self.process is not None:
            send(self.process, signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """Stop the process for good, gracefully; `tick` sees to the rest."""
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
        unready = code == -signal.SIGTERM and self.stopping_since is not None and now - self.born < STARTING
        excused = self.killed or unready or (self.process is not None and self.excused(self.process.pid))
        if excused:
            pass
        elif self.stopping_since is None:
            self.problems.append(f"{self.name} ended by itself with exit code {code}")
        elif code:
            self.problems.append(f"{self.name} stopped with exit code {code}")
        self.cpu_of_ended, self.cpu_of_this, self.process = self.cpu, 0.0, None
        pause = self.turn.pause if self.turn is not None else self.revive_after
        self.start_at = now + pause if pause is not None else None
