"""Faults of workers: stopped gracefully, killed, told to quit, and stopped for so long that they are declared gone."""

from __future__ import annotations

import random
from collections.abc import Iterator

from jobs import failpoints
from verification.benchmark.processes.member import Turn
from verification.benchmark.workload import BODY_SECONDS, BURST_EVERY
from verification.drill.faults.fault import Fault, Injected, Injection, Setting, Stage

BURST_S = BURST_EVERY.total_seconds()
IN_BODY = BODY_SECONDS / 2  # after the instant of a burst: five workers are in their bodies then
KILLS_EVERY_S = 6.0
QUITS_EVERY_S = 9.0
BEFORE_BURST_S = 0.1  # after the rows of a burst were acquired, before its bodies


def in_bursts(setting: Setting) -> list[float]:
    """Return the moments, in seconds of the round, when bodies of a burst are running."""
    return [n * BURST_S + IN_BODY for n in range(1, int(setting.duration / BURST_S) + 1)]


class WorkerTerm(Fault):
    """WORKLOAD's own: all workers, all the time."""

    name = "worker-term"
    what = "each worker lives 10 to 30 s, is stopped by SIGTERM, pauses 0 to 9 s, starts again"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        yield Injection(0.0, self.name, lasts=setting.duration, detail=str(chance.randrange(1_000_000)))

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name, member=chance.choice(setting.workers), lasts=1.0)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        if injection.member:
            member = stage.member(injection.member)
            member.cycle(iter([Turn(life=0.0, pause=injection.lasts)] * 2))
            stage.later[injection] = member.stay
        else:
            stage.cluster.cycle_workers(lambda name: self._turns(f"{injection.detail} {name}"))
            stage.later[injection] = stage.cluster.stay
        stage.note(injection, "term", member=injection.member)
        return True

    def _turns(self, seed: str) -> Iterator[Turn]:
        chance = random.Random(seed)
        while True:
            yield Turn(life=chance.uniform(10, 30), pause=chance.uniform(0, 9))


class WorkerKill(Fault):
    """Kill of workers: some at any moment, and two in each burst, which hits them in their bodies."""

    name = "worker-kill"
    what = "SIGKILL a worker: two in the bodies of each burst, others at any moment; a new one starts a second later"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for at in in_bursts(setting):
            for member in chance.sample(setting.workers, min(2, len(setting.workers))):
                yield Injection(at, self.name, member=member)
        for n in range(int(setting.duration / KILLS_EVERY_S)):
            yield self.one(KILLS_EVERY_S * (n + chance.random()), chance, setting)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        return stage.kill(injection, stage.member(injection.member))


class WorkerQuit(Fault):
    """Celery's cold shutdown. It cannot end threads: bodies come to their ends and are recorded, so that this explains
    no interruption."""

    name = "worker-quit"
    what = "SIGQUIT a worker: one that has acquired jobs of each burst, others at any moment; a new one a second later"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for at in in_bursts(setting):
            yield self.one(at - IN_BODY - BEFORE_BURST_S, chance, setting)
        for n in range(int(setting.duration / QUITS_EVERY_S)):
            yield self.one(QUITS_EVERY_S * (n + chance.random()), chance, setting)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        return stage.quit(injection, stage.member(injection.member))


class WorkerStop(Fault):
    """Stopped between acquire and body, just before the body, and within bodies; woken after it was declared gone."""

    name = "worker-stop"
    what = "SIGSTOP a worker (between acquire and body, before the body, in bodies) until it was declared gone; SIGCONT"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        lasts = setting.too_long
        for share, point in ((0.05, "after-acquire"), (0.25, "before-body")):
            for at in setting.each(share):
                yield Injection(at, self.name, lasts=lasts, detail=point)
        for at in in_bursts(setting):
            yield Injection(at, self.name, lasts=lasts, member=chance.choice(setting.workers), detail="body")

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        point = chance.choice(["after-acquire", "before-body"])
        return Injection(at, self.name, lasts=setting.too_long, detail=point)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        if injection.detail not in failpoints.NAMES:
            return stage.stop(injection, stage.member(injection.member))
        point = stage.failpoints / injection.detail
        if point.exists():
            return False  # armed by somebody else
        point.write_text("stop")
        stage.later[injection] = lambda: self._wake(stage, injection)
        return True

    def _wake(self, stage: Stage, injection: Injection) -> None:
        (stage.failpoints / injection.detail).unlink(missing_ok=True)
        for hit in hits(stage):
            if hit.act == "stop" and hit.fault == injection.detail:
                for member in stage.cluster.members:
                    if member.process is not None and member.process.pid == hit.pid:
                        member.thaw()

    def budget(self, injection: Injection) -> float:
        return injection.lasts  # what it had acquired waits in it


def hits(stage: Stage) -> list[Injected]:
    """Return what failpoints have done in this drill so far, each named as a fault."""
    file = stage.failpoints / "hits"
    found = []
    for line in file.read_text().splitlines() if file.exists() else []:
        name, act, pid, at = line.split()
        found.append(Injected(name, act, float(at), float(at), "", int(pid)))
    return found
