"""Faults of clocks: machines that are a minute off, and one whose clock is stepped while it works."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import zip_longest

from verification.drill import wrongclock
from verification.drill.faults.fault import Fault, Injection, Setting, Stage

WRONG = ("+60", "-60", "+0 +30")  # seconds: from its start, and after the step, where there is one
APART_S = 2.0  # one is started again after the other, beats and workers in turn, so that there is always a beat


class ClockWrong(Fault):
    """The process is stopped gracefully and started again on a wrong clock; at the end, on the right one."""

    name = "clock-wrong"
    what = "a beat and a worker a minute ahead, others a minute behind, others stepped by 30 s in the middle of it"

    def __init__(self) -> None:
        self._steps: dict[Injection, float] = {}  # when, on the monotonic clock

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        beats, workers = (chance.sample(names, len(names)) for names in (setting.beats, setting.workers))
        pairs = zip_longest(beats[: len(WRONG)], workers[: len(WRONG)])
        chosen = [(name, how) for pair, how in zip(pairs, WRONG, strict=False) for name in pair if name]
        for n, (name, how) in enumerate(chosen):
            # The first as soon as the jobs are committed; and all of them until the last one is due.
            at = APART_S * n - setting.window
            yield Injection(at, self.name, lasts=setting.duration + APART_S * n - at, member=name, detail=how)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        how = chance.choice(WRONG)
        return Injection(at, self.name, lasts=setting.window * 2, member=chance.choice(setting.workers), detail=how)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        member, file = stage.member(injection.member), stage.services.clocks / injection.member
        first, _, then = injection.detail.partition(" ")
        wrongclock.put(file, float(first))
        if then:
            self._steps[injection] = time.monotonic() + injection.lasts / 2
        own = member.environment
        member.restart({**own, **wrongclock.environment(file)})
        stage.later[injection] = lambda: member.restart(own)
        text = f"{first} s" + (f", {then} s after {injection.at + injection.lasts / 2:.0f} s" if then else "")
        stage.note(injection, text, member=member.name)
        return True

    def tick(self, stage: Stage, injection: Injection) -> None:
        if time.monotonic() >= self._steps.get(injection, float("inf")):
            del self._steps[injection]
            wrongclock.put(stage.services.clocks / injection.member, float(injection.detail.partition(" ")[2]))

    def end(self, stage: Stage, injection: Injection) -> None:
        self._steps.pop(injection, None)
        super().end(stage, injection)
