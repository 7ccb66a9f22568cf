"""Faults of clocks: machines that are a minute off, and one whose clock is stepped while it works."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import zip_longest

from verification.drill import wrongclock
from verification.drill.faults.fault import Fault, Setting, Stage, Stroke

WRONG = ("+60", "-60", "+0 +30")  # seconds: from its start, and after the step, where there is one
APART_S = 2.0  # one is started again after the other, beats and workers in turn, so that there is always a beat


class ClockWrong(Fault):
    """The process is stopped gracefully and started again on a wrong clock; at the end, on the right one."""

    name = "clock-wrong"
    what = "a beat and a worker a minute ahead, others a minute behind, others stepped by 30 s in the middle of it"

    def __init__(self) -> None:
        self._steps: dict[Stroke, float] = {}  # when, on the monotonic clock

    def strokes(self, chance: random.Random, setting: Setting) -> Iterator[Stroke]:
        beats, workers = (chance.sample(names, len(names)) for names in (setting.beats, setting.workers))
        pairs = zip_longest(beats[: len(WRONG)], workers[: len(WRONG)])
        chosen = [(name, how) for pair, how in zip(pairs, WRONG, strict=False) for name in pair if name]
        for n, (name, how) in enumerate(chosen):
            # The first as soon as the jobs are committed; and all of them until the last one is due.
            at = APART_S * n - setting.window
            yield Stroke(at, self.name, lasts=setting.duration + APART_S * n - at, member=name, detail=how)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Stroke:
        how = chance.choice(WRONG)
        return Stroke(at, self.name, lasts=setting.window * 2, member=chance.choice(setting.workers), detail=how)

    def begin(self, stage: Stage, stroke: Stroke) -> bool:
        member, file = stage.member(stroke.member), stage.services.clocks / stroke.member
        first, _, then = stroke.detail.partition(" ")
        wrongclock.put(file, float(first))
        if then:
            self._steps[stroke] = time.monotonic() + stroke.lasts / 2
        own = member.environment
        member.restart({**own, **wrongclock.environment(file)})
        stage.later[stroke] = lambda: member.restart(own)
        text = f"{first} s" + (f", {then} s after {stroke.at + stroke.lasts / 2:.0f} s" if then else "")
        stage.note(stroke, text, member=member.name)
        return True

    def tick(self, stage: Stage, stroke: Stroke) -> None:
        if time.monotonic() >= self._steps.get(stroke, float("inf")):
            del self._steps[stroke]
            wrongclock.put(stage.services.clocks / stroke.member, float(stroke.detail.partition(" ")[2]))

    def end(self, stage: Stage, stroke: Stroke) -> None:
        self._steps.pop(stroke, None)
        super().end(stage, stroke)
