"""Faults of the beat that leads."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verification.drill.faults.fault import Fault, Injection, Setting, Stage

EVERY_S = 45.0
SHORTEST_STOP_S, LONGEST_STOP_S = 10.0, 15.0


def moments(setting: Setting, first: float) -> Iterator[float]:
    """Yield every other of the moments at which the leader is hit: every 45 s, three times in a shorter round."""
    step = min(EVERY_S, setting.duration / 3)
    at = step * first
    while at < setting.duration:
        yield at
        at += 2 * step


class LeaderKill(Fault):
    """Kill of the leader: another beat has to lead within seconds."""

    name = "leader-kill"
    what = "SIGKILL the beat that leads; every 45 s the leader is hit, in turn with leader-stop"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for at in moments(setting, 0.5):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        leader = stage.leader()
        return leader is not None and stage.kill(injection, leader)


class LeaderStop(Fault):
    """The server must take its lock away, and it must notice when it wakes."""

    name = "leader-stop"
    what = "SIGSTOP the beat that leads for 10 to 15 s, then SIGCONT"

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for at in moments(setting, 1.5):
            yield self.one(at, chance, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return Injection(at, self.name, lasts=chance.uniform(SHORTEST_STOP_S, LONGEST_STOP_S))

    def begin(self, stage: Stage, injection: Injection) -> bool:
        leader = stage.leader()
        return leader is not None and stage.stop(injection, leader)
