"""Keeps the processes of one machine alive, shows what they say, and ends them in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from launcher.home import Home
from launcher.interrupts import Interrupts
from launcher.process import Farewell, send
from launcher.record import write_children
from launcher.screen import LogFollower, Screen

TICK_S = 0.2
BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
STEADY_AFTER_S = 60.0  # alive that long, a process has earned the short back-off again

Child = subprocess.Popen[bytes]


@dataclass
class Member:
    """Supervised process. `stage`: members of the lowest are stopped first, those of one stage together."""

    name: str
    spawn: Callable[[], Child]
    farewell: Farewell
    stage: int
    process: Child
    follower: LogFollower
    started: float
    failures: int = 0
    due: float | None = None  # when to start it again; None: it lives

    def is_alive(self) -> bool:
        """Return whether the process runs at present."""
        return self.process.poll() is None


class Supervisor:
    """The members of one home. All of its methods belong to the main thread (see `process.tied`)."""

    def __init__(self, home: Home, screen: Screen, interrupts: Interrupts) -> None:
        self._home = home
        self._screen = screen
        self._interrupts = interrupts
        self._members: list[Member] = []

    def add(self, name: str, spawn: Callable[[], Child], farewell: Farewell, *, stage: int) -> None:
        """Start a process and look after it from now on."""
        follower = LogFollower(self._home.log_path(name))
        self._adopt(Member(name, spawn, farewell, stage, spawn(), follower, time.monotonic()))

    def adopt(self, name: str, process: Child, spawn: Callable[[], Child], farewell: Farewell, *, stage: int) -> None:
        """Look after a process that was started already."""
        follower = LogFollower(self._home.log_path(name))
        self._adopt(Member(name, spawn, farewell, stage, process, follower, time.monotonic()))

    def _adopt(self, member: Member) -> None:
        self._members.append(member)
        self._remember()

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the members until a stop signal arrives, or `until` says so."""
        while not self._interrupts.count and not until():
            for member in self._members:
                self._revive(member)
            self._show_logs()
            self._interrupts.wait(TICK_S)
        self._show_logs()  # what `until` has seen is on the screen before what follows it

    def _revive(self, member: Member) -> None:
        now = time.monotonic()
        if member.due is not None:
            if now >= member.due:
                member.due, member.started = None, now
                member.process = member.spawn()
                self._remember()
                self._screen.say(f"{member.name} started again (process {member.process.pid})", "bold yellow")
        elif not member.is_alive():
            self._show_logs()  # its last words come before our comment
            steady = now - member.started >= STEADY_AFTER_S
            member.failures = 1 if steady else member.failures + 1
            delay = BACK_OFF_S[min(member.failures, len(BACK_OFF_S)) - 1]
            member.due = now + delay
            how = describe(member.process.returncode)
            self._screen.say(f"{member.name} ended ({how}); starting it again in {delay:.0f} s", "bold red")

    def stop(self) -> None:
        """End all, stage by stage. Each further stop signal moves those being waited for to their next, harder one."""
        for stage in sorted({member.stage for member in self._members}):
            self._stop_stage([member for member in self._members if member.stage == stage])
        self._show_logs()

    def _stop_stage(self, members: Sequence[Member]) -> None:
        presses = self._interrupts.count
        steps = {member.name: list(member.farewell) for member in members}
        deadlines = dict.fromkeys(steps, 0.0)
        while living := [member for member in members if member.is_alive()]:
            hurried, presses = self._interrupts.count > presses, self._interrupts.count
            for member in living:
                if (hurried or time.monotonic() >= deadlines[member.name]) and steps[member.name]:
                    number, grace_s = steps[member.name].pop(0)
                    if number == signal.SIGKILL:
                        self._screen.say(f"{member.name} does not end by itself: killed", "bold red")
                    send(member.process, number)
                    deadlines[member.name] = time.monotonic() + grace_s
            self._show_logs()
            self._interrupts.wait(TICK_S)

    def _show_logs(self) -> None:
        for member in self._members:
            self._screen.log(member.name, member.follower.new_lines())

    def _remember(self) -> None:
        write_children(self._home, {member.name: member.process.pid for member in self._members})


def describe(code: int) -> str:
    """Return in words how a process ended: its exit code, or the signal that killed it."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
