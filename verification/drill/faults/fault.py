"""Definition of a fault: a name, what it does and when, and how much later than promised it may make a job."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from jobs.models import Leadership
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.member import Member
from verification.drill.services import Services

CYCLE_S = 100.0  # in a long round the faults come again this often


@dataclass(frozen=True)
class Setting:
    """Data that the plan of a round depends on, beside its seed. Times are seconds."""

    duration: float
    window: float
    patience: float
    workers: tuple[str, ...]
    beats: tuple[str, ...] = ()
    own_database: bool = True

    def each(self, share: float) -> list[float]:
        """The moment at that share of each cycle."""
        cycles = max(1, round(self.duration / CYCLE_S))
        return [self.duration / cycles * (n + share) for n in range(cycles)]

    @property
    def too_long(self) -> float:
        """A process that is stopped for so long has been declared gone: its silence was seen in a new window."""
        return self.patience + self.window + 5  # it may be hit some seconds after it was armed


@dataclass(frozen=True, order=True)
class Injection:
    """Planned act, `at` seconds after the load begins; if it `lasts` (seconds), its fault ends it."""

    at: float
    fault: str
    lasts: float = 0.0
    member: str = ""  # which worker; empty: the fault chooses on the spot, as "who leads" must be
    detail: str = ""


@dataclass(frozen=True)
class Injected:
    """Act that has been done. Times are Unix seconds; `until` is the end of what lasts, else `at`."""

    fault: str
    act: str  # "kill", "stop", or a word for the verdict
    at: float
    until: float
    member: str = ""
    pid: int | None = None


@dataclass
class Stage:
    """Processes and servers that faults may touch, and the journal of what they have done."""

    cluster: Cluster
    services: Services
    run: str
    journal: list[Injected] = field(default_factory=list)
    later: dict[Injection, Callable[[], None]] = field(default_factory=dict)  # how to end what lasts

    @property
    def failpoints(self) -> Path:
        return self.services.failpoints

    def member(self, name: str) -> Member:
        return next(m for m in self.cluster.members if m.name == name)

    def leader(self) -> Member | None:
        """The member of ours that leads, if one does and runs."""
        holder = Leadership.current().holder
        alive = [m for m in self.cluster.members if m.process is not None and not m.frozen]
        return next((m for m in alive if m.process and holder.endswith(f":{m.process.pid}")), None)

    def note(self, injection: Injection, act: str, *, member: str = "", pid: int | None = None) -> None:
        at = time.time()
        self.journal.append(Injected(injection.fault, act, at, at + injection.lasts, member, pid))

    def kill(self, injection: Injection, member: Member) -> bool:
        """SIGKILL; False when there was nobody to kill."""
        pid = member.kill()
        if pid is not None:
            self.note(injection, "kill", member=member.name, pid=pid)
        return pid is not None

    def quit(self, injection: Injection, member: Member) -> bool:
        """SIGQUIT; False when there was nobody to tell."""
        pid = member.quit()
        if pid is not None:
            self.note(injection, "quit", member=member.name, pid=pid)
        return pid is not None

    def stop(self, injection: Injection, member: Member) -> bool:
        """SIGSTOP until the injection is over; False when there was nobody to stop."""
        if member.frozen:
            return False
        pid = member.freeze()
        if pid is not None:
            self.note(injection, "stop", member=member.name, pid=pid)
            self.later[injection] = member.thaw
        return pid is not None


class Fault:
    """Base of all faults, each a small class. `begin` may say that it has to be tried again in a moment."""

    name: ClassVar[str]
    what: ClassVar[str]
    needs_own_database: ClassVar[bool] = False
    takes_away: ClassVar[bool] = False  # the broker or the database, from everybody

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        """Yield all injections of a round that is given to this fault."""
        raise NotImplementedError

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        """Return a single injection, for a round of many faults."""
        return Injection(at, self.name, member=chance.choice(setting.workers))

    def begin(self, stage: Stage, injection: Injection) -> bool:
        """Inject the injection. False: not now, since who should be hit is not there."""
        raise NotImplementedError

    def tick(self, stage: Stage, injection: Injection) -> None:
        """Called again and again while it lasts."""

    def end(self, stage: Stage, injection: Injection) -> None:
        """Undo the injection; called once, when its time is over."""
        if injection in stage.later:
            stage.later.pop(injection)()

    def budget(self, injection: Injection) -> float:
        """Seconds beyond MaxDelayTime by which jobs may start late that are due around it."""
        return 0.0


class Lasting(Fault):
    """Fault that goes on for a while: for `share` of the round, at most `longest` seconds."""

    begins: ClassVar[float]  # at this share of the round
    share: ClassVar[float]
    longest: ClassVar[float]
    detail: ClassVar[str] = ""

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for at in setting.each(self.begins):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name, lasts=min(self.longest, setting.duration * self.share), detail=self.detail)
