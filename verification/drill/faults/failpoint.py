"""A kill exactly there: at each named failpoint of the code in turn."""

from __future__ import annotations

import random
from collections.abc import Iterator

from jobs import failpoints
from verification.drill.faults.fault import Fault, Injection, Setting, Stage


class FailpointKill(Fault):
    """Kill of the first process that comes by a failpoint, be it the leading beat or a worker."""

    name = "failpoint-kill"
    what = "SIGKILL the first process that passes, at each of: " + ", ".join(failpoints.NAMES)

    def injections(self, chance: random.Random, setting: Setting) -> Iterator[Injection]:
        for begin in setting.each(0.0):
            step = setting.duration / len(setting.each(0.0)) / (len(failpoints.NAMES) + 1)
            for n, name in enumerate(failpoints.NAMES):
                yield self._armed(begin + n * step + chance.uniform(0, step / 2), name, setting)

    def one(self, at: float, chance: random.Random, setting: Setting) -> Injection:
        return self._armed(at, chance.choice(failpoints.NAMES), setting)

    def _armed(self, at: float, name: str, setting: Setting) -> Injection:
        # Armed until the round is over, if nobody passes earlier.
        return Injection(at, self.name, lasts=max(setting.duration - at, 0.0) + setting.window, detail=name)

    def begin(self, stage: Stage, injection: Injection) -> bool:
        point = stage.failpoints / injection.detail
        if point.exists():
            return False  # armed by somebody else
        point.write_text("kill")
        stage.later[injection] = lambda: point.unlink(missing_ok=True)
        return True
